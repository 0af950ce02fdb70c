import { EllipsisVertical, Plus, Route } from 'lucide-react'
import { useState } from 'react'
import { api, ask } from '../../kit/api/client'
import { t } from '../../kit/i18n'
import { scenarioTexts } from '../../kit/i18n/flow/scenario'
import { moment } from '../../kit/i18n/format'
import { Link } from '../../kit/link'
import { go } from '../../kit/route'
import { buttonClass, IconButton } from '../../kit/ui/button'
import { ChannelBadge, signOf } from '../../kit/ui/channel-badge'
import { Menu, MenuItem } from '../../kit/ui/menu'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { useFeed } from '../feed'
import { Faulty, PageHead, useLoaded } from '../load'
import { Confirm, Empty } from '../parts/bits'
import type { PageProps } from '../sections'
import { deleteScenario, readScenario, readScenarios, type Stored } from './api'
import { readDirectory } from './directory'
import { ScenarioEditor } from './editor'
import { NewScenario } from './new'
import { template, TEMPLATES } from './templates'

/** `/cabinet/scenarios`, `…/new`, `…/new/TEMPLATE`, `…/SCENARIO`. */
export function ScenariosSection(props: PageProps) {
  if (props.id && (props.id !== 'new' || props.more)) return <OneScenario {...props} />
  return <div className="mx-auto max-w-[1040px]">{props.id === 'new' ? <NewScenario /> : <List />}</div>
}

function List() {
  const f = scenarioTexts()
  const [removing, setRemoving] = useState<Stored | null>(null)
  const { data, fault, again } = useLoaded(async () => {
    const [scenarios, channels] = await Promise.all([readScenarios(), readChannels()])
    return { scenarios, channels }
  })
  useFeed((frame) => {
    if (frame.kind === 'directory.changed' || frame.kind === 'channel.changed' || frame.kind === 'resync') again()
  })
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return null
  const make = (
    <Link href="/cabinet/scenarios/new" className={buttonClass('main')}>
      <Plus size={16} aria-hidden="true" />
      {f.make}
    </Link>
  )
  const remove = (one: Stored) => {
    setRemoving(null)
    deleteScenario(one.scenario_id).then(() => {
      toast(f.removed(one.name))
      again()
    }, tellRefusal)
  }
  return (
    <>
      <PageHead title={f.title} hint={f.hint}>
        {data.scenarios.length > 0 && make}
      </PageHead>
      {data.scenarios.length === 0 ? (
        <Empty icon={<Route size={22} />} title={f.empty} hint={f.emptyHint}>
          {make}
        </Empty>
      ) : (
        <ul className="overflow-hidden rounded-card border border-line bg-pane">
          {data.scenarios.map((one) => {
            const used = data.channels.filter((channel) => channel.scenario_id === one.scenario_id)
            return (
              <li key={one.scenario_id} className="flex items-center border-b border-line pr-2 last:border-0">
                <Link
                  href={`/cabinet/scenarios/${one.scenario_id}`}
                  className="flex min-w-0 flex-1 items-center gap-4 px-4 py-3 -outline-offset-2 hover:bg-hover"
                >
                  <span className="min-w-0 flex-1">
                    <span className="block truncate font-medium">{one.name}</span>
                    <span className="mt-0.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-second text-ink2">
                      {used.length === 0 && <span className="text-ink3">{f.usedNowhere}</span>}
                      {used.map((channel) => (
                        <span key={channel.channel_id} className="inline-flex items-center gap-1.5">
                          <ChannelBadge kind={signOf(channel)} />
                          {channel.name}
                        </span>
                      ))}
                    </span>
                  </span>
                  <span className="num text-second text-ink3 max-[759px]:hidden">{moment(one.updated_at)}</span>
                </Link>
                <Menu
                  align="end"
                  trigger={
                    <IconButton label={f.deedsOf(one.name)}>
                      <EllipsisVertical size={16} />
                    </IconButton>
                  }
                >
                  <MenuItem onClick={() => go(`/cabinet/scenarios/new/copy-${one.scenario_id}`)}>
                    {f.duplicateScenario}
                  </MenuItem>
                  <MenuItem tone="danger" onClick={() => setRemoving(one)}>
                    {t.remove}
                  </MenuItem>
                </Menu>
              </li>
            )
          })}
        </ul>
      )}
      {data.scenarios.length > 0 && data.channels.every((channel) => !channel.scenario_id) && (
        <p className="mt-3 text-second text-ink2">{f.usedHint}</p>
      )}
      {removing && (
        <Confirm
          title={f.removeTitle(removing.name)}
          text={f.removeText}
          action={t.remove}
          onClose={() => setRemoving(null)}
          onYes={() => remove(removing)}
        />
      )}
    </>
  )
}

/** Those who may not manage channels see none here; the scenarios are theirs all the same. */
const readChannels = async () => {
  try {
    return (await ask(api.GET('/api/v1/channel-details'))).items
  } catch {
    return []
  }
}

function OneScenario({ me, id, more }: PageProps) {
  const f = scenarioTexts()
  // Read once: a new scenario that is saved gets its address, and what is open stays open.
  const { data, fault, again } = useLoaded(async () => {
    const [all, directory] = await Promise.all([readScenarios(), readDirectory()])
    const names = new Map(all.map((one) => [one.scenario_id, one.name]))
    if (id !== 'new') {
      const stored = await readScenario(id)
      return { stored, first: { name: stored.name, tree: stored.tree }, directory, names }
    }
    const copied = all.find((one) => more === `copy-${one.scenario_id}`)
    if (copied) {
      return { stored: null, first: { name: f.copyOf(copied.name), tree: copied.tree }, directory, names }
    }
    const chosen = TEMPLATES.find((one) => one === more) ?? 'blank'
    const name = chosen === 'blank' ? '' : f[chosen]
    return { stored: null, first: { name, tree: template(chosen, directory) }, directory, names }
  })
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return null
  return <ScenarioEditor me={me} {...data} />
}
