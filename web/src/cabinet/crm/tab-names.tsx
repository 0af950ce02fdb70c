import { useEffect, useRef, useState } from 'react'
import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { Button } from '../../kit/ui/button'
import { Chip } from '../parts/bits'
import { previewNames } from './api'
import { Note, TextButton } from './choice'
import { useEditor, useParams } from './context'
import { isUnsorted, type Names } from './settings'
import { DEFAULT_NAMES, sample } from './template'
import { TemplateField } from './template-field'
import type { Preview } from './views'

const OF = ['contact', 'deal', 'task'] as const
const OFTEN = ['enquiry.number', 'contact.name', 'contact.phone', 'channel.name', 'visit.site', 'visit.campaign']

/** AMO-9: a text and parameters, and what comes of them. */
export function TabNames() {
  const f = crmSettings().names
  const { editing, open, language } = useEditor()
  const defaults = DEFAULT_NAMES[language]
  const { draft, change, told, id } = editing
  const params = useParams()
  const { names } = draft.settings
  const unsorted = isUnsorted(draft.settings)
  const preview = usePreview(id, names)
  return (
    <>
      {unsorted && (
        <Note>
          {f.unsorted} <TextButton onClick={() => open('main')}>{f.toMain}</TextButton>
        </Note>
      )}
      {OF.map((of) => {
        const template = names[of] ?? defaults[of]
        const answered = preview?.[of]
        // amoCRM names its own records; tasks are ours.
        const off = unsorted && of !== 'task'
        return (
          <div key={of} className="space-y-2 border-t border-line pt-5 first:border-0 first:pt-0">
            <TemplateField
              label={f[of]}
              value={template}
              params={params}
              often={OFTEN}
              disabled={off}
              error={told(`/names/${of}`)}
              onChange={(next) => change({ names: { ...names, [of]: next === defaults[of] ? null : next } })}
            />
            <div hidden={off} className="flex flex-wrap items-center gap-2">
              <p className="min-w-0 flex-1 text-second text-ink2" aria-live="polite">
                {answered ? f.preview : f.previewLocal}:{' '}
                <span className="font-medium text-ink" data-preview={of}>
                  {answered ?? (sample(template, params) || sample(defaults[of], params))}
                </span>
              </p>
              {names[of] === null ? (
                <Chip>{f.isDefault}</Chip>
              ) : (
                <Button disabled={off} aria-label={`${f.back}: ${f[of]}`} onClick={() => change({ names: { ...names, [of]: null } })}>
                  {f.back}
                </Button>
              )}
            </div>
          </div>
        )
      })}
      <p className="text-caption text-ink3">{f.emptyNote}</p>
    </>
  )
}

/** What the server makes of the templates, a moment after the last key; `null` while it has not answered. */
function usePreview(id: string, names: Names): Preview | null {
  const [preview, setPreview] = useState<Preview | null>(null)
  const round = useRef(0)
  // A template that is not set is the server's own.
  const asked = JSON.stringify({ contact: names.contact, deal: names.deal, task: names.task, lead: null })
  useEffect(() => {
    const mine = ++round.current
    // An old answer does not belong to the new text.
    setPreview(null)
    const timer = setTimeout(() => {
      previewNames(id, JSON.parse(asked) as Names).then(
        (told) => mine === round.current && setPreview(told),
        () => {},
      )
    }, 400)
    return () => clearTimeout(timer)
  }, [id, asked])
  return preview
}
