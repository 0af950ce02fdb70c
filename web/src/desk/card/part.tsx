import type { ReactNode } from 'react'

export function Part({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className="border-b border-line px-5 py-4">
      <div className="mb-2 flex items-center justify-between gap-2">
        <h3 className="text-second font-semibold text-ink2">{title}</h3>
        {aside}
      </div>
      {children}
    </section>
  )
}
