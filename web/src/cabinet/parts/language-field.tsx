import type { Language } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { SelectField } from './bits'

/** A language by its own name. */
export function LanguageField({
  help,
  error,
  value,
  onChange,
}: {
  help?: string
  error: string | undefined
  value: Language
  onChange: (language: Language) => void
}) {
  return (
    <SelectField
      label={s().language}
      help={help}
      error={error}
      value={value}
      options={[
        ['ru', 'Русский'],
        ['en', 'English'],
      ]}
      onChange={onChange}
    />
  )
}
