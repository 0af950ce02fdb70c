import { Pencil, Plus, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { t } from '../../kit/i18n'
import { Button, IconButton } from '../../kit/ui/button'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { PageHead } from '../load'
import { card, Confirm, Empty } from './bits'

interface Texts {
  add: string
  none: string
  noneHint: string
  change: (name: string) => string
  remove: (name: string) => string
  removeAsk: (name: string) => string
  removeText: string
  removed: (name: string) => string
}

interface Props<T extends { name: string }> {
  items: readonly T[]
  keyOf: (item: T) => string
  texts: Texts
  icon: ReactNode
  /** A page of its own has the way to add beside its title; a part of another has it at the list. */
  head?: { title: string; hint: string }
  /** Entries whose order a person chooses are an `ol`. */
  list?: 'ol' | 'ul'
  /** How an entry is laid out. */
  look: string
  row: (item: T, place: number) => ReactNode
  /** `null`: a new one. */
  dialog: (item: T | null, onClose: () => void, onSaved: () => void) => ReactNode
  remove: (item: T) => Promise<unknown>
  again: () => void
}

/** What a company keeps a list of: entries are added and changed in a dialog, and taken away once that is confirmed. */
export function EditableList<T extends { name: string }>(props: Props<T>) {
  const { items, texts, head, list: List = 'ul', again } = props
  const [editing, setEditing] = useState<T | 'new' | null>(null)
  const [removing, setRemoving] = useState<T | null>(null)
  const add = (
    <Button look={head ? 'main' : 'soft'} onClick={() => setEditing('new')}>
      <Plus size={16} aria-hidden="true" />
      {texts.add}
    </Button>
  )
  const remove = (item: T) =>
    props
      .remove(item)
      .then(() => {
        toast(texts.removed(item.name))
        again()
      }, tellRefusal)
      .finally(() => setRemoving(null))
  return (
    <>
      {head && (
        <PageHead title={head.title} hint={head.hint}>
          {add}
        </PageHead>
      )}
      {!head && items.length > 0 && <div className="mb-3 flex justify-end">{add}</div>}
      {items.length === 0 ? (
        <Empty icon={props.icon} title={texts.none} hint={texts.noneHint}>
          {!head && add}
        </Empty>
      ) : (
        <List className={`${card} ${head ? 'max-w-[640px]' : ''} overflow-hidden`}>
          {items.map((item, place) => (
            <li key={props.keyOf(item)} className={`flex items-center border-b border-line px-4 last:border-0 ${props.look}`}>
              {props.row(item, place)}
              <IconButton label={texts.change(item.name)} onClick={() => setEditing(item)}>
                <Pencil size={16} />
              </IconButton>
              <IconButton label={texts.remove(item.name)} onClick={() => setRemoving(item)}>
                <Trash2 size={16} />
              </IconButton>
            </li>
          ))}
        </List>
      )}
      {editing &&
        props.dialog(
          editing === 'new' ? null : editing,
          () => setEditing(null),
          () => {
            setEditing(null)
            again()
          },
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
