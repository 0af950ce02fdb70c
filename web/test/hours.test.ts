import { describe, expect, it } from 'vitest'
import {
  fromForm,
  likeWorkdays,
  minutes,
  newHours,
  nextChange,
  nextRange,
  openAt,
  type Schedule,
  spans,
  tidied,
  toForm,
  wall,
} from '../src/cabinet/hours/hours'

const at = (text: string) => Date.parse(text)
const moscow: Schedule = {
  time_zone: 'Europe/Moscow',
  week: {
    mon: ['09:00-13:00', '14:00-18:00'],
    tue: ['09:00-18:00'],
    wed: ['09:00-18:00'],
    thu: ['09:00-18:00'],
    fri: ['09:00-24:00'],
  },
  holidays: { '2026-11-24': [], '2026-11-28': ['10:00-12:00'] },
}

describe('RT-3a working hours', () => {
  it.each([
    ['2026-11-23T05:59:59Z', false],
    ['2026-11-23T06:00:00Z', true],
    ['2026-11-23T10:00:00Z', false],
    ['2026-11-23T11:00:00Z', true],
    ['2026-11-24T09:00:00Z', false],
    ['2026-11-27T20:59:59Z', true],
    ['2026-11-27T21:00:00Z', false],
    ['2026-11-28T07:30:00Z', true],
    ['2026-11-29T07:30:00Z', false],
  ])('at %s open: %s', (moment, open) => {
    expect(openAt(moscow, at(moment))).toBe(open)
  })

  it.each([
    ['2026-11-23T08:00:00Z', '2026-11-23T10:00:00.000Z'],
    ['2026-11-23T10:30:00Z', '2026-11-23T11:00:00.000Z'],
    ['2026-11-23T15:00:00Z', '2026-11-25T06:00:00.000Z'],
    ['2026-11-27T12:00:00Z', '2026-11-27T21:00:00.000Z'],
    ['2026-11-28T09:00:00Z', '2026-11-30T06:00:00.000Z'],
  ])('after %s it changes at %s', (now, next) => {
    const change = nextChange(moscow, at(now))
    expect(change && new Date(change.at).toISOString()).toBe(next)
  })

  it('knows the day and the wall clock of the change', () => {
    const change = nextChange(moscow, at('2026-11-28T09:00:00Z'))
    expect(change?.daysAhead).toBe(2)
    expect(change && wall(change.local)).toBe('09:00')
    expect(nextChange({ time_zone: 'UTC', week: {} }, at('2026-11-28T09:00:00Z'))).toBe(null)
    expect(nextChange({ time_zone: 'Mars/Base', week: {} }, 0)).toBe(null)
  })

  it('follows a clock that is moved', () => {
    const berlin: Schedule = { time_zone: 'Europe/Berlin', week: { sun: ['09:00-17:00'] } }
    expect(nextChange(berlin, at('2026-03-28T12:00:00Z'))?.at).toBe(at('2026-03-29T07:00:00Z'))
  })
})

describe('the form of hours', () => {
  it('round trips', () => {
    expect(fromForm(toForm('Основное', moscow))).toEqual({
      ...moscow,
      week: { ...moscow.week, sat: [], sun: [] },
    })
  })

  it('understands what is typed', () => {
    expect(['9', '930', '9.30', '18:00', '24', 'утро'].map(tidied)).toEqual([
      '09:00',
      '09:30',
      '09:30',
      '18:00',
      '24:00',
      'утро',
    ])
    expect([minutes('24:00'), minutes('24:01'), minutes('9:75')]).toEqual([1440, null, null])
  })

  it('offers the next range and draws what can be read', () => {
    expect(nextRange([])).toEqual({ from: '09:00', to: '18:00' })
    expect(nextRange([{ from: '09:00', to: '13:00' }])).toEqual({ from: '14:00', to: '18:00' })
    expect(spans([{ from: '06:00', to: '18:00' }, { from: 'x', to: '9' }])).toEqual([[0.25, 0.5]])
    expect(likeWorkdays(newHours('', 'UTC').week, 'sun').mon).toEqual([])
  })
})
