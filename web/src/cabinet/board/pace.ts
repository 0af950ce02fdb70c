/**
 * Calls `act` when asked, at once the first time and then at most once in `pause`: what is asked for
 * in between is done once, at its end.
 */
export function paced(act: () => void, pause: number) {
  let timer: ReturnType<typeof setTimeout> | undefined
  let again = false
  const run = () => {
    again = false
    act()
    timer = setTimeout(() => {
      timer = undefined
      if (again) run()
    }, pause)
  }
  return {
    ask: () => {
      if (timer) again = true
      else run()
    },
    stop: () => {
      clearTimeout(timer)
      timer = undefined
      again = false
    },
  }
}
