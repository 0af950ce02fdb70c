/** Counts the page's requests to the API, to know when it has all it asked for. */
export function watched(page) {
  const pending = new Set()
  const ours = (request) => /\/(api|files|assets)\//.test(request.url())
  page.on('request', (request) => ours(request) && pending.add(request))
  page.on('requestfinished', (request) => pending.delete(request))
  page.on('requestfailed', (request) => pending.delete(request))
  /** Waits until nothing is asked for, nothing is busy, fonts are there and two frames are drawn. */
  return async function settled() {
    for (let calm = 0, tries = 0; calm < 3 && tries < 200; tries++) {
      const busy = pending.size > 0 || (await page.locator('[aria-busy=true]').count()) > 0
      calm = busy ? 0 : calm + 1
      await new Promise((done) => setTimeout(done, 40))
    }
    await page.evaluate(async () => {
      await document.fonts.ready
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
    })
  }
}
