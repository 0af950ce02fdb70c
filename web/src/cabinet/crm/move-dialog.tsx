import { crmPortals } from '../../kit/i18n/flow/crm-portals'
import { go } from '../../kit/route'
import { t } from '../../kit/i18n'
import { Button } from '../../kit/ui/button'
import { Dialog } from '../../kit/ui/dialog'
import { toast } from '../../kit/ui/toast'
import { SelectField } from '../parts/bits'
import { DialogForm, useForm } from '../parts/form'
import { moveIntegration } from './api'
import { Note } from './choice'
import type { IntegrationView, PortalView } from './views'

/** AMO-1: another portal for an integration («Авторизация»). */
export function MoveDialog({
  integration,
  portals,
  beside,
  onClose,
  onMoved,
}: {
  integration: IntegrationView
  portals: PortalView[]
  /** It is opened beside the settings: no way to them is told. */
  beside?: 'settings'
  onClose: () => void
  onMoved: (moved: IntegrationView) => void
}) {
  const p = crmPortals()
  const others = portals.filter((one) => one.portal_id !== integration.portal_id && one.state !== 'disconnected')
  const form = useForm({
    first: { portal_id: others[0]?.portal_id ?? '' },
    save: async (value) => {
      const moved = await moveIntegration(integration.integration_id, integration.revision, value.portal_id)
      if (integration.enabled && !moved.enabled) {
        const act = { label: p.toSettings, run: () => go(`/cabinet/crm/${moved.integration_id}`) }
        toast(p.movedOff, { ...(beside ? {} : { act }), stay: 15_000 })
      } else toast(p.moved)
      onMoved(moved)
      return value
    },
    silent: true,
  })
  return (
    <Dialog title={p.moveOf(integration.name)} onClose={onClose}>
      {others.length === 0 ? (
        <div className="space-y-3">
          <Note>{p.moveNowhere}</Note>
          <div className="flex justify-end">
            <Button onClick={onClose}>{t.close}</Button>
          </div>
        </div>
      ) : (
        <DialogForm form={form} onClose={onClose} action={p.move}>
          <SelectField
            label={p.moveTo}
            error={form.told('portal_id')}
            value={form.value.portal_id}
            options={others.map((one) => [one.portal_id, `${one.title} (${one.address})`] as const)}
            onChange={(portal_id) => form.set({ portal_id })}
          />
          <p className="text-second text-ink2">{p.moveText}</p>
          <p className="text-second text-ink2">{p.moveOff}</p>
        </DialogForm>
      )}
    </Dialog>
  )
}
