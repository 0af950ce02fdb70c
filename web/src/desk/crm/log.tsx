import { ScrollText } from 'lucide-react'
import { useEffect, useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { components } from '../../kit/api/schema'
import { t, words } from '../../kit/i18n'
import { deskCrm } from '../../kit/i18n/desk-crm'
import { moment } from '../../kit/i18n/format'
import { Link } from '../../kit/link'
import { has } from '../../kit/session'
import { Button } from '../../kit/ui/button'
import { Dialog } from '../../kit/ui/dialog'
import { tellRefusal, whyRefused } from '../../kit/ui/toast'
import { useDesk, useDeskState } from '../context'

type RunView = components['schemas']['RunView']

/** On a page. */
const SHOWN = 50

/** What was decided about the conversation and why (CRM-6), for whoever sees it. */
export function Log({ id }: { id: string }) {
  const texts = deskCrm().log
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button look="quiet" className="-ml-2 self-start px-2" onClick={() => setOpen(true)}>
        <ScrollText size={15} aria-hidden="true" />
        {texts.open}
      </Button>
      {open && (
        <Dialog title={texts.title} onClose={() => setOpen(false)} wide>
          <Runs id={id} />
        </Dialog>
      )}
    </>
  )
}

function Runs({ id }: { id: string }) {
  const texts = deskCrm().log
  const { me } = useDesk()
  const changes = useDeskState((state) => state.crm)
  const [runs, setRuns] = useState<RunView[] | null>(null)
  const [next, setNext] = useState<string | null>(null)
  const [fault, setFault] = useState('')
  const [round, setRound] = useState(0)
  const read = (cursor?: string) =>
    ask(
      api.GET('/api/v1/conversations/{conversation_id}/crm/runs', {
        params: { path: { conversation_id: id }, query: { limit: SHOWN, ...(cursor ? { cursor } : {}) } },
      }),
    )
  useEffect(() => {
    // A longer list does not jump back to its beginning by itself.
    if ((runs?.length ?? 0) > SHOWN) return
    let gone = false
    read().then(
      (page) => {
        if (gone) return
        setRuns(page.items)
        setNext(page.next ?? null)
        setFault('')
      },
      (error: unknown) => !gone && setFault(whyRefused(error)),
    )
    return () => {
      gone = true
    }
  }, [id, round, changes])
  const more = () => {
    if (!next) return
    setNext(null)
    read(next).then(
      (page) => {
        setRuns((now) => [...(now ?? []), ...page.items])
        setNext(page.next ?? null)
      },
      (error: unknown) => {
        setNext(next)
        tellRefusal(error)
      },
    )
  }
  if (fault && !runs)
    return (
      <div role="alert" className="text-center">
        <p className="mb-3 text-ink2">{fault}</p>
        <Button look="soft" onClick={() => setRound(round + 1)}>
          {t.tryAgain}
        </Button>
      </div>
    )
  if (!runs) return <p className="text-ink3">{texts.reading}</p>
  if (runs.length === 0) return <p className="text-ink2">{texts.empty}</p>
  return (
    <>
      <ol data-crm-log className="divide-y divide-line">
        {runs.map((run) => (
          <li key={run.run_id} className="py-3 first:pt-0 last:pb-0">
            <p className="num text-caption text-ink3">
              {moment(run.created_at)} ·{' '}
              <span className={run.state === 'failed' ? 'font-medium text-red' : ''}>{texts.states[run.state] ?? run.state}</span>
              {words(run.cause) && words(run.cause) !== words(run.words) && ` · ${words(run.cause)}`}
            </p>
            <p className="break-words">{words(run.words)}</p>
            {run.left_out.map((one, at) =>
              words(run.words).includes(words(one.words)) ? null : (
                <p key={at} className="text-second text-ink2">
                  {words(one.words)}
                </p>
              ),
            )}
            {has(me, 'manage_account') && (
              <Link href={`/cabinet/crm/log/${run.run_id}`} className="rounded-control text-second text-accent-text underline">
                {texts.whole}
              </Link>
            )}
          </li>
        ))}
      </ol>
      {next && (
        <div className="mt-3 flex justify-center">
          <Button onClick={more}>{texts.more}</Button>
        </div>
      )}
    </>
  )
}
