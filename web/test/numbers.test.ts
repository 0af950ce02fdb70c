import { describe, expect, it } from 'vitest'
import { answerBefore, type Check, deedOf, warningOf } from '../src/desk/numbers/checks'
import { withFact } from '../src/desk/store/reduce'
import { emptyState } from '../src/desk/store/state'
import { deskNumbersEn, deskNumbersRu } from '../src/kit/i18n/desk-numbers'

const PHONE = '+79161234567'
const check = (more: Partial<Check> = {}): Check => ({
  channel_id: 'chn_1',
  phone: PHONE,
  state: 'not_checked',
  price: 'paid',
  ...more,
})
const answered = { answered_at: '2026-11-22T09:00:00Z' }

describe('WA-1: whether a phone can be written to', () => {
  it('WA-1: a click checks, and again asks the service anew', () => {
    expect(deedOf(check(), true)).toEqual({ again: false, wanted: 'answer' })
    expect(deedOf(check({ state: 'exists', answer: 'exists', ...answered }), true)).toEqual({ again: true, wanted: 'fresh_answer' })
    // Nothing was answered yet: an answer that a colleague got meanwhile will do.
    expect(deedOf(check({ state: 'failed' }), true)).toEqual({ again: true, wanted: 'answer' })
  })

  it('WA-1: nothing to click while it is asked, without the right, or where the channel cannot', () => {
    expect(deedOf(check({ state: 'checking' }), true)).toBe(null)
    expect(deedOf(check(), false)).toBe(null)
    expect(deedOf(check({ price: undefined }), true)).toBe(null)
  })

  it('WA-1: an answer stays to be seen while a new one is asked for', () => {
    const old = { answer: 'does_not_exist', ...answered } as const
    expect(answerBefore(check({ state: 'checking', ...old }))).toEqual({ answer: 'does_not_exist', at: answered.answered_at })
    expect(answerBefore(check({ state: 'failed', ...old }))?.answer).toBe('does_not_exist')
    expect(answerBefore(check({ state: 'does_not_exist', ...old }))).toBe(null)
    expect(answerBefore(check())).toBe(null)
  })

  it('WA-1: who writes first is warned by the channel’s own answer alone', () => {
    const missing = check({ state: 'failed', answer: 'does_not_exist', ...answered })
    const there = check({ channel_id: 'chn_2', state: 'exists', answer: 'exists', ...answered })
    expect(warningOf([there, missing], 'chn_1')).toBe(missing)
    expect(warningOf([there, missing], 'chn_2')).toBe(null)
    expect(warningOf([check()], 'chn_1')).toBe(null)
  })

  it('WA-1: a check that the server tells of is read anew', () => {
    const state = emptyState({ employee_id: 'emp_1' } as never)
    const fact = { kind: 'number.checked', seq: 1, at: '', data: { check: check() } } as never
    expect(withFact(state, fact).state.numbers).toBe(state.numbers + 1)
  })

  it('every state has words in both languages', () => {
    for (const texts of [deskNumbersRu, deskNumbersEn]) {
      for (const state of Object.values(texts.state)) expect(texts.of('SMS', state)).toMatch(/^SMS: \S/)
      expect(texts.warning('SMS', '22.11')).toContain('22.11')
    }
  })
})
