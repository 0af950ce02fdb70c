import { t } from '../kit/i18n'
import { modLabel } from '../kit/keys'
import { Button } from '../kit/ui/button'
import { Dialog } from '../kit/ui/dialog'
import { COMMANDS, type CommandId, keyNames } from './commands'
import { useDesk, useDeskState } from './context'

const GROUPS = ['go', 'chat', 'composer', 'desk'] as const

/** Every key, as the desk hears it now. */
export default function KeySheet({ onClose }: { onClose: () => void }) {
  const { desk } = useDesk()
  const keys = useDeskState((state) => state.preferences.keys)
  const text = (id: CommandId) => t.shell.commands[id][0]
  const shown = (id: CommandId, names: string[]) => {
    if (keys.send === 'enter' || (id !== 'send' && id !== 'line')) return names
    return id === 'send' ? [modLabel, 'Enter'] : ['Enter']
  }
  return (
    <Dialog title={t.keys.title} onClose={onClose} wide>
      <div className="grid gap-x-8 gap-y-4 min-[640px]:grid-cols-2">
        {GROUPS.map((group) => (
          <section key={group}>
            <h3 className="pb-1 text-caption font-semibold text-ink3">{t.shell.keySheet[group]}</h3>
            <table className="w-full text-second">
              <tbody>
                {COMMANDS.filter((one) => one.group === group && one.keys.length > 0).map(({ id, keys: all }) => (
                  <tr key={id} className="border-b border-line last:border-0">
                    <th scope="row" className="py-1.5 pr-3 text-left font-normal">
                      {text(id)}
                      {(id === 'canned' || id === 'editLast') && (
                        <span className="text-caption text-ink3"> {t.shell.keySheet.inField}</span>
                      )}
                    </th>
                    <td className="py-1.5 text-right whitespace-nowrap">
                      {all.map((key) => (
                        <span key={`${key.code}${key.shift}${key.mod}`} className="ml-2">
                          {shown(id, keyNames(key, modLabel)).map((name) => (
                            <kbd key={name} className="kbd ml-1">
                              {name}
                            </kbd>
                          ))}
                        </span>
                      ))}
                    </td>
                  </tr>
                ))}
                {group === 'composer' && (
                  <tr>
                    <th scope="row" className="py-1.5 pr-3 text-left font-normal">
                      {t.keys.note}
                    </th>
                    <td className="py-1.5 text-right whitespace-nowrap">
                      {[modLabel, '⇧', 'M'].map((name) => (
                        <kbd key={name} className="kbd ml-1">
                          {name}
                        </kbd>
                      ))}
                    </td>
                  </tr>
                )}
              </tbody>
            </table>
          </section>
        ))}
      </div>
      <div className="mt-4 flex flex-wrap items-center gap-3 border-t border-line pt-3 text-second text-ink3">
        <span className="min-w-0 flex-1">{keys.single ? t.shell.keySheet.layout : t.shell.keySheet.off}</span>
        <Button look="quiet" onClick={() => desk.settings.set({ keys: { ...keys, single: !keys.single } })}>
          {keys.single ? t.shell.keySheet.turnOff : t.shell.keySheet.turnOn}
        </Button>
      </div>
    </Dialog>
  )
}
