const FIRST = 4000
const MOST = 60_000

/** Asks again and again, ever less often; an answer that does not come ends nothing. Returns how to stop. */
export function askAfter(ask: () => Promise<unknown>): () => void {
  let pause = FIRST
  let stopped = false
  let timer: ReturnType<typeof setTimeout>
  const wait = () => {
    timer = setTimeout(() => {
      pause = Math.min(pause * 2, MOST)
      void ask()
        .catch(() => {})
        .then(() => stopped || wait())
    }, pause)
  }
  wait()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
