import { Plus, X } from 'lucide-react'
import { hoursTexts } from '../../kit/i18n/flow/hours'
import { IconButton } from '../../kit/ui/button'
import { inputClass } from '../../kit/ui/field'
import { nextRange, type Range, spans, tidied } from './hours'

const MOST = 10

/** The ranges of one day: times as fields, and the day as a picture below them. */
export function Ranges({
  day,
  ranges,
  error,
  wrong,
  onChange,
}: {
  day: string
  ranges: Range[]
  /** What is wrong with the day. */
  error: string | undefined
  /** Whether the range of this number is what is wrong. */
  wrong: (n: number) => boolean
  onChange: (ranges: Range[]) => void
}) {
  const f = hoursTexts()
  const time = (n: number, end: 'from' | 'to') => (
    <span className="w-16">
      <input
        aria-label={f[end](day, n + 1)}
        aria-invalid={wrong(n) || undefined}
        value={ranges[n]?.[end] ?? ''}
        inputMode="numeric"
        autoComplete="off"
        maxLength={5}
        onChange={(event) => onChange(ranges.map((one, i) => (i === n ? { ...one, [end]: event.target.value } : one)))}
        onBlur={(event) => {
          const next = tidied(event.target.value)
          if (next !== event.target.value) onChange(ranges.map((one, i) => (i === n ? { ...one, [end]: next } : one)))
        }}
        className={`${inputClass} num h-9 px-2 text-center`}
      />
    </span>
  )
  return (
    <div className="min-w-0 flex-1">
      <div className="flex min-h-9 flex-wrap items-center gap-x-3 gap-y-1.5">
        {ranges.length === 0 && <span className="text-ink3">{f.closedDay}</span>}
        {ranges.map((_, n) => (
          <span key={n} className="inline-flex items-center gap-1">
            {time(n, 'from')}
            <span aria-hidden="true" className="text-ink3">
              –
            </span>
            {time(n, 'to')}
            <IconButton
              label={f.removeFrom(day, n + 1)}
              onClick={() => onChange(ranges.toSpliced(n, 1))}
              className="size-7"
            >
              <X size={15} />
            </IconButton>
          </span>
        ))}
        {ranges.length < MOST && (
          <IconButton label={f.addTo(day)} onClick={() => onChange([...ranges, nextRange(ranges)])} className="size-8">
            <Plus size={16} />
          </IconButton>
        )}
      </div>
      <svg viewBox="0 0 96 2" preserveAspectRatio="none" aria-hidden="true" className="mt-1.5 h-1.5 w-full rounded-full bg-hover">
        {spans(ranges).map(([from, width], n) => (
          <rect key={n} x={from * 96} width={width * 96} y={0} height={2} className="fill-accent" />
        ))}
      </svg>
      {error && <p className="mt-1 text-caption text-red">{error}</p>}
    </div>
  )
}
