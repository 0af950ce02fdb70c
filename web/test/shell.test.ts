import { beforeEach, describe, expect, it, vi } from 'vitest'
import { readAddress, readPhone, wayOf } from '../src/desk/address'
import { COMMANDS, type Deeds, isSingle, keyNames } from '../src/desk/commands'
import { keysOf, step } from '../src/desk/deeds'
import { shortName } from '../src/desk/list/row'
import { asAsked } from '../src/desk/list/search'
import { bundled } from '../src/desk/notices'
import { otherLayout, score } from '../src/desk/palette/fuzzy'
import { Closing, UNDO_FOR } from '../src/desk/store/closing'
import { asQuery, isFiltered, matches, NO_FILTER, readFilter, sameFilter } from '../src/desk/store/filter'
import { inTurn } from '../src/desk/store/in-turn'
import { type News, newsOf } from '../src/desk/store/news'
import { DEFAULTS, MOST_VIEWS, readPreferences } from '../src/desk/store/preferences'
import { withMessages, withoutStrays, withPage } from '../src/desk/store/reduce'
import { merged } from '../src/desk/store/settings'
import { type Chat, EMPTY_THREAD, emptyState, type State, WINDOW } from '../src/desk/store/state'
import type { EventFrame, Message } from '../src/kit/api/types'
import { pressed } from '../src/kit/keys'

const me = { employee_id: 'emp_me', name: 'Марина' } as Parameters<typeof emptyState>[0]
const chat = (n: number, change: Partial<Chat> = {}): Chat =>
  ({
    conversation_id: `cnv_${n}`, number: n, state: 'new', kind: 'chat', channel_id: 'chn_1', contact_id: `cnt_${n}`,
    contact_name: `Гость ${n}`, preview: `слова ${n}`, last_message_at: '2026-11-22T10:00:00Z', last_position: 1,
    preview_direction: 'inbound', read_position: 0, tags: [], ...change,
  }) as Chat
const fact = (kind: string, data: unknown) => ({ type: 'event', seq: 1, at: '', kind, data }) as EventFrame

describe('filters', () => {
  it('every part narrows; «мои» is whoever looks', () => {
    const one = chat(1, { assignee_id: 'emp_me', group_id: 'grp_1', tags: ['tag_1'], waiting_since: 'x' })
    expect(matches(one, NO_FILTER, 'emp_me')).toBe(true)
    expect(matches(one, { ...NO_FILTER, employee: 'me' }, 'emp_me')).toBe(true)
    expect(matches(one, { ...NO_FILTER, employee: 'me' }, 'emp_other')).toBe(false)
    expect(matches(one, { ...NO_FILTER, group: 'grp_2' }, 'emp_me')).toBe(false)
    expect(matches(one, { ...NO_FILTER, tag: 'tag_1', waiting: true, kind: 'chat' }, 'emp_me')).toBe(true)
    expect(matches(one, { ...NO_FILTER, kind: 'request' }, 'emp_me')).toBe(false)
    expect(asQuery({ ...NO_FILTER, employee: 'me', waiting: true }, 'emp_me')).toMatchObject({ assignee_id: 'emp_me', waiting: true })
  })

  it('are read back from what was kept, however broken', () => {
    expect(readFilter(null)).toEqual(NO_FILTER)
    expect(readFilter({ employee: 7, kind: 'call', waiting: 'yes', tag: 'tag_1' })).toEqual({ ...NO_FILTER, tag: 'tag_1' })
    expect(isFiltered(readFilter({}))).toBe(false)
    expect(sameFilter({ ...NO_FILTER, waiting: true }, NO_FILTER)).toBe(false)
  })
})

describe('preferences', () => {
  it('are whole whatever was kept', () => {
    expect(readPreferences(undefined)).toEqual(DEFAULTS)
    expect(readPreferences('nonsense')).toEqual(DEFAULTS)
    const read = readPreferences({ density: 'compact', keys: { send: 'mod_enter' }, views: [{ name: 'без номера' }, { id: 'a', name: 'Мои', filter: { employee: 'me' } }], extra: 1 })
    expect(read.density).toBe('compact')
    expect(read.keys).toEqual({ single: true, send: 'mod_enter' })
    expect(read.views).toEqual([{ id: 'a', name: 'Мои', filter: { ...NO_FILTER, employee: 'me' } }])
  })

  it('hold no more filters than fit', () => {
    const views = Array.from({ length: 50 }, (_, n) => ({ id: `${n}`, name: `${n}`, filter: {} }))
    expect(readPreferences({ views }).views).toHaveLength(MOST_VIEWS)
  })

  it('what changed here goes over what the server has, the rest stays as there', () => {
    const mine = { ...DEFAULTS, density: 'compact' as const, notices: false }
    expect(merged({ density: 'comfortable', notices: true, theirs: 1 }, mine, ['density'])).toEqual({ density: 'compact', notices: true, theirs: 1 })
  })
})

describe('the window of a list', () => {
  it('holds five hundred rows and asks no further', () => {
    let state: State = emptyState(me)
    for (let page = 0; page < 12; page++) {
      const items = Array.from({ length: 50 }, (_, n) => chat(page * 50 + n)) as never
      state = withPage(state, 'new', { items, next: 'more' }, page === 0 ? 'top' : 'further', () => false)
    }
    expect(state.views.new.ids).toHaveLength(WINDOW)
    expect(state.views.new.cut).toBe(true)
  })
})

it('conversations that no list shows are let go', () => {
  const items = [chat(1), chat(2)] as never
  const shown = withPage(emptyState(me), 'new', { items }, 'top', () => false)
  const strays = Array.from({ length: 20 }, (_, n): [string, Chat] => [`cnv_9${n}`, chat(900 + n)])
  const state = { ...shown, open: 'cnv_93', chats: new Map([...shown.chats, ...strays]) }
  expect([...withoutStrays(state, 10).chats.keys()]).toEqual(['cnv_1', 'cnv_2', 'cnv_93'])
  expect(withoutStrays(state, 100)).toBe(state)
})

describe('messages around a place', () => {
  const page = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, n) => ({ message_id: `m${from + n}`, position: from + n })) as Message[]

  it('stand alone, and tell what is before and after', () => {
    const thread = withMessages(EMPTY_THREAD, page(40, 60), 'around', 50, 100)
    expect(thread).toMatchObject({ older: true, newer: true })
    expect(withMessages(EMPTY_THREAD, page(1, 20), 'around', 50, 20)).toMatchObject({ older: false, newer: false })
    const more = withMessages(thread, page(61, 100), 'newer', 50, 100)
    expect(more.items.at(-1)?.position).toBe(100)
    expect(more.newer).toBe(false)
  })

  it('the latest page takes their place', () => {
    const thread = withMessages(EMPTY_THREAD, page(40, 60), 'around', 50, 100)
    const latest = withMessages(thread, page(51, 100), 'latest', 50, 100)
    expect(latest.items[0]?.position).toBe(51)
    expect(latest).toMatchObject({ older: true, newer: false })
  })
})

describe('deeds on many', () => {
  it('at most four at once, and every fault is kept', async () => {
    let now = 0
    let most = 0
    const ids = Array.from({ length: 20 }, (_, n) => `${n}`)
    const outcome = await inTurn(ids, 4, async (id) => {
      most = Math.max(most, ++now)
      await new Promise((done) => setTimeout(done, 1))
      now--
      if (id === '7') throw new Error('no')
    })
    expect(most).toBe(4)
    expect(outcome.done).toHaveLength(19)
    expect(outcome.failed.map((one) => one.id)).toEqual(['7'])
  })

  it('closing waits for the undo', async () => {
    vi.useFakeTimers()
    const closed: string[] = []
    let shown: string[] = []
    const closing = new Closing(
      (ids) => (shown = [...ids]),
      async (id) => void closed.push(id),
    )
    const told = vi.fn()
    closing.add(['a', 'b', 'c'], told)
    expect(shown).toEqual(['a', 'b', 'c'])
    closing.undo(['b'])
    expect(shown).toEqual(['a', 'c'])
    expect(closed).toEqual([])
    await vi.advanceTimersByTimeAsync(UNDO_FOR + 1)
    expect(closed).toEqual(['a', 'c'])
    expect(shown).toEqual([])
    expect(told).toHaveBeenCalledOnce()
    closing.add(['d'], told)
    closing.undo(['d'])
    await vi.advanceTimersByTimeAsync(UNDO_FOR + 1)
    expect(closed).toEqual(['a', 'c'])
    vi.useRealTimers()
  })
})

describe('news', () => {
  const state = (...chats: Chat[]): State => ({ ...emptyState(me), chats: new Map(chats.map((one) => [one.conversation_id, one])) })
  const message = (one: Chat, direction = 'inbound') => fact('message.created', { message: { direction, conversation_id: one.conversation_id }, conversation: one })

  it('a new chat with its first message is one line', () => {
    const one = chat(1)
    const news = newsOf([fact('conversation.created', { conversation: one }), message(one)], state(), state(one))
    expect(news).toEqual([{ kind: 'newChat', conversation_id: 'cnv_1', number: 1, name: 'Гость 1', text: 'слова 1' }])
  })

  it('words in a chat of mine, not in a colleague’s, not our own', () => {
    const mine = chat(1, { state: 'in_work', assignee_id: 'emp_me' })
    const other = chat(2, { state: 'in_work', assignee_id: 'emp_other' })
    const all = state(mine, other)
    expect(newsOf([message(mine), message(other), message(mine, 'outbound')], all, all).map((one) => one.conversation_id)).toEqual(['cnv_1'])
  })

  it('a chat given to me by a colleague', () => {
    const was = chat(1, { state: 'in_work', assignee_id: 'emp_other' })
    const is = { ...was, assignee_id: 'emp_me' }
    expect(newsOf([fact('conversation.changed', { conversation: is })], state(was), state(is))).toHaveLength(1)
    expect(newsOf([fact('conversation.changed', { conversation: is })], state(is), state(is))).toHaveLength(0)
  })

  it('much news is one notification', () => {
    const line = (n: number): News => ({ kind: 'message', conversation_id: `cnv_${n}`, number: n, name: `Клиент ${n}`, text: `слова ${n}` })
    expect(bundled([])).toBeNull()
    expect(bundled([line(1)])).toEqual({ title: 'Клиент 1', body: 'слова 1', open: 'cnv_1' })
    expect(bundled([line(1), { ...line(1), text: 'ещё' }])?.body).toBe('ещё')
    const many = bundled(Array.from({ length: 15 }, (_, n) => line(n)))
    expect(many?.title).toBe('15 новых событий')
    expect(many?.body.split('\n')).toHaveLength(4)
    expect(many?.body).toContain('Ещё 12')
  })
})

describe('the palette finds', () => {
  it('by the beginning of words, in any order', () => {
    expect(score('взять', 'Взять в работу')).toBeGreaterThan(0)
    expect(score('работу взять', 'Взять в работу')).toBeGreaterThan(0)
    expect(score('закрыть', 'Взять в работу')).toBe(0)
  })
  it('on the wrong layout, in the other language, without ё, by some letters', () => {
    expect(otherLayout('dpznm')).toBe('взять')
    expect(score('dpznm', 'Взять в работу')).toBeGreaterThan(0)
    expect(score('еферун', 'Take the chat')).toBe(0)
    expect(score('ефлу', 'Take the chat')).toBeGreaterThan(0)
    expect(score('take', 'Взять в работу', 'take assign')).toBeGreaterThan(0)
    expect(score('темное', 'Тёмное оформление')).toBeGreaterThan(0)
    expect(score('взр', 'Взять в работу')).toBeGreaterThan(0)
  })
  it('the title before other words for it', () => {
    expect(score('поиск', 'Поиск')).toBeGreaterThan(score('поиск', 'Search', 'поиск'))
  })
})

describe('keys', () => {
  beforeEach(() => {
    document.body.innerHTML = ''
  })
  const key = (code: string, more: Partial<KeyboardEventInit> = {}) => new KeyboardEvent('keydown', { code, key: 'у', ...more })

  it('are known by their place on a Russian layout', () => {
    expect(pressed(key('KeyE', { shiftKey: true }), { code: 'KeyE', shift: true })).toBe(true)
    expect(pressed(key('KeyE'), { code: 'KeyE', shift: true })).toBe(false)
    expect(pressed(key('KeyK', { ctrlKey: true }), { code: 'KeyK', mod: true })).toBe(true)
    // AltGr is Ctrl with Alt: it types letters.
    expect(pressed(key('KeyE', { ctrlKey: true, altKey: true }), { code: 'KeyE', mod: true })).toBe(false)
  })

  it('no two deeds share a key, none takes one of the browser', () => {
    const heard = COMMANDS.filter((one) => !one.elsewhere).flatMap((one) => one.keys.map((k) => `${k.mod ? 'mod ' : ''}${k.shift ? 'shift ' : ''}${k.code}`))
    expect(new Set(heard).size).toBe(heard.length)
    for (const taken of ['mod KeyT', 'mod KeyW', 'mod KeyN', 'mod Digit1', 'mod Digit9']) expect(heard).not.toContain(taken)
  })

  it('single letters can be turned off; the others stay', () => {
    const done: string[] = []
    const deeds: Deeds = { write: () => void done.push('write'), palette: () => void done.push('palette'), back: () => void done.push('back') }
    const codes = (single: boolean) => keysOf(deeds, single).map(([k]) => k.code)
    expect(codes(true)).toContain('KeyC')
    expect(codes(false)).not.toContain('KeyC')
    expect(codes(false)).toContain('KeyK')
    expect(codes(false)).toContain('Escape')
    expect(isSingle({ code: 'KeyE', shift: true })).toBe(true)
    expect(isSingle({ code: 'KeyK', mod: true })).toBe(false)
  })

  it('a deed that cannot be done leaves its key alone', () => {
    const take = keysOf({}, true).find(([k]) => k.code === 'KeyT' && !k.shift)
    expect(take?.[1]()).toBe(false)
  })

  it('are written as people know them', () => {
    expect(keyNames({ code: 'Slash', shift: true }, 'Ctrl')).toEqual(['?'])
    expect(keyNames({ code: 'KeyT', shift: true }, 'Ctrl')).toEqual(['⇧', 'T'])
    expect(keyNames({ code: 'KeyK', mod: true }, '⌘')).toEqual(['⌘', 'K'])
  })

  it('step goes from row to row and stays at the ends', () => {
    expect(step(['a', 'b'], null, 1)).toBe('a')
    expect(step(['a', 'b'], 'a', 1)).toBe('b')
    expect(step(['a', 'b'], 'b', 1)).toBe('b')
    expect(step(['a', 'b'], 'a', -1)).toBe('a')
    expect(step([], null, 1)).toBeNull()
  })
})

describe('an address to write to', () => {
  it('phones in every form', () => {
    for (const typed of ['8 (926) 441-08-32', '+7 926 441 08 32', '9264410832', '7 926 441-08-32']) {
      expect(readPhone(typed)).toBe('+79264410832')
    }
    expect(readPhone('+49 30 901820')).toBe('+4930901820')
    expect(readPhone('12345')).toBeNull()
    expect(readPhone('телефон')).toBeNull()
  })
  it('by the kind of the channel', () => {
    expect(wayOf('email')).toBe('email')
    expect(readAddress('email', ' Name@Mail.ru ')).toBe('name@mail.ru')
    expect(readAddress('email', 'name@mail')).toBeNull()
    expect(readAddress('phone', '@nick')).toBeNull()
    expect(readAddress('either', 'https://t.me/olga_z')).toBe('@olga_z')
    expect(readAddress('either', '@olga_z')).toBe('@olga_z')
    expect(readAddress('either', '8 926 441 08 32')).toBe('+79264410832')
  })
})

it('a number of a chat is asked for as the server knows it', () => {
  for (const typed of ['№ 12', '№12', '#12', 'чат 12', 'чат № 12', 'no. 12']) expect(asAsked(typed)).toBe('#12')
  expect(asAsked('  дверь 12 ')).toBe('дверь 12')
})

it('a name where there is little room', () => {
  expect(shortName('Дмитрий Савельев')).toBe('Дмитрий С.')
  expect(shortName('Олеся')).toBe('Олеся')
  expect(shortName('')).toBe('')
})
