import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { BoardEmployee } from '../src/cabinet/board/api'
import { scale } from '../src/cabinet/board/hours-chart'
import { inOrder } from '../src/cabinet/board/tables'
import { urgency } from '../src/cabinet/board/tiles'
import { paced } from '../src/cabinet/pace'

describe('RP-2 the board', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('reads anew at most once in a pause, and never loses the last thing that happened', async () => {
    const act = vi.fn()
    const pace = paced(act, 1000)
    pace.ask()
    expect(act).toHaveBeenCalledTimes(1)
    for (let n = 0; n < 50; n++) pace.ask()
    expect(act).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(1000)
    expect(act).toHaveBeenCalledTimes(2)
    await vi.advanceTimersByTimeAsync(5000)
    expect(act).toHaveBeenCalledTimes(2)
    pace.ask()
    pace.ask()
    pace.stop()
    await vi.advanceTimersByTimeAsync(5000)
    expect(act).toHaveBeenCalledTimes(3)
  })

  it('has round lines behind the bars', () => {
    const of = (n: number) => scale([{ hour: 0, new: n, closed: 0 }])
    expect([0, 3, 5, 11, 47, 180, 1000].map(of)).toEqual([4, 4, 6, 20, 60, 200, 1000])
  })

  it('shows those on line first, the busiest at the top', () => {
    const one = (name: string, presence: BoardEmployee['presence'], open: number): BoardEmployee => ({
      employee_id: name,
      name,
      presence,
      presence_at: '',
      open,
      capacity: null,
      answered_today: 0,
      closed_today: 0,
    })
    const people = [one('В', 'off', 9), one('Б', 'break', 0), one('А', 'online', 1), one('Г', 'online', 4)]
    expect(inOrder(people).map((person) => person.name)).toEqual(['Г', 'А', 'Б', 'В'])
  })

  it('a wait is amber from one minute and red from five', () => {
    expect([0, 1, 4, 5, 60].map(urgency)).toEqual(['plain', 'amber', 'amber', 'red', 'red'])
  })
})
