export function Logo({ size = 'size-10' }: { size?: string }) {
  return (
    <svg viewBox="0 0 40 40" className={`shrink-0 ${size}`} aria-hidden="true">
      <rect width="40" height="40" rx="11" className="fill-[#35a893]" />
      <path
        d="M11.5 13.5A4.5 4.5 0 0 1 16 9h6.5a8 8 0 0 1 0 16H18l-5.5 5v-6.2a7 7 0 0 1-1-3.6z"
        fill="none"
        stroke="#06251f"
        strokeWidth="2.6"
        strokeLinejoin="round"
      />
      <path d="M17 15.3h7" stroke="#06251f" strokeWidth="2.6" strokeLinecap="round" />
    </svg>
  )
}
