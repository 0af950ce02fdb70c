import type { Employee, Me, Role } from '../../kit/api/types'

/** Those whose name or address has every word of the query; those who are off come last. */
export function found(people: readonly Employee[], query: string): Employee[] {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean)
  return people
    .filter((one) => {
      const text = `${one.name} ${one.email}`.toLowerCase()
      return wanted.every((word) => text.includes(word))
    })
    .sort((a, b) => Number(a.disabled) - Number(b.disabled) || a.name.localeCompare(b.name))
}

export const ROLES: readonly Role[] = ['operator', 'supervisor', 'admin', 'analyst', 'owner']

/** The owner alone may make owners. */
export const givable = (me: Me): Role[] => ROLES.filter((role) => role !== 'owner' || me.employee.role === 'owner')

/** A number of a field that may be empty. What is no number goes as it is: the server says why not. */
export function wholeOrNull(text: string): number | null {
  return text.trim() === '' ? null : Number(text)
}
