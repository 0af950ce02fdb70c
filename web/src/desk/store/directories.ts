import { api, ask, Refused } from '../../kit/api/client'
import type { Box } from './box'
import { readCanned, readContactFields } from './talk-api'

/** Who and what there is in the company: channels and what they can, colleagues, groups, tags.
 * False: something could not be read and may be later. */
export async function readDirectories(box: Box) {
  const query = { limit: 100 }
  const reads = [
    ask(api.GET('/api/v1/channels')).then(({ items }) =>
      box.change((s) => ({ ...s, channels: new Map(items.map((i) => [i.channel_id, i])) })),
    ),
    ask(api.GET('/api/v1/channel-kinds')).then(({ items }) =>
      box.change((s) => ({ ...s, kinds: new Map(items.map((i) => [i.kind, i.capabilities])) })),
    ),
    everyPage((cursor) => ask(api.GET('/api/v1/employees', { params: { query: { ...query, cursor } } }))).then((items) =>
      box.change((s) => ({
        ...s,
        me: items.find((i) => i.employee_id === s.me.employee_id) ?? s.me,
        employees: new Map(items.map((i) => [i.employee_id, i])),
      })),
    ),
    everyPage((cursor) => ask(api.GET('/api/v1/groups', { params: { query: { ...query, cursor } } }))).then((items) =>
      box.change((s) => ({ ...s, groups: new Map(items.map((i) => [i.group_id, i])) })),
    ),
    ask(api.GET('/api/v1/tags')).then(({ items }) =>
      box.change((s) => ({ ...s, tags: new Map(items.map((i) => [i.tag_id, i])) })),
    ),
    readCanned().then((canned) => box.change((s) => ({ ...s, canned }))),
    readContactFields().then((fields) => box.change((s) => ({ ...s, fields }))),
  ]
  const done = await Promise.allSettled(reads)
  return done.every((one) => one.status === 'fulfilled' || !(one.reason instanceof Refused && one.reason.passing))
}

async function everyPage<T>(read: (cursor?: string) => Promise<{ items: T[]; next?: string | null }>): Promise<T[]> {
  const all: T[] = []
  let cursor: string | undefined
  do {
    const page = await read(cursor)
    all.push(...page.items)
    cursor = page.next ?? undefined
  } while (cursor && all.length < 2000)
  return all
}
