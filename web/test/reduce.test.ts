import { describe, expect, it } from 'vitest'
import type { EventFrame, Message } from '../src/kit/api/types'
import { matches, NO_FILTER } from '../src/desk/store/filter'
import { joined, withFact, withPage, withRead } from '../src/desk/store/reduce'
import { type Chat, emptyState, type State, unread, WINDOW } from '../src/desk/store/state'

const me = { employee_id: 'emp_me', name: 'Марина' } as Parameters<typeof emptyState>[0]
const never = () => false

function chat(n: number, change: Partial<Chat> = {}): Chat {
  return {
    conversation_id: `cnv_${n}`,
    state: 'new',
    channel_id: 'chn_1',
    contact_id: `cnt_${n}`,
    contact_name: `Гость ${n}`,
    last_message_at: `2026-11-22T10:${String(n).padStart(2, '0')}:00Z`,
    last_position: 1,
    preview_direction: 'inbound',
    read_position: 0,
    tags: [],
    ...change,
  } as Chat
}

function with_(chats: Chat[], next: string | null = null): State {
  const page = { items: chats as never, next }
  let state = withPage(emptyState(me), 'new', page, 'top', never)
  state = withPage(state, 'in_work', { items: [] }, 'top', never)
  return state
}

const fact = (kind: string, data: unknown, seq = 1) => ({ type: 'event', seq, at: '', kind, data }) as EventFrame

const message = (position: number, change: Partial<Message> = {}): Message =>
  ({
    message_id: `msg_${position}`,
    conversation_id: 'cnv_1',
    position,
    direction: 'inbound',
    body: { type: 'text', text: `${position}` },
    created_at: '',
    occurred_at: '',
    ...change,
  }) as Message

describe('facts', () => {
  it('a new message moves its conversation to the top', () => {
    const state = with_([chat(3), chat(2), chat(1, { unread: 1 })])
    const { conversation_id } = chat(1)
    const tail = { ...chat(1), last_position: 2, last_message_at: '2026-11-22T11:00:00Z', conversation_id }
    const next = withFact(state, fact('message.created', { message: message(2), conversation: tail })).state
    expect(next.views.new.ids).toEqual(['cnv_1', 'cnv_3', 'cnv_2'])
    expect(unread(next.chats.get('cnv_1')!)).toBe(2)
  })

  it('the same fact twice changes nothing', () => {
    const state = with_([chat(2), chat(1)])
    const taken = fact('conversation.changed', { conversation: chat(2, { state: 'in_work' }) })
    const once = withFact(state, taken).state
    const twice = withFact(once, taken).state
    expect(twice.views).toEqual(once.views)
  })

  it('OW-2: what somebody takes leaves Новые and enters В работе', () => {
    const state = with_([chat(2), chat(1)])
    const taken = chat(2, { state: 'in_work', assignee_id: 'emp_other' })
    const next = withFact(state, fact('conversation.changed', { conversation: taken })).state
    expect(next.views.new.ids).toEqual(['cnv_1'])
    expect(next.views.in_work.ids).toEqual(['cnv_2'])
  })

  it('OW-4: what goes out of sight is gone everywhere', () => {
    const state = with_([chat(2), chat(1)])
    const next = withFact(state, fact('conversation.hidden', { conversation_id: 'cnv_2' })).state
    expect(next.views.new.ids).toEqual(['cnv_1'])
    expect(next.chats.has('cnv_2')).toBe(false)
  })

  it('an unknown conversation asks for its list', () => {
    const tail = { conversation_id: 'cnv_9', state: 'new', last_position: 1 }
    const { wishes } = withFact(with_([]), fact('message.created', { message: message(1), conversation: tail }))
    expect(wishes).toContainEqual({ list: 'new' })
  })

  it('OW-6: a list that changed is read anew, but for those that the desk does not keep', () => {
    const wished = (kind: string, data: unknown) => withFact(with_([]), fact(kind, data)).wishes
    expect(wished('directory.changed', { of: 'tags' })).toEqual(['directories'])
    expect(wished('directory.changed', { of: 'canned_replies' })).toEqual(['directories'])
    expect(wished('directory.changed', { of: 'scenarios' })).toEqual([])
    const draft = { conversation_id: 'cnv_1', mode: 'note', text: '', employee_id: 'emp_me' }
    expect(wished('draft.changed', draft)).toEqual([])
  })

  it('a read mark of a colleague is not ours', () => {
    const state = with_([chat(1)])
    const theirs = { conversation_id: 'cnv_1', employee_id: 'emp_other', position: 1 }
    expect(unread(withFact(state, fact('conversation.read', theirs)).state.chats.get('cnv_1')!)).toBe(1)
    const ours = { ...theirs, employee_id: 'emp_me' }
    expect(unread(withFact(state, fact('conversation.read', ours)).state.chats.get('cnv_1')!)).toBe(0)
  })

  describe('OW-6: what is unread are the customer\'s words alone', () => {
    const tail = (last_position: number, change: Partial<Chat> = {}) => ({ ...chat(1), last_position, ...change })
    const comes = (state: State, position: number, direction = 'inbound', change: Partial<Chat> = {}) =>
      withFact(
        state,
        fact('message.created', {
          message: message(position, { direction: direction as Message['direction'] }),
          conversation: tail(position, change),
        }),
      ).state
    const fresh = (state: State) => unread(state.chats.get('cnv_1')!)
    const listed = () => with_([chat(1, { last_position: 3, read_position: 0, unread: 1 })])

    it('a line of the system behind a message is not counted', () => {
      expect(fresh(listed())).toBe(1)
      expect(fresh(comes(listed(), 4, 'system'))).toBe(1)
      expect(fresh(comes(comes(listed(), 4, 'system'), 5))).toBe(2)
    })

    it('a message that comes twice is one', () => {
      expect(fresh(comes(comes(listed(), 4), 4))).toBe(2)
      expect(fresh(comes(listed(), 3))).toBe(1)
    })

    it('a message that comes after a later line is counted', () => {
      expect(fresh(comes(comes(listed(), 5, 'system'), 4))).toBe(2)
    })

    it('reading all of it leaves none, and what comes then is one', () => {
      const read = withRead(listed(), 'cnv_1', 3)
      expect(fresh(read)).toBe(0)
      expect(fresh(comes(read, 4, 'system'))).toBe(0)
      expect(fresh(comes(comes(read, 4), 5, 'system'))).toBe(1)
    })

    it('a mark from another window that is behind leaves what may stand behind it', () => {
      expect(fresh(withRead(comes(listed(), 4), 'cnv_1', 3))).toBe(1)
    })

    it('a new conversation counts from its first message, whatever stands in it already', () => {
      const made = withFact(with_([]), fact('conversation.created', { conversation: chat(1, { last_position: 2 }) })).state
      expect(fresh(made)).toBe(0)
      expect(fresh(comes(comes(made, 1), 2, 'system'))).toBe(1)
    })

    it('a page of the list counts anew', () => {
      const page = { items: [chat(1, { last_position: 6, unread: 2 })] as never }
      expect(fresh(withPage(comes(listed(), 4), 'new', page, 'top', never))).toBe(2)
      expect(fresh(withPage(withRead(listed(), 'cnv_1', 6), 'new', page, 'top', never))).toBe(0)
    })
  })

  it('the CRM block is read anew when the open conversation changed there, or the connection', () => {
    const state = { ...with_([chat(1)]), open: 'cnv_1' }
    const crm = (conversation_id: string | null) =>
      withFact(state, fact('crm.changed', { portal_id: 'prt_1', conversation_id })).state.crm
    expect([crm('cnv_1'), crm('cnv_2'), crm(null)]).toEqual([1, 0, 1])
  })

  it('a kind of fact that a newer server tells changes nothing', () => {
    const state = with_([chat(1)])
    expect(withFact(state, fact('weather.changed', {})).state).toBe(state)
  })

  it('a read mark never goes back', () => {
    const state = withRead(withRead(with_([chat(1)]), 'cnv_1', 5), 'cnv_1', 3)
    expect(state.chats.get('cnv_1')!.read_position).toBe(5)
  })
})

describe('lists', () => {
  it('an event that came while a page was on its way is newer than the page', () => {
    const fresh = with_([chat(1, { preview: 'newer' })])
    const page = { items: [chat(1, { preview: 'older' })] as never }
    const state = withPage(fresh, 'new', page, 'top', (id) => id === 'cnv_1')
    expect(state.chats.get('cnv_1')!.preview).toBe('newer')
  })

  it('what is below the end of what was read waits for the next page', () => {
    const state = with_([chat(9), chat(8)], 'more')
    const old = withFact(state, fact('conversation.changed', { conversation: chat(1) })).state
    expect(old.views.new.ids).toEqual(['cnv_9', 'cnv_8'])
  })

  it('the window does not grow without end', () => {
    let state = with_([])
    for (let n = 0; n < WINDOW + 200; n++) {
      const at = `2026-11-22T${String(10 + Math.floor(n / 3600)).padStart(2, '0')}:${String(Math.floor(n / 60) % 60).padStart(2, '0')}:${String(n % 60).padStart(2, '0')}Z`
      state = withFact(state, fact('conversation.created', { conversation: chat(n, { last_message_at: at }) })).state
    }
    expect(state.views.new.ids.length).toBeLessThanOrEqual(WINDOW + 50)
    expect(state.views.new.ids[0]).toBe(`cnv_${WINDOW + 199}`)
  })

  it('a filter shows what the server would', () => {
    const mine = chat(1, { assignee_id: 'emp_me' })
    expect(matches(mine, { ...NO_FILTER, employee: 'me' }, 'emp_me')).toBe(true)
    expect(matches(mine, { ...NO_FILTER, employee: 'me' }, 'emp_other')).toBe(false)
    expect(matches(mine, { ...NO_FILTER, channel: 'chn_2' }, 'emp_me')).toBe(false)
    expect(matches(mine, { ...NO_FILTER, waiting: true }, 'emp_me')).toBe(false)
  })
})

describe('messages', () => {
  it('are joined by place, the newer copy wins', () => {
    const have = [message(2), message(4, { status: 'sent' })]
    const more = [message(1), message(4, { status: 'read' }), message(3)]
    const all = joined(have, more)
    expect(all.map((m) => m.position)).toEqual([1, 2, 3, 4])
    expect(all[3]!.status).toBe('read')
  })
})
