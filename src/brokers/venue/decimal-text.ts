import { z } from 'zod'
import { isBounded } from '../../domain/bounds.ts'

/** Digits with at most one point. These venues write no exponents, blanks or commas. */
const DECIMAL = /^-?\d{1,30}(?:\.\d{1,30})?$/

/** A number that a venue sends as text. */
export const decimal = z
  .string()
  .regex(DECIMAL)
  .transform(Number)
  .refine(isBounded, 'a number within the bounds')

/** A number that a venue sends as text, or an empty text where there is none. */
export const decimalOrNone = z
  .union([z.literal('').transform(() => undefined), decimal])
  .exactOptional()

/** The shortest decimal text of a number, without an exponent. */
export function decimalText(x: number): string {
  const [mantissa = '', exponent] = String(x).split('e')
  if (exponent === undefined) return mantissa
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.')
  const shift = Number(exponent)
  const digits = whole + fraction
  const point = whole.length + shift
  const text =
    point <= 0
      ? `0.${'0'.repeat(-point)}${digits}`
      : `${digits.padEnd(point, '0').slice(0, point)}${digits.length > point ? `.${digits.slice(point)}` : ''}`
  return mantissa.startsWith('-') ? `-${text}` : text
}
