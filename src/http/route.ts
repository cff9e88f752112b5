import type { Request, Response, Router } from 'express'
import type { Control } from '../ports/control.ts'
import { Problem } from './problem.ts'

/** Adds its paths to the router. One file and one registry line each. */
export type Route = (router: Router, control: Control) => void

/** Throws NOT_READY while the service takes no changes. */
export function assertReady(control: Control): void {
  const readiness = control.readiness()
  if (!readiness.ready) throw new Problem(503, 'NOT_READY', `the service is ${readiness.why}`)
}

/** The body as a map; anything else is refused. */
export function bodyOf(request: Request): Readonly<Record<string, unknown>> {
  const body: unknown = request.body ?? {}
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) {
    return body as Record<string, unknown>
  }
  throw new Problem(422, 'BAD_INPUT', 'the body: found no map, expected a JSON object')
}

/** A value of the body that must be true or false; false where it is missing. */
export function flagOf(body: Readonly<Record<string, unknown>>, name: string): boolean {
  const value = body[name] ?? false
  if (typeof value === 'boolean') return value
  throw new Problem(
    422,
    'BAD_INPUT',
    `${name}: found ${JSON.stringify(value)}, expected true or false`,
  )
}

/** A whole number of the query, within bounds. */
export function countOf(request: Request, name: string, most: number, fallback: number): number {
  const text = request.query[name]
  if (text === undefined) return fallback
  if (typeof text === 'string' && /^\d{1,15}$/.test(text) && Number(text) <= most)
    return Number(text)
  throw new Problem(
    422,
    'BAD_INPUT',
    `${name}: found ${JSON.stringify(text)}, expected 0 to ${most}`,
  )
}

/** Sends JSON that nobody may keep. */
export function sendJson(response: Response, value: unknown, type = 'application/json'): void {
  response.setHeader('cache-control', 'no-store')
  response.type(type).send(JSON.stringify(value))
}
