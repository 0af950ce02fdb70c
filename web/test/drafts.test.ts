// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Refused } from '../src/kit/api/client'
import { DraftSync, type Ends, SAVE_AFTER } from '../src/desk/store/drafts'

/** A person's field and the server, both of paper. */
function stage(server: { conversation_id: string; mode: 'answer' | 'note'; text: string }[] = []) {
  const shown = new Map<string, string>()
  const saved: string[] = []
  let answer: () => Promise<void> = async () => {}
  const ends: Ends = {
    read: async () => server.map((one) => ({ ...one, updated_at: '2026-11-22T00:00:00Z' })),
    save: async (conversation, mode, text, leaving) => {
      saved.push(`${conversation}.${mode}=${text}${leaving ? ' leaving' : ''}`)
      await answer()
    },
    text: (key) => shown.get(key) ?? '',
    show: (key, text) => void (text ? shown.set(key, text) : shown.delete(key)),
    keys: () => shown.keys(),
  }
  const sync = new DraftSync('emp', ends)
  return {
    sync,
    shown,
    saved,
    type(key: string, text: string) {
      ends.show(key, text)
      sync.wrote(key)
    },
    answer: (next: () => Promise<void>) => void (answer = next),
  }
}

describe('OW-6: drafts', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    localStorage.clear()
  })
  afterEach(() => void vi.useRealTimers())

  it('are saved once, half a second after the last letter', async () => {
    const { type, saved } = stage()
    type('a.answer', 'Д')
    await vi.advanceTimersByTimeAsync(SAVE_AFTER - 1)
    type('a.answer', 'Да')
    await vi.advanceTimersByTimeAsync(SAVE_AFTER - 1)
    expect(saved).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(saved).toEqual(['a.answer=Да'])
  })

  it('an emptied one is taken away at once, and never overtakes a write', async () => {
    const { type, saved, answer } = stage()
    let free = () => {}
    answer(() => new Promise((done) => (free = done)))
    type('a.answer', 'Да')
    await vi.advanceTimersByTimeAsync(SAVE_AFTER)
    type('a.answer', '')
    await vi.advanceTimersByTimeAsync(5000)
    expect(saved).toEqual(['a.answer=Да'])
    free()
    await vi.advanceTimersByTimeAsync(1)
    expect(saved).toEqual(['a.answer=Да', 'a.answer='])
  })

  it('of the server stand here, but what is not saved yet stays', async () => {
    const { sync, shown, type } = stage([
      { conversation_id: 'a', mode: 'answer', text: 'с другого места' },
      { conversation_id: 'b', mode: 'note', text: 'заметка' },
    ])
    type('a.answer', 'своё')
    shown.set('old.answer', 'убрано на другом месте')
    await sync.start()
    expect([...shown]).toEqual([
      ['a.answer', 'своё'],
      ['b.note', 'заметка'],
    ])
    sync.end()
  })

  it('what comes back from our own write changes nothing; what others write does', async () => {
    const { sync, shown, type } = stage()
    type('a.answer', 'Да')
    await vi.advanceTimersByTimeAsync(SAVE_AFTER)
    type('a.answer', 'Да, конечно')
    expect(sync.heard('a', 'answer', 'Да')).toBe(false)
    expect(shown.get('a.answer')).toBe('Да, конечно')
    await vi.advanceTimersByTimeAsync(SAVE_AFTER)
    expect(sync.heard('a', 'answer', 'Да, конечно')).toBe(false)
    expect(sync.heard('a', 'answer', 'Нет')).toBe(true)
    expect(shown.get('a.answer')).toBe('Нет')
  })

  it('are written again when the server was away, and not when it refuses', async () => {
    const { type, saved, answer } = stage()
    answer(() => Promise.reject(new Refused(0, null)))
    type('a.answer', 'Да')
    await vi.advanceTimersByTimeAsync(SAVE_AFTER)
    answer(async () => {})
    await vi.advanceTimersByTimeAsync(2000)
    expect(saved).toEqual(['a.answer=Да', 'a.answer=Да'])
    answer(() => Promise.reject(new Refused(404, null)))
    type('a.answer', 'Нет')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(saved).toHaveLength(3)
  })

  it('are said when the page goes, and anew at the next start if that was in vain', async () => {
    const { sync, type, saved } = stage()
    type('a.answer', 'Да')
    sync.end()
    expect(saved).toEqual(['a.answer=Да leaving'])
    const next = stage([{ conversation_id: 'a', mode: 'answer', text: 'старое' }])
    next.shown.set('a.answer', 'Да')
    await next.sync.start()
    await vi.advanceTimersByTimeAsync(1)
    expect(next.shown.get('a.answer')).toBe('Да')
    expect(next.saved).toEqual(['a.answer=Да'])
    next.sync.end()
  })
})
