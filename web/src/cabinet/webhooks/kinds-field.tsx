import { useState } from 'react'
import { s } from '../../kit/i18n/cabinet-settings'
import { Checks, SelectField } from '../parts/bits'
import { EVENT_KINDS, eventName } from './event-kinds'

/** All events, or some of them. */
export function KindsField({
  chosen,
  error,
  onChange,
}: {
  chosen: readonly string[]
  error?: string | undefined
  onChange: (kinds: string[]) => void
}) {
  const texts = s().webhooks
  const [some, setSome] = useState(chosen.length > 0)
  const newer = chosen.filter((kind) => !(EVENT_KINDS as readonly string[]).includes(kind))
  const shown = some || chosen.length > 0
  return (
    <>
      <SelectField<'all' | 'some'>
        label={texts.which}
        value={shown ? 'some' : 'all'}
        error={shown ? undefined : error}
        options={[
          ['all', texts.allKinds],
          ['some', texts.someKinds],
        ]}
        onChange={(which) => {
          setSome(which === 'some')
          onChange(which === 'some' ? ['message.created'] : [])
        }}
      />
      {shown && (
        <Checks
          label={texts.events}
          help={texts.eventsHelp}
          error={error}
          chosen={chosen}
          options={[...EVENT_KINDS, ...newer].map((kind) => ({ value: kind, label: eventName(kind), help: kind }))}
          onChange={onChange}
        />
      )}
    </>
  )
}
