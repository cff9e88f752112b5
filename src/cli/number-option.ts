import { InvalidArgumentError } from 'commander'
import { numberHint } from '../domain/number-hint.ts'

const isWhole = (text: string): boolean => /^\d{1,15}$/.test(text)

/** Parses a whole number of at most 15 digits. */
export function wholeNumber(text: string): number {
  if (isWhole(text)) return Number(text)
  throw new InvalidArgumentError('Expected a whole number of 0 or more.')
}

/** Parses a whole number above 0. */
export function positiveNumber(text: string): number {
  if (isWhole(text) && Number(text) > 0) return Number(text)
  throw new InvalidArgumentError('Expected a whole number above 0.')
}

/** Parses any number. */
export function anyNumber(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new InvalidArgumentError(`Expected a number${numberHint(text)}.`)
}
