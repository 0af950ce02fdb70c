import { LogOut, Monitor } from 'lucide-react'
import { api, ask } from '../../kit/api/client'
import type { Me } from '../../kit/api/types'
import { setLanguage, t } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { date, moment } from '../../kit/i18n/format'
import { logOut, readSession } from '../../kit/session'
import { Button } from '../../kit/ui/button'
import { TextField } from '../../kit/ui/field'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { Faulty, PageHead, useLoaded } from '../load'
import { card, Chip } from '../parts/bits'
import { PageForm, useForm } from '../parts/form'
import { LanguageField } from '../parts/language-field'
import { device } from './device'

/** One's own name, language, password and log-ins. */
export function ProfilePage({ me }: { me: Me }) {
  return (
    <>
      <PageHead title={s().profile.title} hint={`${me.employee.email} · ${t.roles[me.employee.role]}`} />
      <div className="grid gap-4">
        <Own me={me} />
        <Password />
        <Sessions />
      </div>
    </>
  )
}

function Own({ me }: { me: Me }) {
  const form = useForm({
    first: { name: me.employee.name, language: me.employee.language === 'en' ? ('en' as const) : ('ru' as const) },
    save: async (value) => {
      const saved = await ask(api.PATCH('/api/v1/me', { body: value }))
      const language = saved.language === 'en' ? ('en' as const) : ('ru' as const)
      await setLanguage(language)
      void readSession()
      return { name: saved.name, language }
    },
  })
  const { value, set, told } = form
  return (
    <PageForm form={form} title={s().profile.own} hint={s().profile.ownHint}>
      <TextField
        label={t.access.yourName}
        required
        autoComplete="name"
        value={value.name}
        error={told('name')}
        onChange={(event) => set({ name: event.target.value })}
      />
      <LanguageField error={told('language')} value={value.language} onChange={(language) => set({ language })} />
    </PageForm>
  )
}

const BLANK = { current_password: '', new_password: '' }

function Password() {
  const texts = s().profile
  const form = useForm({
    first: BLANK,
    save: async (value) => {
      await ask(api.PUT('/api/v1/me/password', { body: value }))
      toast(texts.passwordChanged)
      return BLANK
    },
    fieldOf: { wrong_password: 'current_password' },
    silent: true,
  })
  const { value, set, told } = form
  return (
    <PageForm form={form} title={t.access.password} hint={texts.passwordHint}>
      <TextField
        label={texts.currentPassword}
        type="password"
        autoComplete="current-password"
        value={value.current_password}
        error={told('current_password')}
        onChange={(event) => set({ current_password: event.target.value })}
      />
      <TextField
        label={texts.newPassword}
        help={t.access.passwordHelp}
        type="password"
        autoComplete="new-password"
        value={value.new_password}
        error={told('new_password')}
        onChange={(event) => set({ new_password: event.target.value })}
      />
    </PageForm>
  )
}

function Sessions() {
  const texts = s().profile
  const { data, fault, again } = useLoaded(() => ask(api.GET('/api/v1/me/sessions')))
  if (fault && !data) return <Faulty fault={fault} again={again} />
  const end = (session_id: string) =>
    void ask(api.DELETE('/api/v1/me/sessions/{session_id}', { params: { path: { session_id } } })).then(() => {
      toast(texts.ended)
      again()
    }, tellRefusal)
  return (
    <section className={`${card} max-w-[640px]`}>
      <div className="p-6 pb-3">
        <h2 className="text-heading font-semibold">{texts.sessions}</h2>
        <p className="mt-0.5 text-second text-ink2">{texts.sessionsHint}</p>
      </div>
      <ul>
        {data?.items.map((one) => (
          <li key={one.session_id} className="flex flex-wrap items-center gap-3 border-t border-line px-6 py-3">
            <Monitor size={20} className="shrink-0 text-ink3" aria-hidden="true" />
            <div className="min-w-0 flex-1">
              <div className="font-medium">{device(one.user_agent) || texts.unknownDevice}</div>
              <div className="num text-second text-ink3">
                {texts.seen(moment(one.last_seen_at))} · {texts.validUntil(date(one.expires_at))}
              </div>
            </div>
            {one.current ? (
              <>
                <Chip tone="good">{texts.current}</Chip>
                <Button onClick={() => void logOut().catch(tellRefusal)}>
                  <LogOut size={15} aria-hidden="true" />
                  {t.logOut}
                </Button>
              </>
            ) : (
              <Button onClick={() => end(one.session_id)}>{texts.end}</Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
