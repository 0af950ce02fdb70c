import type { ButtonHTMLAttributes, ReactNode } from 'react'

type Look = 'main' | 'soft' | 'outline' | 'quiet' | 'danger'

const looks: Record<Look, string> = {
  main: 'bg-accent text-accent-ink hover:brightness-110 disabled:opacity-50',
  soft: 'bg-accent-soft text-accent-text hover:brightness-[0.97] disabled:opacity-50',
  outline: 'border border-edge bg-pane text-ink hover:bg-hover disabled:opacity-50',
  quiet: 'text-ink2 hover:bg-hover hover:text-ink disabled:opacity-50',
  danger: 'border border-edge bg-pane text-red hover:bg-red-soft disabled:opacity-50',
}

type Props = ButtonHTMLAttributes<HTMLButtonElement> & { look?: Look; tall?: 'yes' }

export function buttonClass(look: Look = 'outline', tall?: 'yes') {
  const height = tall ? 'h-10 px-4 text-body' : 'h-8 px-3 text-second'
  return `inline-flex shrink-0 items-center justify-center gap-2 rounded-control font-medium whitespace-nowrap select-none ${height} ${looks[look]}`
}

export function Button({ look, tall, className = '', ...rest }: Props) {
  return <button type="button" {...rest} className={`${buttonClass(look, tall)} ${className}`} />
}

/** A button of an icon alone; its label is what it does. */
export function IconButton({
  label,
  children,
  className = '',
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { label: string; children: ReactNode }) {
  return (
    <button
      type="button"
      {...rest}
      aria-label={label}
      title={rest.title ?? label}
      className={`grid size-8 shrink-0 place-items-center rounded-control text-ink2 hover:bg-hover hover:text-ink disabled:opacity-50 ${className}`}
    >
      {children}
    </button>
  )
}
