import { TextField } from '../../kit/ui/field'
import { CopyButton } from '../parts/bits'

/** An address of ours that is put into the CRM. */
export function Address({ label, value }: { label: string; value: string }) {
  return (
    <div className="flex items-end gap-2">
      <div className="min-w-0 flex-1">
        <TextField label={label} readOnly value={value} onFocus={(event) => event.target.select()} />
      </div>
      <CopyButton text={value} />
    </div>
  )
}
