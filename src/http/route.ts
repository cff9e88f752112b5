import type { Request } from 'express'
import { expectedName } from '../config/faults.ts'
import { InputError, WatchkeeperError } from '../errors.ts'
import type { Control } from '../ports/control.ts'

/** @throws WatchkeeperError NOT_READY while the service accepts no changes. */
export function assertReady(control: Control): void {
  const readiness = control.readiness()
  if (!readiness.ready) throw new WatchkeeperError('NOT_READY', `the service is ${readiness.why}`)
}

/** Throws InputError with one fault. */
export const badInput = (path: string, found: unknown, expected: string): InputError =>
  new InputError(path, [{ path, found: JSON.stringify(found) ?? 'nothing', expected }])

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
    throw badInput('the body', Array.isArray(body) ? [] : body, 'a JSON object')
  }
  if (isDeeper(body, DEEPEST)) {
    throw badInput('the body', 'deeper nesting', `at most ${DEEPEST} levels`)
  }
  const stranger = known && Object.keys(body).find(key => !known.includes(key))
  if (stranger !== undefined) {
    throw badInput(
      stranger,
      stranger,
      known!.length > 0 ? expectedName(stranger, known!) : 'no field',
    )
  }
  return body as Record<string, unknown>
}

/** A boolean of the body; false where it is missing. */
export function flagOf(body: Readonly<Record<string, unknown>>, name: string): boolean {
  const value = body[name] ?? false
  if (typeof value === 'boolean') return value
  throw badInput(name, value, 'true or false')
}
