import { describe, expect, it } from 'vitest'
import { endsSoon, firstWay, waysOf } from '../src/cabinet/crm/ways'

const back = 'https://beseda.test/api/v1/crm/oauth/amo'

describe('AMO-1, CRM-7: ways to connect a portal', () => {
  it('offers what this server can do, and a token always', () => {
    expect(waysOf({ can_oauth: true, redirect_uri: back })).toEqual(['server', 'own', 'token'])
    expect(waysOf({ can_oauth: false, redirect_uri: back })).toEqual(['own', 'token'])
    expect(waysOf({ can_oauth: false })).toEqual(['token'])
  })
  it('begins with what the portal had, unless that went', () => {
    const all = waysOf({ can_oauth: true, redirect_uri: back })
    expect(firstWay(all, undefined)).toBe('server')
    expect(firstWay(all, { mode: 'lite' })).toBe('token')
    expect(firstWay(all, { mode: 'full', own_app: '5a1b' })).toBe('own')
    expect(firstWay(['own', 'token'], { mode: 'full' })).toBe('own')
  })
})

describe('CRM-7: the end of a long-lived token is told in advance', () => {
  const now = Date.parse('2026-11-22T12:00:00Z')
  it('tells whole days, from a month before', () => {
    expect(endsSoon(undefined, now)).toBeNull()
    expect(endsSoon('2027-05-01T00:00:00Z', now)).toBeNull()
    expect(endsSoon('2026-12-02T12:00:00Z', now)).toBe(10)
    expect(endsSoon('2026-11-22T18:00:00Z', now)).toBe(0)
    expect(endsSoon('2026-11-01T00:00:00Z', now)).toBe(0)
  })
})
