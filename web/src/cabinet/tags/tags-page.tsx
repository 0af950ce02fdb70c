import { Tag as TagIcon } from 'lucide-react'
import { api, ask } from '../../kit/api/client'
import type { Me, Tag } from '../../kit/api/types'
import { s } from '../../kit/i18n/cabinet-settings'
import { date } from '../../kit/i18n/format'
import { Dialog } from '../../kit/ui/dialog'
import { TextField } from '../../kit/ui/field'
import { useDirectory } from '../parts/directory'
import { Faulty, useLoaded } from '../load'
import { EditableList } from '../parts/editable-list'
import { DialogForm, useForm } from '../parts/form'
import { ColourField, COLOURS } from './colour-field'

export function TagsPage(_: { me: Me }) {
  const { data, fault, again } = useLoaded(async () => (await ask(api.GET('/api/v1/tags'))).items)
  useDirectory('tags', again)
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return null
  const texts = s().tags
  const tags = [...data].sort((a, b) => a.name.localeCompare(b.name))
  return (
    <EditableList
      items={tags}
      keyOf={(tag) => tag.tag_id}
      texts={texts}
      icon={<TagIcon size={22} />}
      head={texts}
      look="gap-3 py-2.5"
      row={(tag) => (
        <>
          <span aria-hidden="true" className="size-4 shrink-0 rounded-full" style={{ backgroundColor: tag.color }} />
          <span className="min-w-0 flex-1 truncate font-medium">{tag.name}</span>
          <span className="num text-second text-ink3 max-[759px]:hidden">{texts.made(date(tag.created_at))}</span>
        </>
      )}
      dialog={(tag, onClose, onSaved) => (
        <TagDialog
          tag={tag}
          suggested={COLOURS[tags.length % COLOURS.length] ?? COLOURS[0]}
          onClose={onClose}
          onSaved={onSaved}
        />
      )}
      remove={({ tag_id }) => ask(api.DELETE('/api/v1/tags/{tag_id}', { params: { path: { tag_id } } }))}
      again={again}
    />
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
