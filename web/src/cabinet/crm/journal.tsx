import { RotateCcw, ScrollText } from 'lucide-react'
import { useState } from 'react'
import { words } from '../../kit/i18n'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { moment } from '../../kit/i18n/format'
import { Button } from '../../kit/ui/button'
import { TextField } from '../../kit/ui/field'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { Faulty } from '../load'
import { card, Chip, Confirm, Empty, More, SelectField } from '../parts/bits'
import { usePages } from '../parts/pages'
import { conversationNumbered, readLog, replayFailed } from './api'
import type { PortalView, RunState, RunView } from './views'

export const runTones = {
  planned: 'plain',
  working: 'plain',
  done: 'good',
  nothing: 'plain',
  failed: 'bad',
  waiting: 'warn',
  replanned: 'plain',
} as const
const STATES = ['done', 'nothing', 'failed', 'waiting', 'working', 'planned', 'replanned'] as const

/** The list of decisions, newest first; of one integration, or of all. */
export function Journal({
  integration,
  portals,
  onOpen,
}: {
  integration?: string
  portals: readonly PortalView[]
  onOpen: (run: RunView) => void
}) {
  const f = crmTexts().log
  const [state, setState] = useState<RunState | ''>('')
  const [portal, setPortal] = useState('')
  const [chat, setChat] = useState<{ conversation_id: string; number: number } | null>(null)
  const [asking, setAsking] = useState(false)
  const query = {
    ...(integration ? { integration_id: integration } : {}),
    ...(portal ? { portal_id: portal } : {}),
    ...(chat ? { conversation_id: chat.conversation_id } : {}),
    state,
  }
  const { items, next, more, again, fault, busy } = usePages((cursor) => readLog(query, cursor), JSON.stringify(query))
  const of = portals.find((one) => one.portal_id === portal) ?? (portals.length === 1 ? portals[0] : undefined)
  const filtered = state !== '' || portal !== '' || chat !== null
  const replay = (portal_id: string) =>
    void replayFailed(portal_id).then(({ count }) => {
      toast(f.replayAllDone(count))
      setAsking(false)
      again()
    }, tellRefusal)
  if (fault && !items) return <Faulty fault={fault} again={again} />
  return (
    <>
      <div className="mb-3 flex flex-wrap items-end gap-3">
        <div className="w-44">
          <SelectField<RunState | ''>
            label={f.state}
            value={state}
            options={[['', f.anyState], ...STATES.map((one) => [one, f.states[one]] as const)]}
            onChange={setState}
          />
        </div>
        <NumberFilter chosen={chat} onChosen={setChat} />
        {!integration && portals.length > 1 && (
          <div className="w-56">
            <SelectField
              label={crmTexts().portal}
              value={portal}
              options={[['', f.anyPortal], ...portals.map((one) => [one.portal_id, one.title] as const)]}
              onChange={setPortal}
            />
          </div>
        )}
        {of && (
          <Button className="ml-auto h-10" onClick={() => setAsking(true)}>
            <RotateCcw size={15} aria-hidden="true" />
            {f.replayAll}
          </Button>
        )}
      </div>
      {items?.length === 0 && (
        <Empty icon={<ScrollText size={22} />} title={f.empty} hint={filtered ? f.emptyFound : f.emptyHint} />
      )}
      {items && items.length > 0 && (
        <ul className={`${card} overflow-hidden`} data-journal>
          {items.map((run) => (
            <li key={run.run_id} className="border-b border-line last:border-0">
              <button
                type="button"
                onClick={() => onOpen(run)}
                className="flex w-full flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3 text-left -outline-offset-2 hover:bg-hover"
              >
                <span className="num w-32 shrink-0 text-second text-ink3">{moment(run.created_at)}</span>
                <span className="w-34 shrink-0">
                  <Chip tone={runTones[run.state] ?? 'plain'}>{f.states[run.state] ?? run.state}</Chip>
                </span>
                <span className="min-w-52 flex-1">
                  <span className="block break-words">{words(run.words)}</span>
                  <span className="num block truncate text-caption text-ink3">
                    {[f.enquiry(run.number), run.contact_name, words(run.cause)].filter(Boolean).join(' · ')}
                  </span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <More next={next} busy={busy} more={more} />
      {asking && of && (
        <Confirm
          title={f.replayAllAsk(of.title)}
          text={f.replayAllText}
          action={f.replayAll}
          onClose={() => setAsking(false)}
          onYes={() => replay(of.portal_id)}
        />
      )}
    </>
  )
}

/** An enquiry by its public number. */
function NumberFilter({
  chosen,
  onChosen,
}: {
  chosen: { conversation_id: string; number: number } | null
  onChosen: (chat: { conversation_id: string; number: number } | null) => void
}) {
  const f = crmTexts().log
  const [typed, setTyped] = useState(chosen ? String(chosen.number) : '')
  const [fault, setFault] = useState('')
  async function find() {
    setFault('')
    if (!typed.trim()) return onChosen(null)
    try {
      const found = await conversationNumbered(typed)
      if (found) onChosen({ conversation_id: found.conversation_id, number: found.number })
      else setFault(f.noNumber(typed.trim()))
    } catch (error) {
      tellRefusal(error)
    }
  }
  return (
    <form
      className="flex items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        void find()
      }}
    >
      <div className="w-36">
        <TextField
          label={f.number}
          inputMode="numeric"
          value={typed}
          error={fault || undefined}
          onChange={(event) => {
            setTyped(event.target.value)
            if (event.target.value === '') onChosen(null)
          }}
        />
      </div>
      <Button type="submit" className={`h-10 ${fault ? 'mb-5' : ''}`}>
        {f.numberGo}
      </Button>
    </form>
  )
}
