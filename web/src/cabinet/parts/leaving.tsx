import { useEffect, useRef, useState } from 'react'
import { s } from '../../kit/i18n/cabinet-settings'
import { go, keepPage } from '../../kit/route'
import { Button } from '../../kit/ui/button'
import { Dialog } from '../../kit/ui/dialog'
import { isWithin } from './within'

const here = () => location.pathname + location.search

/**
 * Nobody leaves what they typed without being asked: not by a link, nor by the browser's Back and Forward.
 * `within`: the addresses below it are of the same page, which keeps what stands in it.
 */
export function Leaving({ within }: { within?: string }) {
  const [to, setTo] = useState('')
  // The browser tells of Back when the address has changed already.
  const at = useRef(here())
  useEffect(() => {
    at.current = here()
  })
  useEffect(() => {
    const stays = (path: string) => path === at.current.split('?')[0] || (within !== undefined && isWithin(path, within))
    const unload = (event: BeforeUnloadEvent) => event.preventDefault()
    const click = (event: MouseEvent) => {
      const link = event.target instanceof Element ? event.target.closest('a[href]') : null
      if (!(link instanceof HTMLAnchorElement) || link.target === '_blank' || link.origin !== location.origin) return
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0 || stays(link.pathname)) return
      event.preventDefault()
      // Of several forms on a page one asks.
      event.stopImmediatePropagation()
      setTo(link.pathname + link.search)
    }
    const back = () => {
      if (stays(location.pathname)) {
        at.current = here()
        return false
      }
      setTo(here())
      history.pushState(null, '', at.current)
      return true
    }
    addEventListener('beforeunload', unload)
    const letGo = keepPage(back)
    document.addEventListener('click', click, { capture: true })
    return () => {
      removeEventListener('beforeunload', unload)
      letGo()
      document.removeEventListener('click', click, { capture: true })
    }
  }, [within])
  if (!to) return null
  return (
    <Dialog title={s().leaveTitle} onClose={() => setTo('')}>
      <p className="mb-4 text-ink2">{s().leaveText}</p>
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={() => go(to)}>{s().leave}</Button>
        <Button look="main" onClick={() => setTo('')}>
          {s().stay}
        </Button>
      </div>
    </Dialog>
  )
}
