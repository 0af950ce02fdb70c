/** The count on the tab's icon and on the icon of an installed page. */
let plain: string | null = null

export function showBadge(count: number) {
  const link = document.querySelector<HTMLLinkElement>('link[rel=icon]')
  if (link) {
    plain ??= link.href
    const drawn = count > 0 ? draw(count) : null
    link.type = drawn ? 'image/png' : 'image/svg+xml'
    link.href = drawn ?? plain
  }
  const app = navigator as Navigator & { setAppBadge?: (n: number) => Promise<void>; clearAppBadge?: () => Promise<void> }
  void (count > 0 ? app.setAppBadge?.(count) : app.clearAppBadge?.())?.catch(() => {
    // The page is not installed.
  })
}

function draw(count: number): string | null {
  const canvas = document.createElement('canvas')
  canvas.width = 64
  canvas.height = 64
  const pen = canvas.getContext('2d')
  if (!pen) return null
  pen.fillStyle = '#35a893'
  pen.beginPath()
  pen.roundRect(0, 0, 64, 64, 17)
  pen.fill()
  pen.save()
  pen.scale(1.6, 1.6)
  pen.strokeStyle = '#06251f'
  pen.lineWidth = 2.6
  pen.lineJoin = 'round'
  pen.stroke(new Path2D('M11.5 13.5A4.5 4.5 0 0 1 16 9h6.5a8 8 0 0 1 0 16H18l-5.5 5v-6.2a7 7 0 0 1-1-3.6z'))
  pen.restore()
  const text = count > 99 ? '99+' : String(count)
  const radius = text.length > 2 ? 22 : 19
  pen.fillStyle = '#d2402b'
  pen.beginPath()
  pen.arc(64 - radius, 64 - radius, radius, 0, Math.PI * 2)
  pen.fill()
  pen.fillStyle = '#ffffff'
  pen.font = `700 ${text.length > 2 ? 22 : 27}px sans-serif`
  pen.textAlign = 'center'
  pen.textBaseline = 'middle'
  pen.fillText(text, 64 - radius, 65 - radius)
  return canvas.toDataURL('image/png')
}
