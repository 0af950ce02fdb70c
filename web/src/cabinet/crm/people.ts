import type { CrmUser } from './views'

/** CRM-3: an employee without a choice of theirs is found by an equal e-mail address. */
export function byMail(email: string, users: readonly CrmUser[]): CrmUser | undefined {
  const address = email.trim().toLowerCase()
  return address ? users.find((one) => one.active && (one.email ?? '').trim().toLowerCase() === address) : undefined
}

/** Who is chosen for an employee; an empty choice leaves them to their address. */
export function linked(
  people: readonly { employee: string; user: string }[],
  employee: string,
  user: string,
): { employee: string; user: string }[] {
  const others = people.filter((one) => one.employee !== employee)
  return user ? [...others, { employee, user }] : others
}
