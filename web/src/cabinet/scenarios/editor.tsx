import { Keyboard, Redo2, Undo2 } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { fieldErrors, Refused } from '../../kit/api/client'
import type { Me } from '../../kit/api/types'
import { t, words } from '../../kit/i18n'
import { scenarioTexts } from '../../kit/i18n/flow/scenario'
import { moment } from '../../kit/i18n/format'
import { newId } from '../../kit/id'
import { useKeys } from '../../kit/keys'
import { go } from '../../kit/route'
import { Button, IconButton } from '../../kit/ui/button'
import { Dialog } from '../../kit/ui/dialog'
import { TextField } from '../../kit/ui/field'
import { toast, whyRefused } from '../../kit/ui/toast'
import { useFeed } from '../feed'
import { Back } from '../parts/bits'
import { Leaving } from '../parts/leaving'
import { changeScenario, makeScenario, readScenario, type Stored } from './api'
import { type Directory, DirectoryContext, namesOf } from './directory'
import { Flow } from './flow'
import type { Scenario } from './model'
import { faultsOf, faultsOfWhole, gaps } from './problems'
import { Side, type SideTab } from './side'
import { placeOf, type Trial } from './try-api'
import { stepAt, stepOf } from './tree'
import { useEditor } from './use-editor'

/** One scenario, drawn and edited; `stored` is null for one that is not saved yet. */
export function ScenarioEditor({
  me,
  stored,
  first,
  directory,
  names,
}: {
  me: Me
  stored: Stored | null
  first: { name: string; tree: Scenario }
  directory: Directory
  /** Names of all scenarios, to say which one a channel follows now. */
  names: Map<string, string>
}) {
  const f = scenarioTexts()
  const editor = useEditor(first, directory.schedules[0]?.schedule_id ?? '')
  const { tree, faults, setFaults } = editor
  const [held, setHeld] = useState(stored)
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState('')
  const [nameFault, setNameFault] = useState('')
  const [theirs, setTheirs] = useState<Stored | null>(null)
  const [trial, setTrial] = useState<{ of: Scenario; said: Trial } | null>(null)
  const [tab, setTab] = useState<SideTab>('step')
  const [sheet, setSheet] = useState(false)
  const once = useRef(newId())
  const fresh = held === null
  const changed = editor.changed || fresh
  const name = useMemo(() => namesOf(directory), [directory])
  const stale = trial !== null && trial.of !== tree

  const way = useMemo(() => {
    if (!trial || stale) return null
    const said = new Map<string, string>()
    for (const step of trial.said.steps) {
      const at = stepOf(placeOf(step.path))
      if (at) said.set(at, [said.get(at), words(step.text)].filter(Boolean).join('. '))
    }
    return said
  }, [trial, stale])

  async function save(over: Stored | null = null) {
    const missing = gaps(tree)
    setRefused('')
    setNameFault('')
    if (missing.length > 0) return blame(missing)
    setBusy(true)
    try {
      const read = over ?? held
      const kept = read
        ? await changeScenario(read.scenario_id, read.revision, editor.name, tree)
        : await makeScenario(editor.name, tree, once.current)
      setHeld(kept)
      setTheirs(null)
      editor.keep({ name: kept.name, tree: kept.tree }, 'same')
      toast(t.cabinet.saved)
      if (!held) go(`/cabinet/scenarios/${kept.scenario_id}`, 'replace')
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      if (held && error.problem?.code === 'changed_meanwhile') {
        return readScenario(held.scenario_id).then(setTheirs, (lost: unknown) => setRefused(whyRefused(lost)))
      }
      const named = fieldErrors(error)
      const wrongName = named.get('name')
      if (wrongName) setNameFault(words(wrongName))
      blame(faultsOf(named))
      setTheirs(null)
      // Without a place in the tree it is said above it.
      if (!wrongName && faultsOf(named).length === 0) {
        setRefused(error.problem?.status === 404 ? f.gone : whyRefused(error))
      }
      // What may have been saved all the same is asked for again by the same key.
      if (!error.passing) once.current = newId()
    } finally {
      setBusy(false)
    }
  }

  function blame(found: typeof faults) {
    setFaults(found)
    const place = found.map((fault) => stepOf(fault.at)).find((at) => at !== null)
    if (!place) return
    editor.choose(place)
    setTab('step')
  }

  // What is so when an answer comes, not when it was asked for.
  const live = useRef({ held, changed: editor.changed, busy, keep: editor.keep })
  live.current = { held, changed: editor.changed, busy, keep: editor.keep }
  /** Somebody else saved it: what is not touched here is shown as it is now. */
  const look = () => {
    if (!held) return
    readScenario(held.scenario_id).then(
      (now) => {
        const here = live.current
        if (here.busy || now.revision === here.held?.revision) return
        toast(f.changedMeanwhile)
        if (here.changed) return
        setHeld(now)
        here.keep({ name: now.name, tree: now.tree }, 'fresh')
      },
      () => {},
    )
  }
  useFeed((frame) => {
    if (frame.kind === 'resync' || frame.kind === 'directory.changed') look()
  })

  useKeys([
    [{ code: 'KeyS', mod: true }, () => (changed && !busy ? void save() : undefined)],
    [{ code: 'KeyZ', mod: true }, () => (typing() ? false : editor.undo())],
    [{ code: 'KeyZ', mod: true, shift: true }, () => (typing() ? false : editor.redo())],
    [{ code: 'KeyY', mod: true }, () => (typing() ? false : editor.redo())],
    [{ code: 'Escape' }, () => (editor.moving === null ? false : editor.lift(null))],
  ])
  useEffect(() => setRefused(''), [tree])

  const whole = faultsOfWhole(faults)
  const chosen = editor.chosen !== null ? stepAt(tree, editor.chosen) : undefined
  return (
    <DirectoryContext value={directory}>
      <Back href="/cabinet/scenarios">{f.backToList}</Back>
      <h1 className="sr-only">{editor.name || f.make}</h1>
      <div className="mb-4 flex flex-wrap items-end gap-2">
        <div className="w-96 max-w-full">
          <TextField
            label={f.name}
            value={editor.name}
            error={nameFault || undefined}
            onChange={(event) => {
              setNameFault('')
              editor.rename(event.target.value)
            }}
          />
        </div>
        <div className="flex gap-1 pb-1">
          <IconButton label={`${f.undo} (Ctrl Z)`} disabled={!editor.mayUndo} onClick={editor.undo}>
            <Undo2 size={17} />
          </IconButton>
          <IconButton label={`${f.redo} (Ctrl Shift Z)`} disabled={!editor.mayRedo} onClick={editor.redo}>
            <Redo2 size={17} />
          </IconButton>
          <IconButton label={f.keys} onClick={() => setSheet(true)}>
            <Keyboard size={17} />
          </IconButton>
        </div>
      </div>
      {(faults.length > 0 || refused) && (
        <div role="alert" className="mb-4 flex flex-wrap items-center gap-3 rounded-card bg-red-soft px-4 py-3 text-red">
          <div className="min-w-0 flex-1">
            <p className="font-medium">{f.refused}</p>
            <p className="text-second">{refused || whole.map((one) => words(one.words)).join(' ') || f.faults(faults.length)}</p>
          </div>
          {faults.some((fault) => stepOf(fault.at)) && (
            <Button onClick={() => blame(faults)}>{f.showFault}</Button>
          )}
        </div>
      )}
      {editor.moving !== null && (
        <div
          role="status"
          className="fixed inset-x-3 top-3 z-30 mx-auto flex max-w-[560px] items-center gap-3 rounded-card border border-accent bg-accent-soft px-4 py-2 text-accent-text shadow-float"
        >
          <span className="min-w-0 flex-1">{f.moving}</span>
          <Button onClick={() => editor.lift(null)}>{f.stopMoving}</Button>
        </div>
      )}
      <div className="flex items-start gap-5 max-[1099px]:flex-col">
        <section
          aria-label={f.title}
          tabIndex={0}
          className="min-w-0 flex-1 self-stretch overflow-x-auto rounded-card p-1 max-[1099px]:w-full"
        >
          <Flow
            tree={tree}
            on={{
              ...editor,
              name,
              trial: way,
              choose: (at) => {
                editor.choose(at)
                setTab('step')
                // Where the settings stand below the flow, a press leads to them.
                if (matchMedia('(max-width: 1099px)').matches) {
                  requestAnimationFrame(() => document.getElementById('side-panel')?.scrollIntoView({ block: 'center' }))
                }
              },
            }}
          />
        </section>
        <Side
          me={me}
          tab={tab}
          onTab={setTab}
          editor={editor}
          chosen={chosen}
          scenario={held?.scenario_id ?? null}
          names={names}
          trial={trial?.said ?? null}
          stale={stale}
          onTrial={(said) => setTrial(said && { of: tree, said })}
          onFaults={setFaults}
        />
      </div>
      {changed && (
        <div
          data-unsaved
          className="sticky bottom-0 z-10 mt-4 flex flex-wrap items-center gap-2 rounded-card border border-line bg-pane px-4 py-3 shadow-float"
        >
          <span className="mr-auto text-second text-ink2">{fresh ? f.unsavedNew : f.unsaved}</span>
          {held && (
            <Button onClick={() => editor.saved && editor.keep(editor.saved, 'fresh')}>{t.cancel}</Button>
          )}
          <Button look="main" disabled={busy} onClick={() => void save()}>
            {t.save}
          </Button>
          {editor.mayUndo && <Leaving />}
        </div>
      )}
      {theirs && (
        <Dialog title={f.conflictTitle} onClose={() => setTheirs(null)}>
          <p className="mb-4 text-ink2">{f.conflictText(moment(theirs.updated_at))}</p>
          <div className="flex flex-wrap justify-end gap-2">
            <Button
              onClick={() => {
                setHeld(theirs)
                editor.keep({ name: theirs.name, tree: theirs.tree }, 'fresh')
                setTheirs(null)
              }}
            >
              {f.conflictTheirs}
            </Button>
            <Button look="main" disabled={busy} onClick={() => void save(theirs)}>
              {f.conflictMine}
            </Button>
          </div>
        </Dialog>
      )}
      {sheet && (
        <Dialog title={f.keys} onClose={() => setSheet(false)}>
          <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-2">
            {f.keysList.map(([keys, what]) => (
              <div key={keys} className="contents">
                <dt>
                  <kbd className="kbd">{keys}</kbd>
                </dt>
                <dd className="text-ink2">{what}</dd>
              </div>
            ))}
          </dl>
        </Dialog>
      )}
    </DirectoryContext>
  )
}

/** A field that takes text has an undo of its own. */
const typing = () => document.activeElement?.matches('textarea, input:not([type=checkbox])') ?? false
