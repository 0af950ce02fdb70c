import { MailPlus } from 'lucide-react'
import { api, ask } from '../../kit/api/client'
import type { Employee, Group, Invite } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { date } from '../../kit/i18n/format'
import { Button } from '../../kit/ui/button'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { Chip, Empty, Table } from '../parts/bits'
import { nameOf } from '../parts/directory'

/** Invites that wait for an answer. */
export function Invites({
  invites,
  people,
  groups,
  again,
  invite,
}: {
  invites: Invite[]
  people: Employee[]
  groups: Group[]
  again: () => void
  invite: () => void
}) {
  const texts = s().people
  const revoke = (one: Invite) =>
    void ask(api.DELETE('/api/v1/invites/{invite_id}', { params: { path: { invite_id: one.invite_id } } })).then(() => {
      toast(texts.revoked(one.email))
      again()
    }, tellRefusal)
  if (invites.length === 0) {
    return (
      <Empty icon={<MailPlus size={22} />} title={texts.noInvites} hint={texts.noInvitesHint}>
        <Button look="soft" onClick={invite}>
          {t.cabinet.invite}
        </Button>
      </Empty>
    )
  }
  const now = Date.now()
  return (
    <Table label={t.cabinet.invites} heads={[t.access.email, t.cabinet.role, texts.groups, texts.invitedBy, texts.until, '']}>
      {invites.map((one) => (
        <tr key={one.invite_id}>
          <td className="font-medium">{one.email}</td>
          <td>{t.roles[one.role]}</td>
          <td className="text-second text-ink2">
            {groups
              .filter((group) => one.groups.includes(group.group_id))
              .map((group) => group.name)
              .join(', ') || '—'}
          </td>
          <td className="text-second text-ink2">{nameOf(people, one.invited_by)}</td>
          <td className="whitespace-nowrap">
            {Date.parse(one.expires_at) < now ? <Chip tone="warn">{texts.expired}</Chip> : <span className="num">{date(one.expires_at)}</span>}
          </td>
          <td className="text-right">
            <Button aria-label={`${t.cabinet.revoke}: ${one.email}`} onClick={() => revoke(one)}>
              {t.cabinet.revoke}
            </Button>
          </td>
        </tr>
      ))}
    </Table>
  )
}
