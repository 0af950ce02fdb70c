import { ChevronDown } from 'lucide-react'
import { useState } from 'react'
import type { ChannelKind, FormField, Words } from '../kit/api/types'
import { fieldErrors } from '../kit/api/client'
import { t, words } from '../kit/i18n'
import { type Answers, shownFields } from './channel/answers'
import { Lacking, readOffers } from './channel/choices'
import { OneField } from './channel/one-field'

/** The settings of any kind of channel: the server describes them, this draws them. */
export function SettingsForm({
  kind,
  answers,
  errors,
  secrets,
  channel,
  onChange,
}: {
  kind: ChannelKind
  answers: Answers
  errors: Map<string, Words>
  secrets: readonly string[]
  /** The channel that has these settings, once there is one. */
  channel?: string
  onChange: (answers: Answers, key: string) => void
}) {
  const fields = shownFields(kind.form.fields, answers)
  // A field that must be filled is not for those who look further.
  const hidden = (field: FormField) => field.advanced && !field.required
  // What the service wants to know before it offers anything.
  const [lacking, setLacking] = useState<ReadonlyMap<string, Words>>(new Map())
  const wrong = ({ key }: FormField) => errors.get(key) ?? errors.get(`settings.${key}`) ?? lacking.get(`settings.${key}`)
  const offers = async (field: FormField) => {
    setLacking(new Map())
    try {
      return await readOffers(kind, answers, field.key, channel)
    } catch (why) {
      const fields = fieldErrors(why)
      setLacking(fields)
      // Told where it is wrong; beside the list it is said only that it could not be asked for.
      throw fields.size > 0 && !fields.has(`settings.${field.key}`) ? new Lacking() : why
    }
  }
  const [more, setMore] = useState(false)
  const shown = more || fields.some((field) => hidden(field) && wrong(field))
  const draw = (field: FormField) => {
    const error = wrong(field)
    return (
      <OneField
        key={field.key}
        field={field}
        value={answers[field.key]}
        error={error && words(error)}
        kept={secrets.includes(field.key)}
        offers={() => offers(field)}
        onChange={(value) => {
          if (lacking.size > 0) setLacking(new Map())
          onChange({ ...answers, [field.key]: value }, field.key)
        }}
      />
    )
  }
  return (
    <div className="space-y-4">
      {fields.filter((field) => !hidden(field)).map(draw)}
      {fields.some(hidden) && (
        <button
          type="button"
          aria-expanded={shown}
          onClick={() => setMore(!more)}
          className="inline-flex items-center gap-1.5 rounded-control py-1 text-second font-medium text-accent-text hover:underline"
        >
          <ChevronDown size={16} aria-hidden="true" className={shown ? 'rotate-180' : ''} />
          {shown ? t.cabinet.lessSettings : t.cabinet.moreSettings}
        </button>
      )}
      {shown && fields.filter(hidden).map(draw)}
    </div>
  )
}
