import { Download, Pause, Play } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { Attachment } from '../../kit/api/types'
import { language, t } from '../../kit/i18n'
import { clock } from '../../kit/i18n/format'
import { BARS, type Wave, waveOf } from './waveform'

const FLAT = Array.from({ length: BARS }, () => 0.25)
const SPEEDS = [1, 1.5, 2]
const STEP = 5

/** The one that plays now: another's start stops it. */
let playing: HTMLAudioElement | null = null

/** A recording: its shape, a place in it that keys move, and its speed. */
export function Voice({ file, url }: { file: Attachment; url: string | null }) {
  const [wave, setWave] = useState<Wave | null>(null)
  const [on, setOn] = useState(false)
  const [at, setAt] = useState(0)
  const [length, setLength] = useState(file.duration ?? 0)
  const [speed, setSpeed] = useState(1)
  const [broken, setBroken] = useState(false)
  const audio = useRef<HTMLAudioElement>(null)
  const { attachment_id: id, size } = file

  useEffect(() => {
    if (!url) return
    let gone = false
    void waveOf(id, url, size).then((found) => {
      if (gone || !found) return
      setWave(found)
      setLength((known) => known || found.seconds)
    })
    return () => {
      gone = true
    }
  }, [id, url, size])
  useEffect(() => {
    const own = audio.current
    return () => {
      own?.pause()
      if (playing === own) playing = null
    }
  }, [])

  const toggle = () => {
    const sound = audio.current
    if (!sound) return
    if (!sound.paused) return sound.pause()
    if (playing && playing !== sound) playing.pause()
    playing = sound
    sound.playbackRate = speed
    sound.play().catch(() => setBroken(true))
  }
  const seek = (seconds: number) => {
    const sound = audio.current
    if (!sound) return
    const to = Math.min(Math.max(0, seconds), length || 0)
    sound.currentTime = to
    setAt(to)
  }
  const faster = () => {
    const next = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length] ?? 1
    setSpeed(next)
    if (audio.current) audio.current.playbackRate = next
  }
  const heights = wave?.heights ?? FLAT
  const share = length > 0 ? at / length : 0

  return (
    <div role="group" aria-label={t.talk.thread.voice(clock(length))} className="w-72 max-w-full">
      {file.kind === 'audio' && <div className="mb-1 truncate text-second font-medium">{file.name}</div>}
      <div className="flex items-center gap-2.5">
        <button
          type="button"
          disabled={!url}
          aria-label={on ? t.talk.thread.pause : t.talk.thread.play}
          onClick={toggle}
          className="grid size-9 shrink-0 place-items-center rounded-full bg-accent text-accent-ink hover:brightness-110 disabled:opacity-50"
        >
          {on ? <Pause size={17} fill="currentColor" /> : <Play size={17} fill="currentColor" className="translate-x-px" />}
        </button>
        <div
          role="slider"
          tabIndex={0}
          aria-label={t.talk.thread.seek}
          aria-valuemin={0}
          aria-valuemax={Math.max(1, Math.round(length))}
          aria-valuenow={Math.round(at)}
          aria-valuetext={`${clock(at)} / ${clock(length)}`}
          className="h-9 min-w-0 flex-1 cursor-pointer rounded-control"
          onPointerDown={(event) => {
            const box = event.currentTarget.getBoundingClientRect()
            seek(((event.clientX - box.left) / box.width) * length)
          }}
          onKeyDown={(event) => {
            if (event.code === 'ArrowRight' || event.code === 'ArrowUp') seek(at + STEP)
            else if (event.code === 'ArrowLeft' || event.code === 'ArrowDown') seek(at - STEP)
            else if (event.code === 'Home') seek(0)
            else if (event.code === 'End') seek(length)
            else if (event.code === 'Space' || event.code === 'Enter') toggle()
            else return
            event.preventDefault()
            event.stopPropagation()
          }}
        >
          <svg viewBox={`0 0 ${BARS * 4} 32`} preserveAspectRatio="none" className="size-full" aria-hidden="true">
            {heights.map((height, bar) => {
              const tall = Math.max(3, height * 28)
              return (
                <rect
                  key={bar}
                  x={bar * 4}
                  y={16 - tall / 2}
                  width={2.4}
                  height={tall}
                  rx={1.2}
                  className={bar / BARS < share ? 'fill-accent' : 'fill-ink3 opacity-55'}
                />
              )
            })}
          </svg>
        </div>
        <span className="num w-9 shrink-0 text-right text-caption text-ink2">{clock(on || at > 0 ? at : length)}</span>
        {on || speed !== 1 ? (
          <button
            type="button"
            aria-label={t.talk.thread.speed(speed)}
            onClick={faster}
            className="num h-6 shrink-0 rounded-full bg-hover px-1.5 text-caption font-medium text-ink2"
          >
            {speed.toLocaleString(language)}×
          </button>
        ) : null}
      </div>
      {broken && (
        <p role="status" className="mt-1 flex items-center gap-2 text-second text-red">
          {t.talk.thread.broken}
          {url && (
            <a href={url} download={file.name} aria-label={t.chat.download(file.name)} className="text-ink2">
              <Download size={16} aria-hidden="true" />
            </a>
          )}
        </p>
      )}
      {url && (
        <audio
          ref={audio}
          src={url}
          preload="none"
          onPlay={() => setOn(true)}
          onPause={() => setOn(false)}
          onEnded={() => {
            setOn(false)
            setAt(0)
          }}
          onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
          onLoadedMetadata={(event) => {
            const { duration } = event.currentTarget
            if (Number.isFinite(duration)) setLength(duration)
          }}
          onError={() => setBroken(true)}
        />
      )}
    </div>
  )
}
