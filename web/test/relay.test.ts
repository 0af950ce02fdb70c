import { describe, expect, it } from 'vitest'
import { type Numbered, Past, pause, type Said, Views } from '../src/kit/api/relay'
import { EventSocket, type Office, type Ways } from '../src/kit/api/socket'
import type { ClientFrame, EventFrame, ServerFrame } from '../src/kit/api/types'
import type { WireListener } from '../src/kit/api/wire'

const event = (seq: number) => ({ type: 'event', seq, at: '', kind: 'x', data: {} }) as unknown as EventFrame

describe('how far a tab is', () => {
  it('takes what follows, drops what was seen, notices what was missed', () => {
    const past = new Past()
    past.begin(10)
    expect(past.take(10, event(12))).toBe('new')
    expect(past.take(10, event(12))).toBe('old')
    expect(past.take(14, event(15))).toBe('gap')
    expect(past.seq).toBe(12)
    expect(past.take(12, { type: 'seq', seq: 14 })).toBe('new')
    expect(past.take(14, event(15))).toBe('new')
  })

  it('knows nothing before it began', () => {
    expect(new Past().take(0, event(1))).toBe('gap')
    expect(new Past().since(0)).toBeNull()
  })

  it('gives others what they missed, as far as it is kept', () => {
    const past = new Past(3)
    past.begin(0)
    for (let seq = 1; seq <= 5; seq++) past.take(seq - 1, event(seq))
    expect(past.since(3)?.map((e) => e.seq)).toEqual([4, 5])
    expect(past.since(2)?.map((e) => e.seq)).toEqual([3, 4, 5])
    expect(past.since(1)).toBeNull()
  })

  it('forgets when everything must be read anew', () => {
    const past = new Past()
    past.begin(0)
    past.take(0, event(1))
    expect(past.take(1, { type: 'resync', seq: 40 })).toBe('new')
    expect(past.since(1)).toBeNull()
    expect(past.since(40)).toEqual([])
  })
})

it('the conversation looked at is the last opened one among the tabs', () => {
  const views = new Views()
  views.set('a', 'cnv_1')
  views.set('b', 'cnv_2')
  expect(views.now).toBe('cnv_2')
  views.set('a', 'cnv_3')
  expect(views.now).toBe('cnv_3')
  views.set('a', null)
  expect(views.now).toBe('cnv_2')
  views.set('b', null)
  expect(views.now).toBeNull()
})

it('pauses grow from one second to thirty and differ', () => {
  for (const random of [0, 0.5, 1]) {
    for (let tries = 0; tries < 40; tries++) {
      expect(pause(tries, random)).toBeGreaterThanOrEqual(1000)
      expect(pause(tries, random)).toBeLessThanOrEqual(30_000)
    }
  }
  expect(pause(9, 1)).toBe(30_000)
  expect(pause(9, 0)).toBe(15_000)
})

/** Tabs of one browser, played: a channel that keeps the order, an office that passes on. */
class Browser {
  clock = 0
  wires = 0
  #line: { office: Office; wire: () => void }[] = []
  #tabs = new Set<(said: Said) => void>()
  #post: [(said: Said) => void, Said][] = []
  server: WireListener | null = null
  heardByServer: ClientFrame[] = []

  tab() {
    const seen: (number | string)[] = []
    let closed = false
    const socket = new EventSocket(
      'emp',
      {
        frame: (frame) => seen.push(frame.type === 'event' ? frame.seq : frame.type),
        link: () => {},
        loggedOut: () => seen.push('out'),
      },
      (hear, office): Ways => {
        this.#tabs.add(hear)
        const place = { office, wire: () => {} }
        this.#line.push(place)
        const ways: Ways = {
          now: () => this.clock,
          channel: {
            post: (said) => {
              if (closed) return
              for (const tab of this.#tabs) if (tab !== hear) this.#post.push([tab, said])
            },
            close: () => {
              closed = true
              this.#tabs.delete(hear)
            },
          },
          office: {
            leave: () => {
              const led = this.#line[0] === place
              this.#line = this.#line.filter((one) => one !== place)
              if (led) this.#line[0]?.office.enter()
            },
            steal: () => {
              this.#line[0]?.office.lose()
              this.#line = [place, ...this.#line.filter((one) => one !== place)]
              office.enter()
            },
          },
          wire: (listener) => {
            this.wires++
            this.server = listener
            listener.connecting()
            return {
              say: (frame) => this.heardByServer.push(frame),
              now() {},
              nudge() {},
              end: () => {
                this.wires--
                if (this.server === listener) this.server = null
              },
            }
          },
        }
        return ways
      },
    )
    socket.connect()
    if (this.#line.length === 1) this.#line[0]?.office.enter()
    return { socket, seen }
  }

  /** Delivers what tabs said, in order. */
  settle() {
    for (let next = this.#post.shift(); next; next = this.#post.shift()) next[0](next[1])
  }

  /** Loses what tabs said to each other. */
  lose() {
    this.#post = []
  }

  send(...frames: ServerFrame[]) {
    for (const frame of frames) this.server?.frame(frame)
  }
}

const welcome = (seq: number) => ({ type: 'welcome', seq, employee_id: 'emp' }) as ServerFrame

describe('tabs of one browser', () => {
  it('share one socket: each gets every event once, in order', () => {
    const browser = new Browser()
    const one = browser.tab()
    const two = browser.tab()
    browser.send(welcome(5))
    browser.settle()
    browser.send(event(6), event(7))
    browser.settle()
    const three = browser.tab()
    browser.settle()
    browser.send(event(8))
    browser.settle()
    expect(browser.wires).toBe(1)
    expect(one.seen).toEqual([6, 7, 8])
    expect(two.seen).toEqual([6, 7, 8])
    expect(three.seen).toEqual([8])
  })

  it('one takes over when the leader goes, from its own number', () => {
    const browser = new Browser()
    const one = browser.tab()
    const two = browser.tab()
    const three = browser.tab()
    browser.send(welcome(0))
    browser.settle()
    browser.send(event(1))
    browser.settle()
    one.socket.end()
    expect(browser.wires).toBe(1)
    expect(browser.server?.after()).toBe(1)
    browser.send(welcome(1), event(2), event(3))
    browser.settle()
    expect(two.seen).toEqual([1, 2, 3])
    expect(three.seen).toEqual([1, 2, 3])
  })

  it('a tab that missed something asks for it', () => {
    const browser = new Browser()
    browser.tab()
    const two = browser.tab()
    browser.send(welcome(0))
    browser.settle()
    browser.send(event(1), event(2))
    browser.lose()
    browser.send(event(3))
    browser.settle()
    expect(two.seen).toEqual([1, 2, 3])
  })

  it('a tab that missed too much reads its state anew', () => {
    const browser = new Browser()
    browser.tab()
    const two = browser.tab()
    browser.send(welcome(0))
    browser.settle()
    for (let seq = 1; seq <= 1500; seq++) browser.send(event(seq))
    browser.lose()
    browser.send(event(1501))
    browser.settle()
    expect(two.seen).toEqual(['resync'])
    browser.send(event(1502))
    browser.settle()
    expect(two.seen).toEqual(['resync', 1502])
  })

  it('a resync of the server reaches all', () => {
    const browser = new Browser()
    const one = browser.tab()
    const two = browser.tab()
    browser.send(welcome(0))
    browser.settle()
    browser.send({ type: 'resync', seq: 9 } as Numbered, event(10))
    browser.settle()
    expect(one.seen).toEqual(['resync', 10])
    expect(two.seen).toEqual(['resync', 10])
  })

  it('typing goes through the leader, who looks at what is told once for all', () => {
    const browser = new Browser()
    const one = browser.tab()
    const two = browser.tab()
    browser.send(welcome(0))
    browser.settle()
    browser.heardByServer = []
    one.socket.say({ type: 'viewing', conversation_id: 'cnv_1' })
    two.socket.say({ type: 'viewing', conversation_id: 'cnv_2' })
    two.socket.say({ type: 'typing', conversation_id: 'cnv_2' })
    browser.settle()
    two.socket.end()
    browser.settle()
    expect(browser.heardByServer).toEqual([
      { type: 'viewing', conversation_id: 'cnv_1' },
      { type: 'viewing', conversation_id: 'cnv_2' },
      { type: 'typing', conversation_id: 'cnv_2' },
      { type: 'viewing', conversation_id: 'cnv_1' },
    ])
  })

  it('a leader that does not answer is replaced', () => {
    const browser = new Browser()
    browser.tab()
    const two = browser.tab()
    browser.send(welcome(0))
    browser.settle()
    browser.clock = 60_000
    two.socket.tick()
    browser.lose()
    browser.clock = 70_000
    two.socket.tick()
    expect(browser.wires).toBe(1)
    expect(browser.server?.after()).toBe(0)
    browser.send(welcome(0), event(1))
    browser.settle()
    expect(two.seen).toEqual([1])
  })

  it('being logged out is told to all', () => {
    const browser = new Browser()
    const one = browser.tab()
    const two = browser.tab()
    browser.send(welcome(0))
    browser.settle()
    browser.server?.loggedOut()
    browser.settle()
    expect(one.seen).toEqual(['out'])
    expect(two.seen).toEqual(['out'])
  })
})
