import { onOneLine } from './plain-text.ts'

/**
 * A cell of CSV (RFC 4180), in quotes where it needs them; what is not known is empty. Names come from
 * users: a text that a spreadsheet would take for a formula gets an apostrophe before it.
 */
export function csvCell(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const text = onOneLine(value)
  const safe = /^[=+\-@]/.test(text) ? `'${text}` : text
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
