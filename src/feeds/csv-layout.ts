import { isBounded, LARGEST } from '../domain/bounds.ts'
import { numberHint } from '../domain/number-hint.ts'
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

/** Name of a delimiter in messages. */
export const delimiterName = (delimiter: number): string => NAMES.get(delimiter)!

/** How a file writes fields and numbers. */
export interface CsvLayout {
  readonly delimiter: number
  /**
   * Byte of the decimal mark: a point in files with commas as delimiter. In other files the first
   * number with a mark decides, and numbers with the other mark are faults; undefined until then.
   */
  mark: number | undefined
}

/** The layout of a file with this delimiter, before its first row. */
export const csvLayout = (delimiter: number): CsvLayout => ({
  delimiter,
  mark: delimiter === COMMA ? DOT : undefined,
})

const DECIMAL = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/**
 * Value of a decimal number as `Number` parses it; NaN for any other text, and beyond the bounds.
 */
export function parseDecimal(text: string): number {
  const value = DECIMAL.test(text) ? Number(text) : NaN
  return isBounded(value) ? value : NaN
}

/** Value of a number in the layout's notation; NaN for any other text, and beyond the bounds. */
export function decimalIn(text: string, layout: CsvLayout): number {
  const mark = text.includes(',') ? COMMA : text.includes('.') ? DOT : undefined
  if (mark !== undefined && layout.mark !== undefined && mark !== layout.mark) return NaN
  const value = parseDecimal(mark === COMMA ? text.replace(',', '.') : text)
  if (!Number.isNaN(value)) layout.mark ??= mark
  return value
}

/** The expectation to report for a text that is not a number within the bounds. */
export function decimalExpected(text: string, { mark }: CsvLayout): string {
  if (DECIMAL.test(text.replace(',', '.')) && !isOther(text, mark)) {
    return `a decimal number of at most ${LARGEST}`
  }
  if (mark === COMMA) return 'a decimal number with a decimal comma, as the numbers before it'
  return `a decimal number${numberHint(text)}`
}

const isOther = (text: string, mark: number | undefined): boolean =>
  text.includes(mark === COMMA ? '.' : ',')
