import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { pressed } from '../../kit/keys'
import { begin, type History, record, redo, undo } from './history'
import { newStep, type Scenario, type Step, type StepKind } from './model'
import { carried, type Fault } from './problems'
import {
  afterRemoval,
  duplicate,
  insert,
  move,
  neighbour,
  nudge,
  type Pointer,
  remove,
  replace,
  split,
  stepAt,
  walk,
} from './tree'

export interface Draft {
  name: string
  tree: Scenario
}

/** The state of an open scenario: what stands in it, what is chosen, what is wrong, and every edit. */
export function useEditor(first: Draft, schedule: string) {
  const [history, setHistory] = useState<History<Draft>>(() => begin(first))
  const [saved, setSaved] = useState<Draft | null>(first)
  const [faults, setFaults] = useState<Fault[]>([])
  const [chosen, setChosen] = useState<Pointer | null>(first.tree.steps.length > 0 ? '/steps/0' : null)
  const [moving, setMoving] = useState<Pointer | null>(null)
  const focus = useRef<string | null>(null)
  const [, draw] = useState(0)
  const { name, tree } = history.now

  // Keys and menus say where the focus goes once what they changed is drawn.
  useEffect(() => {
    if (focus.current === null) return
    const wanted = document.querySelector<HTMLElement>(focus.current)
    focus.current = null
    wanted?.focus()
    wanted?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  })
  const focusOn = (selector: string) => {
    focus.current = selector
    draw((n) => n + 1)
  }
  const focusStep = (at: Pointer | null) => focusOn(at === null ? '[data-gap="/steps/0"]' : `[data-step="${at}"]`)
  const settle = (next: History<Draft>) => {
    setFaults((held) => carried(held, tree, next.now.tree))
    setHistory(next)
  }
  const edit = (next: Scenario, at: Pointer | null, mark: string | null = null) => {
    settle(record(history, { name, tree: next }, mark))
    setChosen(at)
  }
  const travel = (next: History<Draft>) => {
    if (next === history) return
    settle(next)
    const held = chosen !== null && stepAt(next.now.tree, chosen) ? chosen : (walk(next.now.tree)[0]?.at ?? null)
    setChosen(held)
    setMoving(null)
    if (document.activeElement?.matches('[data-step], body')) focusStep(held)
  }

  const choose = (at: Pointer | null) => {
    setChosen(at)
    if (at !== null) focusStep(at)
  }
  const drop = (list: Pointer, index: number) => {
    if (moving === null) return
    const moved = move(tree, moving, list, index)
    setMoving(null)
    edit(moved.tree, moved.at)
    focusStep(moved.at)
  }
  const lift = (at: Pointer | null) => {
    if (at === null && moving !== null) focusStep(moving)
    setMoving(at)
    if (at !== null) focusOn('[data-drop]')
  }
  const add = (list: Pointer, index: number, kind: StepKind) => {
    const at = `${list}/${index}`
    edit(insert(tree, list, index, newStep(kind, schedule)), at)
    focusStep(at)
  }
  const removeStep = (at: Pointer) => {
    const next = remove(tree, at)
    const after = afterRemoval(next, at)
    edit(next, after)
    focusStep(after)
  }
  const twice = (at: Pointer) => {
    const made = duplicate(tree, at)
    edit(made.tree, made.at)
    focusStep(made.at)
  }
  const shift = (at: Pointer, way: 'up' | 'down') => {
    const moved = nudge(tree, at, way)
    edit(moved.tree, moved.at)
    focusStep(moved.at)
  }

  /** Keys of a step that has the focus. */
  const key = (event: KeyboardEvent, at: Pointer) => {
    const deeds: [Parameters<typeof pressed>[1], () => void][] = [
      ...(['up', 'down', 'left', 'right'] as const).map((way): [Parameters<typeof pressed>[1], () => void] => [
        { code: { up: 'ArrowUp', down: 'ArrowDown', left: 'ArrowLeft', right: 'ArrowRight' }[way] },
        () => {
          const next = neighbour(tree, at, way)
          if (next) choose(next)
        },
      ]),
      [{ code: 'ArrowUp', mod: true }, () => shift(at, 'up')],
      [{ code: 'ArrowDown', mod: true }, () => shift(at, 'down')],
      [{ code: 'KeyD', mod: true }, () => twice(at)],
      [{ code: 'Delete' }, () => removeStep(at)],
      [{ code: 'Backspace' }, () => removeStep(at)],
      [{ code: 'KeyM' }, () => lift(at)],
      [{ code: 'Escape' }, () => lift(null)],
      [{ code: 'Insert' }, () => openGap(at)],
      [{ code: 'KeyA' }, () => openGap(at)],
      [
        { code: 'Enter' },
        () => {
          setChosen(at)
          focusOn('[data-step-form] :is(input, select, textarea, button)')
        },
      ],
    ]
    const deed = deeds.find(([one]) => pressed(event, one))
    if (!deed) return
    event.preventDefault()
    deed[1]()
  }

  return {
    name,
    tree,
    faults,
    setFaults,
    chosen,
    moving,
    saved,
    changed: saved === null || saved.name !== name || saved.tree !== tree,
    mayUndo: history.past.length > 0,
    mayRedo: history.future.length > 0,
    undo: () => travel(undo(history)),
    redo: () => travel(redo(history)),
    rename: (next: string) => setHistory(record(history, { name: next, tree }, 'name')),
    /** A step's settings: what is typed into one step in a row is undone at once. */
    setStep: (at: Pointer, step: Step) => edit(replace(tree, at, step), at, `step ${at}`),
    choose,
    add,
    duplicate: twice,
    nudge: shift,
    lift,
    drop,
    remove: removeStep,
    key,
    /** What the server holds now; with `fresh` it takes the place of what stood here. */
    keep: (held: Draft, fresh: 'fresh' | 'same') => {
      setFaults([])
      if (fresh === 'fresh') {
        setHistory(begin(held))
        setChosen(held.tree.steps.length > 0 ? '/steps/0' : null)
        setSaved(held)
      } else setSaved(history.now)
    },
    /** Nothing of this is stored: a new scenario, or a copy. */
    unsaved: () => setSaved(null),
  }
}

export type Editor = ReturnType<typeof useEditor>

/** Opens the menu of the place after a step; after one that ends its branch there is none, so before it. */
function openGap(at: Pointer) {
  const { list, index } = split(at)
  const gap = (n: number) => document.querySelector<HTMLElement>(`[data-gap="${list}/${n}"]`)
  const found = gap(index + 1) ?? gap(index)
  found?.focus()
  found?.click()
}
