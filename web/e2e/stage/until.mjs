/** Asks again until the answer is true enough, and hands it back. A throw counts as "not yet",
 * unless it is `fatal`. */
export async function until(ask, { within = 10_000, every = 50, what = 'what was waited for', fatal = false } = {}) {
  const end = Date.now() + within
  let last
  for (;;) {
    try {
      const answer = await ask()
      if (answer) return answer
    } catch (error) {
      if (fatal) throw error
      last = error
    }
    if (Date.now() > end) {
      throw new Error(`Not within ${within} ms: ${what}${last ? ` (${last.message})` : ''}`)
    }
    await new Promise((done) => setTimeout(done, every))
  }
}
