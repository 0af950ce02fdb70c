import { t } from '../kit/i18n'
import { modLabel } from '../kit/keys'
import { Dialog } from '../kit/ui/dialog'

export function KeySheet({ onClose }: { onClose: () => void }) {
  const rows: [string[], string][] = [
    [['1', '2', '3'], t.keys.tabs],
    [['J', 'K'], t.keys.step],
    [['R'], t.keys.answer],
    [['T'], t.keys.take],
    [['⇧', 'T'], t.keys.transfer],
    [['⇧', 'E'], t.keys.close],
    [[modLabel, '⇧', 'Enter'], t.keys.closeNext],
    [['Enter'], t.keys.send],
    [['⇧', 'Enter'], t.keys.line],
    [[modLabel, '⇧', 'M'], t.keys.note],
    [[modLabel, 'U'], t.keys.file],
    [['/'], t.keys.search],
    [['C'], t.keys.write],
    [['I'], t.keys.card],
    [['Esc'], t.keys.back],
    [['?'], t.keys.sheet],
  ]
  return (
    <Dialog title={t.keys.title} onClose={onClose}>
      <table className="w-full text-second">
        <tbody>
          {rows.map(([keys, text]) => (
            <tr key={text} className="border-b border-line last:border-0">
              <th scope="row" className="py-1.5 pr-4 text-left font-normal">
                {text}
              </th>
              <td className="py-1.5 text-right whitespace-nowrap">
                {keys.map((key) => (
                  <kbd key={key} className="kbd ml-1">
                    {key}
                  </kbd>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  )
}
