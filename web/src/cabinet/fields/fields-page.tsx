import { ArrowDown, ArrowUp, ListChecks, Pencil, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { Me } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { Button, IconButton } from '../../kit/ui/button'
import { Dialog } from '../../kit/ui/dialog'
import { Field, inputClass, TextField } from '../../kit/ui/field'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { useDirectory } from '../parts/directory'
import { Faulty, PageHead, useLoaded } from '../load'
import { card, Confirm, Empty, SelectField } from '../parts/bits'
import { DialogForm, useForm } from '../parts/form'
import { addField, type ContactField, deleteField, type FieldOfContact, keyOf, moved, readFields, saveField } from './contact-fields'

const KINDS: readonly FieldOfContact[] = ['text', 'number', 'date', 'link', 'choice']

/** What the company keeps about its customers besides names and telephones. */
export function FieldsPage(_: { me: Me }) {
  const [editing, setEditing] = useState<ContactField | 'new' | null>(null)
  const [removing, setRemoving] = useState<ContactField | null>(null)
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
      again()
      tellRefusal(error)
    })
  }
  const remove = (field: ContactField) =>
    void deleteField(field.key).then(() => {
      setRemoving(null)
      toast(texts.deleted(field.name))
      again()
    }, tellRefusal)
  return (
    <>
      <PageHead title={texts.title} hint={texts.hint}>
        <Button look="main" onClick={() => setEditing('new')}>
          <Plus size={16} aria-hidden="true" />
          {texts.add}
        </Button>
      </PageHead>
      {data.length === 0 ? (
        <Empty icon={<ListChecks size={22} />} title={texts.none} hint={texts.noneHint} />
      ) : (
        <ol className={`${card} max-w-[640px] overflow-hidden`}>
          {data.map((field, index) => (
            <li key={field.key} className="flex items-center gap-2 border-b border-line px-4 py-2.5 last:border-0">
              <div className="min-w-0 flex-1">
                <div className="truncate font-medium">{field.name}</div>
                <div className="truncate text-second text-ink3">
                  {texts.kinds[field.kind]}
                  {field.choices.length > 0 && `: ${field.choices.join(', ')}`}
                </div>
              </div>
              <IconButton label={texts.up(field.name)} disabled={index === 0} onClick={() => move(field.key, -1)}>
                <ArrowUp size={16} />
              </IconButton>
              <IconButton label={texts.down(field.name)} disabled={index === data.length - 1} onClick={() => move(field.key, 1)}>
                <ArrowDown size={16} />
              </IconButton>
              <IconButton label={texts.change(field.name)} onClick={() => setEditing(field)}>
                <Pencil size={16} />
              </IconButton>
              <IconButton label={texts.remove(field.name)} onClick={() => setRemoving(field)}>
                <Trash2 size={16} />
              </IconButton>
            </li>
          ))}
        </ol>
      )}
      {editing && (
        <FieldDialog
          field={editing === 'new' ? null : editing}
          all={data}
          onClose={() => setEditing(null)}
          onSaved={() => {
            setEditing(null)
            again()
          }}
        />
      )}
      {removing && (
        <Confirm
          title={texts.removeAsk(removing.name)}
          text={texts.removeText}
          action={t.remove}
          onClose={() => setRemoving(null)}
          onYes={() => remove(removing)}
        />
      )}
    </>
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
