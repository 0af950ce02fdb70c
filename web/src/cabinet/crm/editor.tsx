import { Plug } from 'lucide-react'
import { useRef, useState } from 'react'
import { api, ask, Refused } from '../../kit/api/client'
import { t } from '../../kit/i18n'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { Link } from '../../kit/link'
import { go } from '../../kit/route'
import { Button, buttonClass } from '../../kit/ui/button'
import { signOf } from '../../kit/ui/channel-badge'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { readKinds } from '../kinds'
import { Faulty, useLoaded } from '../load'
import { Back, Confirm, Empty } from '../parts/bits'
import { readEmployees } from '../parts/directory'
import { deleteIntegration, readCrmKinds, readFaults, readIntegration, readIntegrations, readParams, readPortals } from './api'
import { type Company, EditorContext } from './context'
import { EditorFaults, isHere } from './faults'
import { isSetting, type Tab, tabNamed } from './pointers'
import { SaveBar } from './save-bar'
import { Remarks, Standing } from './standing'
import { TabChats } from './tab-chats'
import { TabEmployees } from './tab-employees'
import { TabFields } from './tab-fields'
import { TabFilter } from './tab-filter'
import { TabFunnels } from './tab-funnels'
import { TabHistory } from './tab-history'
import { TabList } from './tab-list'
import { TabLog } from './tab-log'
import { TabMain } from './tab-main'
import { TabNames } from './tab-names'
import { TabTags } from './tab-tags'
import { TabTasks } from './tab-tasks'
import { TabTry, type TryKept } from './tab-try'
import type { CompanyLanguage } from './template'
import { usePortalChanges } from './use-changes'
import { useEditing } from './use-editing'
import { useLive } from './use-live'
import type { FaultView, IntegrationView } from './views'

interface Loaded {
  /** `null`: there is none, or not any more. */
  integration: IntegrationView | null
  company: Company
  faults: FaultView[]
}

/** One integration: its rules in tabs, a dry run of them, and the journal. */
export function EditorPage({ id, tab, language }: { id: string; tab: string; language: CompanyLanguage }) {
  const { data, setData, fault, again } = useLoaded(async (): Promise<Loaded> => {
    const [integration, portals, integrations, params, channels, kinds, crms, employees, faults] = await Promise.all([
      readIntegration(id).catch((error: unknown) => {
        if (error instanceof Refused && error.status === 404) return null
        throw error
      }),
      readPortals(),
      readIntegrations(),
      readParams(),
      ask(api.GET('/api/v1/channels')),
      readKinds(),
      readCrmKinds(),
      readEmployees(),
      // What stands in the way is told beside the settings, never instead of them.
      readFaults().catch((): FaultView[] => []),
    ])
    const company = {
      portals,
      integrations,
      params,
      chatsHook: crms.find((one) => one.kind === 'amo')?.chats_hook_url ?? '',
      kinds,
      channels: channels.items.map((one) => ({ channel_id: one.channel_id, name: one.name, sign: signOf(one) })),
      employees: employees.filter((one) => !one.disabled),
    }
    return { integration, company, faults }
  })
  usePortalChanges(again)
  if (fault && !data)
    return (
      <>
        <Back href="/cabinet/crm">{crmTexts().title}</Back>
        <Faulty fault={fault} again={again} />
      </>
    )
  if (!data) return null
  const { integration } = data
  if (!integration)
    return (
      <Empty icon={<Plug size={22} />} title={crmSettings().notThere} hint={crmSettings().notThereHint}>
        <Link href="/cabinet/crm" className={buttonClass('main')}>
          {crmTexts().title}
        </Link>
      </Empty>
    )
  const setPortal = (portal: Company['portals'][number]) =>
    setData({
      ...data,
      company: {
        ...data.company,
        portals: data.company.portals.map((one) => (one.portal_id === portal.portal_id ? portal : one)),
      },
    })
  return <Editor key={id} {...data} integration={integration} tab={tabNamed(tab)} language={language} setPortal={setPortal} />
}

function Editor({
  integration,
  company,
  faults,
  tab,
  language,
  setPortal,
}: Loaded & {
  integration: IntegrationView
  tab: Tab
  language: CompanyLanguage
  setPortal: (portal: Company['portals'][number]) => void
}) {
  const f = crmSettings()
  const here = `/cabinet/crm/${integration.integration_id}`
  const open = (next: Tab) => go(next === 'main' ? here : `${here}/${next}`)
  const editing = useEditing(integration, open)
  const portal = company.portals.find((one) => one.portal_id === integration.portal_id)
  const live = useLive(integration.portal_id, portal?.state === 'connected')
  const form = useRef<HTMLFormElement>(null)
  const [asking, setAsking] = useState(false)
  const tried = useRef<TryKept | null>(null)
  const removing = useRef(false)
  const remove = () => {
    if (removing.current) return
    removing.current = true
    deleteIntegration(editing.id)
      .then(() => {
        toast(f.removed)
        go('/cabinet/crm', 'replace')
      }, tellRefusal)
      .finally(() => (removing.current = false))
  }
  const save = () =>
    void editing.save().then(() =>
      // Once it is drawn: the first field with something wrong.
      setTimeout(() => form.current?.querySelector<HTMLElement>('[aria-invalid=true], [data-wrong]')?.focus()),
    )
  const own = faults.filter((one) => one.integration_id === editing.id)
  return (
    <EditorContext value={{ ...company, language, editing, live, portal, setPortal, open, tried }}>
      <Back href="/cabinet/crm">{crmTexts().title}</Back>
      <header className="mb-4 flex flex-wrap items-center gap-3">
        <div className="min-w-0 flex-1">
          <h1 className="truncate text-page font-semibold">{editing.stored.name}</h1>
          <p className="text-second text-ink3">
            {crmTexts().amo} · {portal ? portal.title : f.portalGone} ·{' '}
            {editing.stored.enabled ? crmTexts().on : crmTexts().off}
          </p>
        </div>
        <Button look="danger" onClick={() => setAsking(true)}>
          {f.remove}
        </Button>
      </header>
      <Standing portal={portal} off={!editing.draft.enabled} onSwitchOn={() => editing.set({ enabled: true })} />
      <div className="grid grid-cols-[200px_minmax(0,640px)] items-start gap-6 max-[1023px]:grid-cols-[minmax(0,1fr)] max-[1023px]:gap-3">
        <TabList
          current={tab}
          wrong={editing.wrong}
          warned={editing.warned}
          waiting={portal?.not_understood ?? 0}
          open={open}
        />
        <div role="tabpanel" id="crm-panel" aria-labelledby={`crm-tab-${tab}`} className="min-w-0">
          <EditorFaults faults={own} tab={tab} />
          {own.every((one) => !isHere(one, tab)) && <Remarks said={editing.remarks(tab)} />}
          {isSetting(tab) ? (
            <form
              ref={form}
              noValidate
              onSubmit={(event) => {
                event.preventDefault()
                // Forms of dialogs that a tab opens are within it for React alone; they save themselves.
                if (event.target === event.currentTarget) save()
              }}
              className="space-y-5 rounded-card border border-line bg-pane p-6 max-[759px]:p-4"
            >
              {/* Enter in a field saves; the bar's own button stands outside. */}
              <button type="submit" hidden tabIndex={-1} aria-hidden="true" />
              <h2 className="text-heading font-semibold">{f.tabs[tab]}</h2>
              <Panel tab={tab} />
            </form>
          ) : tab === 'try' ? (
            <TabTry />
          ) : (
            <TabLog />
          )}
          <SaveBar editing={editing} onSave={save} />
        </div>
      </div>
      {asking && (
        <Confirm
          title={f.removeAsk(editing.stored.name)}
          text={f.removeText}
          action={t.remove}
          onClose={() => setAsking(false)}
          onYes={remove}
        />
      )}
    </EditorContext>
  )
}

function Panel({ tab }: { tab: Tab }) {
  switch (tab) {
    case 'main':
      return <TabMain />
    case 'tasks':
      return <TabTasks />
    case 'filter':
      return <TabFilter />
    case 'tags':
      return <TabTags />
    case 'names':
      return <TabNames />
    case 'funnels':
      return <TabFunnels />
    case 'employees':
      return <TabEmployees />
    case 'fields':
      return <TabFields />
    case 'history':
      return <TabHistory />
    case 'chats':
      return <TabChats />
    case 'try':
    case 'log':
      return null
  }
}
