import type { Request } from 'express'
import { expectedName, expectedWord } from '../domain/closest-name.ts'
import { show } from '../domain/shown.ts'
import { InputError, WatchkeeperError } from '../errors.ts'
import type { Control } from '../ports/control.ts'

/** @throws WatchkeeperError NOT_READY while the service accepts no changes. */
export function assertReady(control: Control): void {
  const readiness = control.readiness()
  if (!readiness.ready) throw new WatchkeeperError('NOT_READY', `the service is ${readiness.why}`)
}

/** The error for one value of a request. */
export const badInput = (path: string, found: unknown, expected: string): InputError =>
  badPlace(path, show(found), expected)

/** The same where `found` is a text for a person, such as `the unknown field "qty"`. */
export const badPlace = (path: string, found: string, expected: string): InputError =>
  new InputError(path, [{ path, found, expected }])

/** @throws InputError for the first field or parameter of a request that is none of the known ones. */
export function assertKnown(
  what: 'field' | 'parameter',
  given: Iterable<string>,
  known: readonly string[],
): void {
  for (const name of given) {
    if (known.includes(name)) continue
    const expected = known.length > 0 ? expectedName(name, known) : `no ${what}`
    throw badPlace(name, `the unknown ${what} ${show(name)}`, expected)
  }
}

/** Most nesting levels of a body; its parsers are recursive. */
const DEEPEST = 20

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some(each => isDeeper(each, levels - 1)))

/**
 * The body as an object with these fields and no others; undefined `known` leaves that check to the
 * caller.
 */
export function bodyOf(
  request: Pick<Request, 'body'>,
  known?: readonly string[],
): Readonly<Record<string, unknown>> {
  const body: unknown = request.body ?? {}
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badPlace('the body', show(body), 'a JSON object')
  }
  if (isDeeper(body, DEEPEST)) {
    throw badPlace('the body', 'deeper nesting', `at most ${DEEPEST} levels`)
  }
  if (known !== undefined) assertKnown('field', Object.keys(body), known)
  return body as Record<string, unknown>
}

/** A boolean of the body; false where it is missing. Throws BAD_INPUT for null, as every other field does. */
export function flagOf(body: Readonly<Record<string, unknown>>, name: string): boolean {
  const value = body[name]
  if (value === undefined) return false
  if (typeof value === 'boolean') return value
  throw badInput(name, value, 'true or false')
}

/** A word of the body. */
export function wordOf<Word extends string>(
  body: Readonly<Record<string, unknown>>,
  name: string,
  words: readonly Word[],
): Word {
  const value = body[name]
  const known = words.find(each => each === value)
  if (known !== undefined) return known
  throw badInput(name, value, expectedWord(value, words))
}
