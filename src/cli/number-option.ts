import { InvalidArgumentError } from 'commander'
import { numberHint } from '../domain/number-hint.ts'

/** Parses a whole number of at most 15 digits. */
export function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a whole number of 0 or more.')
}

/** Parses a whole number above 0. */
export function positiveNumber(text: string): number {
  const value = wholeNumber(text)
  if (value > 0) return value
  throw new InvalidArgumentError('Expected a whole number above 0.')
}

/** Parses any number. */
export function anyNumber(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new InvalidArgumentError(`Expected a number${numberHint(text)}.`)
}
