import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { Me, Right } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { date, moment } from '../../kit/i18n/format'
import { has } from '../../kit/session'
import { Button } from '../../kit/ui/button'
import { Dialog } from '../../kit/ui/dialog'
import { TextField } from '../../kit/ui/field'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { Faulty, PageHead, useLoaded } from '../load'
import { Checks, Chip, Confirm, Empty, More, SelectField, ShownOnce, Table, Toggle } from '../parts/bits'
import { nameOf, readEmployees } from '../parts/directory'
import { DialogForm, useForm } from '../parts/form'
import { usePages } from '../parts/pages'

/** Tokens for programs that act for one employee. */
export function TokensPage({ me }: { me: Me }) {
  const [all, setAll] = useState(false)
  const [making, setMaking] = useState(false)
  const [shown, setShown] = useState('')
  const [revoking, setRevoking] = useState<{ id: string; name: string } | null>(null)
  const people = useLoaded(readEmployees)
  const { items, next, more, again, fault, busy } = usePages(
    (cursor) => ask(api.GET('/api/v1/tokens', { params: { query: { limit: 50, all, ...(cursor ? { cursor } : {}) } } })),
    String(all),
  )
  if (fault && !items) return <Faulty fault={fault} again={again} />
  if (!items) return null
  const texts = s().tokens
  const revoke = (id: string) =>
    void ask(api.DELETE('/api/v1/tokens/{api_token_id}', { params: { path: { api_token_id: id } } })).then(() => {
      setRevoking(null)
      toast(texts.revoked)
      again()
    }, tellRefusal)
  const add = (
    <Button look="main" onClick={() => setMaking(true)}>
      <Plus size={16} aria-hidden="true" />
      {texts.add}
    </Button>
  )
  return (
    <>
      <PageHead title={texts.title} hint={texts.hint}>
        {items.length > 0 && add}
      </PageHead>
      {has(me, 'manage_account') && (
        <div className="mb-4">
          <Toggle label={texts.all} on={all} onChange={setAll} />
        </div>
      )}
      {items.length === 0 ? (
        <Empty icon={<KeyRound size={22} />} title={texts.none} hint={texts.noneHint}>
          {add}
        </Empty>
      ) : (
        <>
          <Table label={texts.title} heads={[texts.name, texts.scopes, texts.used, texts.until, '']}>
            {items.map((one) => (
              <tr key={one.api_token_id}>
                <td className="min-w-44">
                  <div className="font-medium">{one.name}</div>
                  <div className="font-mono text-caption text-ink3">{one.prefix}…</div>
                  {all && <div className="text-caption text-ink2">{nameOf(people.data ?? [], one.employee_id)}</div>}
                </td>
                <td className="max-w-80 text-second text-ink2">{one.scopes.map((scope) => s().rights[scope]).join(', ')}</td>
                <td className="num text-second whitespace-nowrap text-ink2">
                  {one.last_used_at ? moment(one.last_used_at) : texts.never}
                </td>
                <td className="num text-second whitespace-nowrap text-ink2">
                  {!one.expires_at ? (
                    texts.endless
                  ) : Date.parse(one.expires_at) < Date.now() ? (
                    <Chip tone="warn">{s().people.expired}</Chip>
                  ) : (
                    date(one.expires_at)
                  )}
                </td>
                <td className="text-right">
                  <Button
                    look="danger"
                    aria-label={`${t.cabinet.revoke}: ${one.name}`}
                    onClick={() => setRevoking({ id: one.api_token_id, name: one.name })}
                  >
                    {t.cabinet.revoke}
                  </Button>
                </td>
              </tr>
            ))}
          </Table>
          <More next={next} busy={busy} more={more} />
        </>
      )}
      {making && (
        <MakeDialog
          me={me}
          onClose={() => setMaking(false)}
          onMade={(token) => {
            setMaking(false)
            setShown(token)
            again()
          }}
        />
      )}
      {shown && (
        <ShownOnce title={texts.made} text={texts.madeText} label={texts.token} value={shown} onClose={() => setShown('')} />
      )}
      {revoking && (
        <Confirm
          title={texts.revokeAsk(revoking.name)}
          text={texts.revokeText}
          action={t.cabinet.revoke}
          onClose={() => setRevoking(null)}
          onYes={() => revoke(revoking.id)}
        />
      )}
    </>
  )
}

type Term = '30' | '90' | '365' | 'endless'

function MakeDialog({ me, onClose, onMade }: { me: Me; onClose: () => void; onMade: (token: string) => void }) {
  const texts = s().tokens
  const form = useForm({
    first: { name: '', scopes: [] as string[], expires_in_days: '90' as Term },
    save: async (value) => {
      const body = {
        name: value.name,
        scopes: me.rights.filter((right): right is Right => value.scopes.includes(right)),
        ...(value.expires_in_days === 'endless' ? {} : { expires_in_days: Number(value.expires_in_days) }),
      }
      const made = await ask(api.POST('/api/v1/tokens', { body }))
      onMade(made.token)
      return value
    },
    silent: true,
  })
  const { value, set, told } = form
  return (
    <Dialog title={texts.add} onClose={onClose}>
      <DialogForm form={form} onClose={onClose} action={texts.make}>
        <TextField
          label={texts.name}
          help={texts.nameHelp}
          required
          autoFocus
          value={value.name}
          error={told('name')}
          onChange={(event) => set({ name: event.target.value })}
        />
        <Checks
          label={texts.scopes}
          help={texts.scopesHelp}
          error={told('scopes')}
          chosen={value.scopes}
          options={me.rights.map((right) => ({ value: right, label: s().rights[right] }))}
          onChange={(scopes) => set({ scopes })}
        />
        <SelectField<Term>
          label={texts.until}
          error={told('expires_in_days')}
          value={value.expires_in_days}
          options={[
            ['30', texts.days(30)],
            ['90', texts.days(90)],
            ['365', texts.year],
            ['endless', texts.endless],
          ]}
          onChange={(expires_in_days) => set({ expires_in_days })}
        />
      </DialogForm>
    </Dialog>
  )
}
