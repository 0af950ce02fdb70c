import { Maximize, Minimize } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { boardTexts } from '../../kit/i18n/flow/board'
import { time } from '../../kit/i18n/format'
import { useNow } from '../../kit/now'
import { Button } from '../../kit/ui/button'
import { localTime } from '../hours/hours'
import { Faulty, PageHead } from '../load'
import { HoursChart } from './hours-chart'
import { ChannelsTable, GroupsTable, People } from './tables'
import { Tiles, Today } from './tiles'
import { useBoard } from './use-board'

/** The live board (RP-2), on a page and on a wall. */
export function Board() {
  const f = boardTexts().board
  const { data, fault, again } = useBoard()
  const now = useNow()
  const [wall, setWall] = useState(false)
  const whole = useRef<HTMLDivElement>(null)

  useEffect(() => {
    // Esc belongs to the browser while the whole screen is taken; it says so by this event.
    const changed = () => document.fullscreenElement || setWall(false)
    const key = (event: KeyboardEvent) => event.code === 'Escape' && setWall(false)
    document.addEventListener('fullscreenchange', changed)
    addEventListener('keydown', key)
    return () => {
      document.removeEventListener('fullscreenchange', changed)
      removeEventListener('keydown', key)
    }
  }, [])
  const turn = () => {
    setWall(!wall)
    // A browser that refuses leaves the board over the whole page, which is nearly the same.
    if (!wall) whole.current?.requestFullscreen?.().catch(() => {})
    else if (document.fullscreenElement) document.exitFullscreen().catch(() => {})
  }

  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return <PageHead title={f.title} />
  const hour = Math.floor((localTime(now, data.time_zone)?.minute ?? 0) / 60)
  return (
    <div
      ref={whole}
      data-board
      data-wall={wall || undefined}
      className="data-wall:fixed data-wall:inset-0 data-wall:z-30 data-wall:overflow-y-auto data-wall:bg-bg data-wall:p-8"
    >
      <PageHead title={f.title} hint={wall ? '' : f.hint}>
        <span className="num py-1.5 text-second text-ink3">{f.at(time(data.at))}</span>
        <Button onClick={turn}>
          {wall ? <Minimize size={16} aria-hidden="true" /> : <Maximize size={16} aria-hidden="true" />}
          {wall ? f.leaveWall : f.wall}
        </Button>
      </PageHead>
      {fault && (
        <p role="status" className="mb-3 rounded-control bg-amber-soft px-3 py-2 text-second text-amber">
          {f.stale(time(data.at))}
        </p>
      )}
      <div className="space-y-3">
        <Tiles board={data} now={now} />
        <div className="grid grid-cols-[minmax(0,2fr)_minmax(0,1fr)] items-start gap-3 max-[1099px]:grid-cols-1">
          <div className="space-y-3">
            <HoursChart hours={data.hours} now={hour} />
            <People people={data.employees} />
          </div>
          <div className="space-y-3">
            <Today today={data.today} />
            <ChannelsTable channels={data.channels} />
            <GroupsTable groups={data.groups} />
          </div>
        </div>
      </div>
    </div>
  )
}
