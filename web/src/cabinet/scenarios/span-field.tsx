import { scenarioTexts } from '../../kit/i18n/flow/scenario'
import { SECONDS } from '../parts/span'
import { SpanField as Span } from '../parts/span-field'

/** A time in seconds, written in a unit that fits. An empty field is no number: it is told on saving. */
export function SpanField({
  seconds,
  ...field
}: {
  label: string
  error?: string | undefined
  seconds: number
  onChange: (seconds: number) => void
}) {
  const f = scenarioTexts()
  return <Span {...field} span={seconds} sizes={SECONDS} names={f.unit} unitLabel={f.unitLabel} />
}
