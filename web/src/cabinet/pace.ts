/**
 * Calls `act` when asked: at once the first time, then at most once in `pause` and never while the last
 * call is under way. What is asked for meanwhile is done once, after it.
 */
export function paced(act: () => unknown, pause: number) {
  let timer: ReturnType<typeof setTimeout> | undefined
  /** The call after which nothing is done yet. */
  let last: object | null = null
  let again = false
  const run = async () => {
    again = false
    const mine = {}
    last = mine
    const rest = new Promise<void>((over) => {
      timer = setTimeout(over, pause)
    })
    await Promise.allSettled([act(), rest])
    if (last !== mine) return
    last = null
    if (again) void run()
  }
  return {
    ask: () => {
      if (last) again = true
      else void run()
    },
    stop: () => {
      clearTimeout(timer)
      last = null
      again = false
    },
  }
}
