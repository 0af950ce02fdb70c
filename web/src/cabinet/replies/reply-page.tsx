import { useLayoutEffect, useRef, useState } from 'react'
import type { Group, Me } from '../../kit/api/types'
import { language, t } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { number } from '../../kit/i18n/format'
import { go } from '../../kit/route'
import { Button } from '../../kit/ui/button'
import { Field, inputClass, TextField } from '../../kit/ui/field'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { Back, card, Confirm, SelectField } from '../parts/bits'
import { PageForm, useForm } from '../parts/form'
import { addReply, type CannedReply, deleteReply, filled, saveReply, unknownVariables, VARIABLES } from './canned'

const formOf = (reply: CannedReply | null) => ({
  title: reply?.title ?? '',
  shortcut: reply?.shortcut ?? '',
  section: reply?.section ?? '',
  group_id: reply?.group_id ?? '',
  text: reply?.text ?? '',
})

export function ReplyPage({
  me,
  reply,
  replies,
  groups,
  again,
}: {
  me: Me
  reply: CannedReply | null
  replies: CannedReply[]
  groups: Group[]
  again: () => void
}) {
  const texts = s().replies
  const area = useRef<HTMLTextAreaElement>(null)
  /** Where typing goes on after a variable was put in. */
  const caret = useRef<number | null>(null)
  const [removing, setRemoving] = useState(false)
  const form = useForm({
    first: formOf(reply),
    save: async (value) => {
      const body = { ...value, shortcut: value.shortcut.trim().replace(/^\//, ''), group_id: value.group_id || null }
      const saved = reply ? await saveReply(reply.canned_reply_id, body) : await addReply(body)
      again()
      if (!reply) go('/cabinet/replies', 'replace')
      return formOf(saved)
    },
    fieldOf: { shortcut_taken: 'shortcut' },
  })
  const { value, set, told } = form
  const put = (word: string) => {
    const box = area.current
    const from = box?.selectionStart ?? value.text.length
    const to = box?.selectionEnd ?? from
    const piece = `{${word}}`
    set({ text: value.text.slice(0, from) + piece + value.text.slice(to) })
    caret.current = from + piece.length
  }
  useLayoutEffect(() => {
    if (caret.current === null) return
    area.current?.focus()
    area.current?.setSelectionRange(caret.current, caret.current)
    caret.current = null
  }, [value.text])
  const sample = filled(value.text, {
    name: texts.sampleName,
    operator: me.employee.name,
    company: me.account.name,
    number: '1204',
  })
  const odd = unknownVariables(value.text)
  const sectionNames = [...new Set(replies.map((one) => one.section).filter(Boolean))].sort()
  return (
    <>
      <Back href="/cabinet/replies">{texts.title}</Back>
      <h1 className="mb-5 text-page font-semibold">{reply ? reply.title : texts.add}</h1>
      <div className="grid gap-4">
        <PageForm form={form}>
          <TextField
            label={texts.name}
            help={texts.nameHelp}
            required
            value={value.title}
            error={told('title')}
            onChange={(event) => set({ title: event.target.value })}
          />
          <div className="grid grid-cols-2 gap-4 max-[759px]:grid-cols-1">
            <TextField
              label={texts.shortcut}
              help={texts.shortcutHelp}
              autoComplete="off"
              value={value.shortcut}
              error={told('shortcut')}
              onChange={(event) => set({ shortcut: event.target.value })}
            />
            <TextField
              label={texts.section}
              help={texts.sectionHelp}
              list="reply-sections"
              autoComplete="off"
              value={value.section}
              error={told('section')}
              onChange={(event) => set({ section: event.target.value })}
            />
          </div>
          <datalist id="reply-sections">
            {sectionNames.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
          <SelectField
            label={texts.whoSees}
            error={told('group_id')}
            value={value.group_id}
            options={[['', texts.everybody], ...groups.map((group) => [group.group_id, texts.group(group.name)] as const)]}
            onChange={(group_id) => set({ group_id })}
          />
          <Field
            label={texts.text}
            required
            error={told('text')}
            help={odd.length > 0 ? texts.unknown(odd.map((word) => `{${word}}`).join(', ')) : undefined}
          >
            {(ids) => (
              <textarea
                {...ids}
                ref={area}
                rows={7}
                value={value.text}
                onChange={(event) => set({ text: event.target.value })}
                className={`${inputClass} py-2`}
              />
            )}
          </Field>
          <div role="group" aria-label={texts.variables} className="flex flex-wrap items-center gap-2">
            <span className="text-caption text-ink3">{texts.variables}</span>
            {VARIABLES.map((one) => (
              <button
                key={one.en}
                type="button"
                title={texts.means[one.en]}
                onClick={() => put(one[language])}
                className="h-7 rounded-full border border-edge px-2.5 text-caption font-medium text-accent-text hover:bg-hover"
              >
                {`{${one[language]}}`}
              </button>
            ))}
          </div>
          {value.text.trim() && (
            <div>
              <p className="mb-1.5 text-second font-medium text-ink2">{texts.sample}</p>
              <div className="rounded-card bg-canvas p-4">
                <p className="ml-auto w-fit max-w-[85%] rounded-bubble rounded-br-[6px] bg-outgoing px-3.5 py-2 break-words whitespace-pre-wrap">
                  {sample}
                </p>
              </div>
            </div>
          )}
        </PageForm>
        {reply && (
          <section className={`${card} flex max-w-[640px] flex-wrap items-center gap-3 p-6`}>
            <p className="num mr-auto text-second text-ink2">{texts.used(reply.used_count, number(reply.used_count))}</p>
            <Button look="danger" onClick={() => setRemoving(true)}>
              {texts.remove}
            </Button>
          </section>
        )}
      </div>
      {removing && reply && (
        <Confirm
          title={texts.removeAsk(reply.title)}
          text={texts.removeText}
          action={t.remove}
          onClose={() => setRemoving(false)}
          onYes={() =>
            void deleteReply(reply.canned_reply_id).then(() => {
              toast(texts.deleted(reply.title))
              again()
              go('/cabinet/replies', 'replace')
            }, tellRefusal)
          }
        />
      )}
    </>
  )
}
