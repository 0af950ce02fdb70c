import { act, createElement, type FunctionComponent, useState } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SecretField } from '../src/cabinet/channel/secret-field'
import { saveIntegration } from '../src/cabinet/crm/api'
import { firstSettings } from '../src/cabinet/crm/settings'
import { useEditing } from '../src/cabinet/crm/use-editing'
import type { IntegrationView } from '../src/cabinet/crm/views'
import { useLoaded } from '../src/cabinet/load'
import { paced } from '../src/cabinet/pace'
import { Confirm } from '../src/cabinet/parts/bits'
import { useForm } from '../src/cabinet/parts/form'
import { kept } from '../src/cabinet/parts/kept'
import { usePages } from '../src/cabinet/parts/pages'

vi.mock('../src/cabinet/crm/api', () => ({ saveIntegration: vi.fn(), readIntegration: vi.fn() }))

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })

const after = <T>(ms: number, value: T) => new Promise<T>((told) => setTimeout(() => told(value), ms))
const pass = (ms: number) => act(async () => void (await vi.advanceTimersByTimeAsync(ms)))

let roots: Root[] = []
function draw(part: FunctionComponent) {
  const place = document.body.appendChild(document.createElement('div'))
  const root = createRoot(place)
  roots.push(root)
  act(() => root.render(createElement(part)))
}

/** What a hook answers now. */
function holding<T>(hook: () => T) {
  const told: { now: T } = { now: undefined as T }
  draw(() => {
    told.now = hook()
    return null
  })
  return told
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  act(() => roots.forEach((root) => root.unmount()))
  roots = []
  document.body.replaceChildren()
  vi.useRealTimers()
})

/** Something happens every hundred milliseconds. */
async function flood(ask: () => void, ms: number) {
  for (let at = 0; at < ms; at += 100) {
    ask()
    await pass(100)
  }
}

describe('CRM-6: a page is read anew while things happen all the time', () => {
  it('one reading at a time, and one more after the last thing', async () => {
    let reading = 0
    let most = 0
    let read = 0
    const pace = paced(async () => {
      most = Math.max(most, ++reading)
      await after(2000, null)
      reading--
      read++
    }, 700)
    await flood(pace.ask, 10_000)
    await pass(10_000)
    expect(most).toBe(1)
    expect(read).toBe(6)
  })

  it('an answer that comes slower than things happen is shown, at the first visit too', async () => {
    let n = 0
    const page = holding(() => useLoaded(() => after(2000, ++n)))
    const list = holding(() => usePages(() => after(2000, { items: [++n] })))
    const pace = paced(() => Promise.all([page.now.again(), list.now.again()]), 700)
    await flood(pace.ask, 3000)
    expect(page.now.data).not.toBeNull()
    expect(list.now.items).toHaveLength(1)
    const shown = page.now.data
    await flood(pace.ask, 3000)
    expect(page.now.data).toBeGreaterThan(shown ?? Infinity)
    pace.stop()
  })

  it('a reading that fails ends nothing', async () => {
    const read = vi.fn(() => Promise.reject(new Error('away')))
    const pace = paced(read, 700)
    await flood(pace.ask, 2100)
    expect(read.mock.calls.length).toBeGreaterThanOrEqual(3)
    pace.stop()
  })
})

describe('a question before what cannot be taken back', () => {
  it('is answered once, however often it is pressed', async () => {
    const yes = vi.fn(() => after(2000, null))
    draw(() => createElement(Confirm, { title: 'Отключить?', text: '', action: 'Отключить', onClose: () => {}, onYes: yes }))
    await pass(100)
    const button = () => document.querySelector<HTMLButtonElement>('button[type=submit]')
    act(() => button()?.click())
    act(() => button()?.click())
    expect(yes).toHaveBeenCalledTimes(1)
    expect(button()?.disabled).toBe(true)
    await pass(2000)
    expect(button()?.disabled).toBe(false)
  })
})

describe('what is typed while a save runs', () => {
  it('stays, field by field; the rest is what the server answered', () => {
    const sent = { name: ' A ', settings: { token: 'new', text: 'a', hosts: ['a'] } }
    const now = { name: ' A ', settings: { token: 'new', text: 'ab', hosts: ['a', 'b'] } }
    const held = { name: 'A', settings: { text: 'a', hosts: ['a'] } as (typeof sent)['settings'] }
    expect(kept(sent, now, held)).toEqual({ name: 'A', settings: { text: 'ab', hosts: ['a', 'b'] } })
    expect(kept(sent, sent, held)).toBe(held)
  })

  it('stays in a form, which is not saved yet then', async () => {
    const save = (value: { name: string; note: string }) => after(1000, { ...value, name: value.name.trim() })
    const form = holding(() => useForm({ first: { name: '', note: '' }, save, silent: true }))
    act(() => form.now.set({ name: ' Анна ' }))
    act(() => form.now.submit())
    act(() => form.now.set({ note: 'позвонить' }))
    await pass(1000)
    expect(form.now.value).toEqual({ name: 'Анна', note: 'позвонить' })
    expect(form.now.changed).toBe(true)
    expect(form.now.busy).toBe(false)
  })

  it('CRM-1: stays in the settings of an integration', async () => {
    const first = { integration_id: 'int_1', name: 'Основная', enabled: true, revision: 1, settings: firstSettings, warnings: [] }
    vi.mocked(saveIntegration).mockImplementation((_, draft) =>
      after(1000, { ...first, ...draft, revision: 2 } as unknown as IntegrationView),
    )
    const view = first as unknown as IntegrationView
    const editing = holding(() => useEditing(view, () => {}))
    act(() => editing.now.change({ files: !firstSettings.files }))
    act(() => void editing.now.save())
    act(() => editing.now.set({ name: 'Другая' }))
    await pass(1000)
    expect(editing.now.stored.revision).toBe(2)
    expect(editing.now.draft.name).toBe('Другая')
    expect(editing.now.draft.settings.files).toBe(!firstSettings.files)
    expect(editing.now.changed).toBe(true)
  })
})

describe('a secret that was replaced', () => {
  const input = () => document.querySelector('input')
  const button = () => document.querySelector('button')
  let put = (_: string) => {}
  const open = () => {
    draw(() => {
      const [value, setValue] = useState('')
      put = setValue
      const rest = { label: 'Токен', help: undefined, error: undefined, kept: true, required: true }
      return createElement(SecretField, { ...rest, value, onChange: setValue })
    })
    act(() => button()?.click())
  }
  const type = (text: string) =>
    act(() => {
      const field = input()
      if (!field) throw new Error('no field')
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(field, text)
      field.dispatchEvent(new Event('input', { bubbles: true }))
    })

  it('is a stored one again once it is saved, and the focus stays there', () => {
    open()
    type('new')
    input()?.focus()
    act(() => put(''))
    expect(input()).toBeNull()
    expect(document.activeElement).toBe(button())
  })

  it('is still being replaced while what was typed is typed anew', () => {
    open()
    type('new')
    type('')
    expect(input()).not.toBeNull()
  })
})
