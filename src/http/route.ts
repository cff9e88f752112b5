import type { Request, Response, Router } from 'express'
import { expectedName } from '../config/faults.ts'
import { InputError, WatchkeeperError } from '../errors.ts'
import type { Control } from '../ports/control.ts'

/** Adds its paths to the router. One file and one registry line each. */
export type Route = (router: Router, control: Control) => void

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
  request: Request,
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

/** @throws InputError for a query parameter that the path does not have. */
export function assertQuery(request: Request, known: readonly string[]): void {
  const stranger = Object.keys(request.query).find(name => !known.includes(name))
  if (stranger === undefined) return
  const expected = known.length === 0 ? 'no parameter' : expectedName(stranger, known)
  throw badInput(stranger, stranger, expected)
}

/** A text parameter, given at most once; undefined where it is missing. */
export function textOf(request: Request, name: string): string | undefined {
  const text = request.query[name]
  if (text === undefined || (typeof text === 'string' && text !== '')) return text
  throw badInput(name, text, `one ${name}`)
}

export interface CountBounds {
  readonly least: number
  readonly most: number
  readonly fallback: number
}

/** A whole number parameter, within bounds. */
export function countOf(request: Request, name: string, bounds: CountBounds): number {
  const { least, most, fallback } = bounds
  const text = request.query[name]
  if (text === undefined) return fallback
  if (typeof text === 'string' && /^\d{1,15}$/.test(text)) {
    const count = Number(text)
    if (count >= least && count <= most) return count
  }
  throw badInput(name, text, `a whole number from ${least} to ${most}`)
}

/** Sends JSON that must not be cached. */
export function sendJson(response: Response, value: unknown, type = 'application/json'): void {
  response.setHeader('cache-control', 'no-store')
  response.type(type).send(JSON.stringify(value))
}
