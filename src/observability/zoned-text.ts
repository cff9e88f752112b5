import { offsetAt } from '../domain/zone.ts'

/** An instant as ISO 8601 with the offset that a zone has then: 2024-08-09T21:25:00.000+05:30. */
export function zonedText(timezone: string, at: number): string {
  const utc = new Date(at).toISOString()
  if (timezone === 'UTC') return utc
  const offset = offsetAt(timezone, at)
  const minutes = Math.abs(Math.round(offset / 60_000))
  const two = (value: number): string => String(value).padStart(2, '0')
  const shift = `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
  return `${new Date(at + offset).toISOString().slice(0, -1)}${shift}`
}
