import { Ban, Plus } from 'lucide-react'
import { useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { Me } from '../../kit/api/types'
import { s } from '../../kit/i18n/cabinet-settings'
import { date, phone } from '../../kit/i18n/format'
import { Button } from '../../kit/ui/button'
import { Dialog } from '../../kit/ui/dialog'
import { TextField } from '../../kit/ui/field'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { Faulty, PageHead, useLoaded } from '../load'
import { Empty, More, SelectField, Table } from '../parts/bits'
import { nameOf, readEmployees } from '../parts/directory'
import { DialogForm, useForm } from '../parts/form'
import { usePages } from '../parts/pages'

export function BlacklistPage(_: { me: Me }) {
  const [adding, setAdding] = useState(false)
  const people = useLoaded(readEmployees)
  const { items, next, more, again, fault, busy } = usePages((cursor) =>
    ask(api.GET('/api/v1/blacklist', { params: { query: { limit: 50, ...(cursor ? { cursor } : {}) } } })),
  )
  if (fault && !items) return <Faulty fault={fault} again={again} />
  if (!items) return null
  const texts = s().blacklist
  const remove = (entry: string) =>
    void ask(api.DELETE('/api/v1/blacklist/{entry}', { params: { path: { entry } } })).then(() => {
      toast(texts.removed(entry))
      again()
    }, tellRefusal)
  return (
    <>
      <PageHead title={texts.title} hint={texts.hint}>
        <Button look="main" onClick={() => setAdding(true)}>
          <Plus size={16} aria-hidden="true" />
          {texts.add}
        </Button>
      </PageHead>
      {items.length === 0 ? (
        <Empty icon={<Ban size={22} />} title={texts.none} hint={texts.noneHint} />
      ) : (
        <>
          <Table label={texts.title} heads={[texts.entry, texts.note, texts.by, texts.at, '']}>
            {items.map((one) => (
              <tr key={one.entry}>
                <td className="num font-medium">{phone(one.entry)}</td>
                <td className="max-w-80 text-ink2">{one.note || '—'}</td>
                <td className="text-second text-ink2">{nameOf(people.data ?? [], one.employee_id)}</td>
                <td className="num text-second whitespace-nowrap text-ink3">{date(one.created_at)}</td>
                <td className="text-right">
                  <Button aria-label={`${texts.remove}: ${one.entry}`} onClick={() => remove(one.entry)}>
                    {texts.remove}
                  </Button>
                </td>
              </tr>
            ))}
          </Table>
          <More next={next} busy={busy} more={more} />
        </>
      )}
      {adding && (
        <AddDialog
          onClose={() => setAdding(false)}
          onSaved={() => {
            setAdding(false)
            again()
          }}
        />
      )}
    </>
  )
}

type Kind = 'phone' | 'email' | 'external_id'

function AddDialog({ onClose, onSaved }: { onClose: () => void; onSaved: () => void }) {
  const texts = s().blacklist
  const form = useForm({
    first: { kind: 'phone' as Kind, value: '', note: '' },
    save: async (value) => {
      await ask(api.POST('/api/v1/blacklist', { body: value }))
      onSaved()
      return value
    },
  })
  const { value, set, told } = form
  return (
    <Dialog title={texts.add} onClose={onClose}>
      <DialogForm form={form} onClose={onClose} action={texts.add}>
        <SelectField<Kind>
          label={texts.kind}
          value={value.kind}
          error={told('kind')}
          options={[
            ['phone', texts.kinds.phone],
            ['email', texts.kinds.email],
            ['external_id', texts.kinds.external_id],
          ]}
          onChange={(kind) => set({ kind })}
        />
        <TextField
          label={texts.kinds[value.kind]}
          help={texts.helps[value.kind]}
          required
          autoFocus
          value={value.value}
          error={told('value')}
          onChange={(event) => set({ value: event.target.value })}
        />
        <TextField
          label={texts.note}
          help={texts.noteHelp}
          value={value.note}
          error={told('note')}
          onChange={(event) => set({ note: event.target.value })}
        />
      </DialogForm>
    </Dialog>
  )
}

