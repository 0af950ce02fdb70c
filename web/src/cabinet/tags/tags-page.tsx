import { Pencil, Plus, Tag as TagIcon, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { Me, Tag } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { date } from '../../kit/i18n/format'
import { Button, IconButton } from '../../kit/ui/button'
import { Dialog } from '../../kit/ui/dialog'
import { TextField } from '../../kit/ui/field'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { useDirectory } from '../parts/directory'
import { Faulty, PageHead, useLoaded } from '../load'
import { card, Confirm, Empty } from '../parts/bits'
import { DialogForm, useForm } from '../parts/form'
import { ColourField, COLOURS } from './colour-field'

export function TagsPage(_: { me: Me }) {
  const [editing, setEditing] = useState<Tag | 'new' | null>(null)
  const [removing, setRemoving] = useState<Tag | null>(null)
  const { data, fault, again } = useLoaded(async () => (await ask(api.GET('/api/v1/tags'))).items)
  useDirectory('tags', again)
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return null
  const texts = s().tags
  const tags = [...data].sort((a, b) => a.name.localeCompare(b.name))
  const remove = (tag: Tag) =>
    void ask(api.DELETE('/api/v1/tags/{tag_id}', { params: { path: { tag_id: tag.tag_id } } })).then(() => {
      setRemoving(null)
      toast(texts.deleted(tag.name))
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
      {tags.length === 0 ? (
        <Empty icon={<TagIcon size={22} />} title={texts.none} hint={texts.noneHint} />
      ) : (
        <ul className={`${card} max-w-[640px] overflow-hidden`}>
          {tags.map((tag) => (
            <li key={tag.tag_id} className="flex items-center gap-3 border-b border-line px-4 py-2.5 last:border-0">
              <span aria-hidden="true" className="size-4 shrink-0 rounded-full" style={{ backgroundColor: tag.color }} />
              <span className="min-w-0 flex-1 truncate font-medium">{tag.name}</span>
              <span className="num text-second text-ink3 max-[759px]:hidden">{texts.made(date(tag.created_at))}</span>
              <IconButton label={texts.change(tag.name)} onClick={() => setEditing(tag)}>
                <Pencil size={16} />
              </IconButton>
              <IconButton label={texts.remove(tag.name)} onClick={() => setRemoving(tag)}>
                <Trash2 size={16} />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      {editing && (
        <TagDialog
          tag={editing === 'new' ? null : editing}
          suggested={COLOURS[tags.length % COLOURS.length] ?? COLOURS[0]}
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

function TagDialog({ tag, suggested, onClose, onSaved }: { tag: Tag | null; suggested: string; onClose: () => void; onSaved: () => void }) {
  const texts = s().tags
  const form = useForm({
    first: { name: tag?.name ?? '', color: tag?.color ?? suggested },
    save: async (value) => {
      if (tag) {
        const params = { path: { tag_id: tag.tag_id } }
        await ask(api.PATCH('/api/v1/tags/{tag_id}', { params, body: value }))
      } else await ask(api.POST('/api/v1/tags', { body: value }))
      onSaved()
      return value
    },
    fieldOf: { tag_name_taken: 'name' },
  })
  const { value, set, told } = form
  return (
    <Dialog title={tag ? tag.name : texts.add} onClose={onClose}>
      <DialogForm form={form} onClose={onClose}>
        <TextField
          label={texts.name}
          required
          autoFocus
          value={value.name}
          error={told('name')}
          onChange={(event) => set({ name: event.target.value })}
        />
        <ColourField label={texts.colour} error={told('color')} value={value.color} onChange={(color) => set({ color })} />
      </DialogForm>
    </Dialog>
  )
}
