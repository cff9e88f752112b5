import { styleText } from 'node:util'
import { onOneLine } from '../domain/plain-text.ts'
import { zonedText } from '../observability/zoned-text.ts'

/** A stream for text: stdout, stderr, or a substitute in tests. */
export interface TextStream {
  write(text: string): boolean
  readonly isTTY?: boolean
  /** Lines of a terminal. */
  readonly rows?: number
  once?(event: 'drain', listener: () => void): unknown
}

export type Style = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold'

/** Adds colours for one stream, or returns the text as it is. */
export type Paint = (style: Style, text: string) => string

/** Colours only for a terminal; NO_COLOR turns them off, FORCE_COLOR on. */
export function paintFor(stream: TextStream, env: NodeJS.ProcessEnv): Paint {
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0'
  const isOff = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== ''
  if (!forced && (isOff || stream.isTTY !== true)) return (_style, text) => text
  return (style, text) => styleText(style, text, { validateStream: false })
}

/**
 * Rows as lines with aligned columns; `right` lists the columns that are numbers. A cell is plain text: what a
 * terminal would act upon shows as its code.
 */
export function tableLines(
  texts: readonly (readonly string[])[],
  right: ReadonlySet<number> = new Set(),
): string[] {
  const rows = texts.map(row => row.map(onOneLine))
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)))
  }
  return rows.map(row =>
    row
      .map((cell, column) =>
        right.has(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  )
}

/** A first column of a table for the account, where its rows are of several. */
export function accountColumn(rows: readonly { readonly account?: string | null }[]): {
  readonly head: readonly string[]
  cellOf(row: { readonly account?: string | null }): readonly string[]
} {
  if (new Set(rows.map(({ account }) => account)).size < 2) return { head: [], cellOf: () => [] }
  return { head: ['account'], cellOf: ({ account }) => [account ?? '-'] }
}

/** A number for a person: with a maximum of decimals, and a comma at each thousand. */
export const readable = (value: number, decimals = 2): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: decimals })

/** An amount of money for a person: two decimals, or four digits of less than 1, as amounts of coins are small. */
export function amountText(amount: number): string {
  if (amount === 0) return '0'
  if (Math.abs(amount) >= 1) return readable(amount)
  return amount.toLocaleString('en-US', { maximumSignificantDigits: 4 })
}

/** A count and what is counted, such as `1 position`. */
export const countText = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`

/** `part` of `whole` in percent; 0 of nothing. */
export const pctOf = (part: number, whole: number): number =>
  whole === 0 ? 0 : (part / whole) * 100

/** A percentage with its sign. */
export const pctText = (value: number): string => `${value > 0 ? '+' : ''}${value.toFixed(2)} %`

/** The zone in which times are printed; global, as a process runs one command. */
let zone = 'UTC'

/** Sets the zone in which times are printed. */
export function showTimesIn(timezone: string): void {
  zone = timezone
}

/** The zone in which times are printed, for column headings. */
export const zoneName = (): string => zone

/** An instant for a person, as ISO 8601 in the printed zone. */
export const timeText = (at: number): string => zonedText(zone, at)

const BARS = '▁▂▃▄▅▆▇█'

/** Numbers as bars from 0 to the largest; a space for an unknown value. */
export function sparkline(values: readonly (number | null)[]): string {
  const most = Math.max(0, ...values.filter(value => value !== null))
  const barOf = (value: number): string =>
    BARS[most === 0 ? 0 : Math.min(BARS.length - 1, Math.floor((value / most) * BARS.length))]!
  return values.map(value => (value === null ? ' ' : barOf(value))).join('')
}
