import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { Toggle } from '../parts/bits'
import { ChipsField } from '../parts/chips-field'
import { Choice } from './choice'
import { useEditor } from './context'
import { readPhones } from './phones'

/** CRM-4: the conversation in the CRM; BY-5: to which deal; WA-5: whose is not passed on. */
export function TabHistory() {
  const f = crmSettings().history
  const { draft, change, told } = useEditor().editing
  const { transcript, files, deal_choice, skip_phones } = draft.settings
  const strange = skip_phones.find((one) => !/^\+\d{7,15}$/.test(one))
  return (
    <>
      <Choice
        label={f.transcript}
        value={transcript}
        error={told('/transcript')}
        options={(['at_end', 'online', 'off'] as const).map((value) => ({ value, label: f[value] }))}
        onChange={(next) => change({ transcript: next })}
      />
      <Toggle label={f.files} help={f.filesHelp} on={files} onChange={(on) => change({ files: on })} />
      <Choice
        label={f.choice}
        help={f.choiceHelp}
        value={deal_choice}
        error={told('/deal_choice')}
        options={(['newest', 'oldest', 'last_changed'] as const).map((value) => ({ value, label: f[value] }))}
        onChange={(next) => change({ deal_choice: next })}
      />
      <ChipsField
        label={f.skip}
        help={f.skipHelp}
        error={told('/skip_phones') ?? (strange === undefined ? undefined : f.skipBad(strange))}
        values={skip_phones}
        placeholder="+79161234567"
        remove={f.removePhone}
        onChange={(next) => change({ skip_phones: readPhones(next) })}
      />
    </>
  )
}
