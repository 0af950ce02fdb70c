import { ArrowDown, ArrowUp, ListChecks } from 'lucide-react'
import type { Me } from '../../kit/api/types'
import { s } from '../../kit/i18n/cabinet-settings'
import { IconButton } from '../../kit/ui/button'
import { Dialog } from '../../kit/ui/dialog'
import { Field, inputClass, TextField } from '../../kit/ui/field'
import { tellRefusal } from '../../kit/ui/toast'
import { useDirectory } from '../parts/directory'
import { Faulty, useLoaded } from '../load'
import { SelectField } from '../parts/bits'
import { EditableList } from '../parts/editable-list'
import { DialogForm, useForm } from '../parts/form'
import { addField, type ContactField, deleteField, type FieldOfContact, keyOf, moved, readFields, saveField } from './contact-fields'

const KINDS: readonly FieldOfContact[] = ['text', 'number', 'date', 'link', 'choice']

/** What the company keeps about its customers besides names and telephones. */
export function FieldsPage(_: { me: Me }) {
  const { data, setData, fault, again } = useLoaded(readFields)
  useDirectory('contact_fields', again)
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return null
  const texts = s().fields
  const move = (key: string, by: -1 | 1) => {
    const changed = moved(data, key, by)
    const next = data.map((one) => changed.find((other) => other.key === one.key) ?? one)
    setData([...next].sort((a, b) => a.position - b.position))
    void Promise.all(changed.map(saveField)).then(again, (error: unknown) => {
      void again()
      tellRefusal(error)
    })
  }
  return (
    <EditableList
      items={data}
      keyOf={(field) => field.key}
      texts={texts}
      icon={<ListChecks size={22} />}
      head={texts}
      list="ol"
      look="gap-2 py-2.5"
      row={(field, place) => (
        <>
          <div className="min-w-0 flex-1">
            <div className="truncate font-medium">{field.name}</div>
            <div className="truncate text-second text-ink3">
              {texts.kinds[field.kind]}
              {field.choices.length > 0 && `: ${field.choices.join(', ')}`}
            </div>
          </div>
          <IconButton label={texts.up(field.name)} disabled={place === 0} onClick={() => move(field.key, -1)}>
            <ArrowUp size={16} />
          </IconButton>
          <IconButton label={texts.down(field.name)} disabled={place === data.length - 1} onClick={() => move(field.key, 1)}>
            <ArrowDown size={16} />
          </IconButton>
        </>
      )}
      dialog={(field, onClose, onSaved) => <FieldDialog field={field} all={data} onClose={onClose} onSaved={onSaved} />}
      remove={(field) => deleteField(field.key)}
      again={again}
    />
  )
}

function FieldDialog({
  field,
  all,
  onClose,
  onSaved,
}: {
  field: ContactField | null
  all: readonly ContactField[]
  onClose: () => void
  onSaved: () => void
}) {
  const texts = s().fields
  const form = useForm({
    first: {
      name: field?.name ?? '',
      kind: field?.kind ?? ('text' as FieldOfContact),
      choices: (field?.choices ?? []).join('\n'),
    },
    save: async (value) => {
      const lines = value.choices.split('\n').map((line) => line.trim())
      const body = {
        name: value.name,
        kind: value.kind,
        choices: value.kind === 'choice' ? lines.filter(Boolean) : [],
        position: field?.position ?? all.length,
      }
      if (field) await saveField({ key: field.key, ...body })
      else await addField({ key: keyOf(value.name, all.map((one) => one.key)), ...body })
      onSaved()
      return value
    },
    also: ['key'],
    fieldOf: { contact_field_taken: 'name' },
  })
  const { value, set, told } = form
  return (
    <Dialog title={field ? field.name : texts.add} onClose={onClose}>
      <DialogForm form={form} onClose={onClose}>
        <TextField
          label={texts.name}
          required
          autoFocus
          value={value.name}
          error={told('name') ?? told('key')}
          onChange={(event) => set({ name: event.target.value })}
        />
        <SelectField
          label={texts.kind}
          help={texts.kindHelps[value.kind]}
          error={told('kind')}
          value={value.kind}
          options={KINDS.map((kind) => [kind, texts.kinds[kind]] as const)}
          onChange={(kind) => set({ kind })}
        />
        {value.kind === 'choice' && (
          <Field label={texts.choices} help={texts.choicesHelp} error={told('choices')} required>
            {(ids) => (
              <textarea
                {...ids}
                rows={5}
                value={value.choices}
                onChange={(event) => set({ choices: event.target.value })}
                className={`${inputClass} py-2`}
              />
            )}
          </Field>
        )}
      </DialogForm>
    </Dialog>
  )
}
