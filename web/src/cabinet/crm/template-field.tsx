import { Plus } from 'lucide-react'
import { useRef } from 'react'
import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { buttonClass } from '../../kit/ui/button'
import { Field, inputClass } from '../../kit/ui/field'
import { Menu, MenuGroup, MenuItem } from '../../kit/ui/menu'
import { inGroups } from './param-select'
import { inserted, type Param, shown, stored, tokenOf, unknown } from './template'

/** A text with parameters: their titles stand in braces; a chip puts one in at the caret. */
export function TemplateField({
  label,
  value,
  placeholder = '',
  params,
  often,
  error,
  disabled,
  onChange,
}: {
  label: string
  /** As it is stored. */
  value: string
  placeholder?: string
  params: readonly Param[]
  /** Parameters that are offered at once; the others are in the menu. */
  often: readonly string[]
  error?: string | undefined
  disabled?: boolean
  onChange: (template: string) => void
}) {
  const f = crmSettings()
  const input = useRef<HTMLInputElement>(null)
  const caret = useRef<[number, number] | null>(null)
  const text = shown(value, params)
  const strange = unknown(value, params)
  const keep = () => {
    const { selectionStart, selectionEnd } = input.current ?? {}
    caret.current = [selectionStart ?? text.length, selectionEnd ?? text.length]
  }
  const put = (param: string) => {
    const [from, to] = caret.current ?? [text.length, text.length]
    const next = inserted(text, from, to, tokenOf(param, params))
    onChange(stored(next.text, params))
    caret.current = [next.caret, next.caret]
    // Once it is drawn: the caret goes behind what was put in.
    setTimeout(() => {
      input.current?.focus()
      input.current?.setSelectionRange(next.caret, next.caret)
    })
  }
  const offered = often.flatMap((code) => params.find((one) => one.param === code) ?? [])
  return (
    <div>
      <Field label={label} error={error ?? (strange.length > 0 ? f.names.unknown(strange.join(', ')) : undefined)}>
        {(ids) => (
          <input
            {...ids}
            ref={input}
            value={text}
            disabled={!!disabled}
            placeholder={shown(placeholder, params)}
            onChange={(event) => onChange(stored(event.target.value, params))}
            onSelect={keep}
            onBlur={keep}
            className={`${inputClass} h-10 disabled:opacity-60`}
          />
        )}
      </Field>
      {!disabled && (
        <div className="mt-1.5 flex flex-wrap gap-1" role="group" aria-label={`${f.names.params}: ${label}`}>
          {offered.map((one) => (
            <button
              key={one.param}
              type="button"
              onClick={() => put(one.param)}
              className="inline-flex h-6 items-center gap-1 rounded-full border border-edge bg-pane px-2 text-caption text-ink2 hover:bg-hover hover:text-ink"
            >
              <Plus size={12} aria-hidden="true" />
              {one.title}
            </button>
          ))}
          <Menu
            trigger={
              <button type="button" className={`${buttonClass('quiet')} !h-6 !px-2 !text-caption`}>
                {f.names.moreParams}
              </button>
            }
          >
            {inGroups(params).map(([group, some]) => (
              <MenuGroup key={group} label={f.filter.paramGroups[group]}>
                {some.map((one) => (
                  <MenuItem key={one.param} onClick={() => put(one.param)}>
                    {one.title}
                  </MenuItem>
                ))}
              </MenuGroup>
            ))}
          </Menu>
        </div>
      )}
    </div>
  )
}
