import { isBounded, LARGEST } from '../domain/bounds.ts'
import { COMMA } from './csv-record.ts'

const DOT = 46
const TAB = 9
const SEMICOLON = 59

/** Delimiters that a file may have, in the order in which they are tried. */
export const DELIMITERS: readonly number[] = [COMMA, SEMICOLON, TAB]

const NAMES: ReadonlyMap<number, string> = new Map([
  [COMMA, 'commas'],
  [SEMICOLON, 'semicolons'],
  [TAB, 'tabs'],
])

/** What a delimiter is called in messages. */
export const delimiterName = (delimiter: number): string => NAMES.get(delimiter)!

/** How a file writes fields and numbers. */
export interface CsvLayout {
  readonly delimiter: number
  /**
   * Byte of the decimal mark: a point between commas. Elsewhere the first number with a mark decides, and
   * numbers with the other one are faults; undefined until then.
   */
  mark: number | undefined
}

/** The layout of a file with this delimiter, before its first row. */
export const csvLayout = (delimiter: number): CsvLayout => ({
  delimiter,
  mark: delimiter === COMMA ? DOT : undefined,
})

const DECIMAL = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Value of a decimal number as `Number` reads it; NaN for any other text, and beyond the bounds. */
export function parseDecimal(text: string): number {
  const value = DECIMAL.test(text) ? Number(text) : NaN
  return isBounded(value) ? value : NaN
}

/** Value of a number as the layout writes it; NaN for any other text, and beyond the bounds. */
export function decimalIn(text: string, layout: CsvLayout): number {
  const mark = text.includes(',') ? COMMA : text.includes('.') ? DOT : undefined
  if (mark !== undefined && layout.mark !== undefined && mark !== layout.mark) return NaN
  const value = parseDecimal(mark === COMMA ? text.replace(',', '.') : text)
  if (!Number.isNaN(value)) layout.mark ??= mark
  return value
}

/** What was expected in place of a text that is no number within the bounds. */
export function decimalExpected(text: string, { mark }: CsvLayout): string {
  if (DECIMAL.test(text.replace(',', '.')) && !isOther(text, mark)) {
    return `a decimal number of at most ${LARGEST}`
  }
  if (mark === COMMA) return 'a decimal number with a decimal comma, as the numbers before it'
  return 'a decimal number'
}

const isOther = (text: string, mark: number | undefined): boolean =>
  text.includes(mark === COMMA ? '.' : ',')
