import { type ReactNode, useEffect, useState } from 'react'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { Button } from '../../kit/ui/button'
import { TextField } from '../../kit/ui/field'
import { SelectField } from '../parts/bits'
import { type JournalQuery, RUN_STATES } from './journal-query'
import type { PortalView, RunState } from './views'

/** By result, by the public number of an enquiry, by portal where there are several. */
export function JournalFilters({
  query,
  portals,
  unknown,
  onChange,
  children,
}: {
  query: JournalQuery
  portals: readonly PortalView[]
  /** Nothing was found by the number. */
  unknown: boolean
  onChange: (patch: Partial<JournalQuery>) => void
  children: ReactNode
}) {
  const f = crmTexts().log
  return (
    <div className="mb-3 flex flex-wrap items-end gap-3">
      <div className="w-44">
        <SelectField<RunState | ''>
          label={f.state}
          value={query.state}
          options={[['', f.anyState], ...RUN_STATES.map((one) => [one, f.states[one]] as const)]}
          onChange={(state) => onChange({ state })}
        />
      </div>
      <NumberFilter number={query.number} unknown={unknown} onNumber={(number) => onChange({ number })} />
      {portals.length > 1 && (
        <div className="w-56">
          <SelectField
            label={crmTexts().portal}
            value={query.portal}
            options={[['', f.anyPortal], ...portals.map((one) => [one.portal_id, one.title] as const)]}
            onChange={(portal) => onChange({ portal })}
          />
        </div>
      )}
      {children}
    </div>
  )
}

function NumberFilter({
  number,
  unknown,
  onNumber,
}: {
  number: string
  unknown: boolean
  onNumber: (number: string) => void
}) {
  const f = crmTexts().log
  const [typed, setTyped] = useState(number)
  useEffect(() => setTyped(number), [number])
  const fault = unknown && typed === number ? f.noNumber(number) : undefined
  return (
    <form
      className="flex items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        onNumber(typed.replaceAll(/\D/g, ''))
      }}
    >
      <div className="w-36">
        <TextField
          label={f.number}
          inputMode="numeric"
          value={typed}
          error={fault}
          onChange={(event) => {
            setTyped(event.target.value)
            if (event.target.value === '') onNumber('')
          }}
        />
      </div>
      <Button type="submit" className={`h-10 ${fault ? 'mb-5' : ''}`}>
        {f.numberGo}
      </Button>
    </form>
  )
}
