import { onOneLine } from './plain-text.ts'

/** Most characters of a value in a message. */
export const LONGEST_SHOWN = 60

/** User and password before the host of an address. */
const CREDENTIALS = /\/\/[^/]*@/g

/**
 * A value from the input for a message: short, strings in quotes, without the password of an
 * address.
 */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'an empty value'
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'a map'
  const text = onOneLine(JSON.stringify(value)).replace(CREDENTIALS, '//…@')
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text
}
