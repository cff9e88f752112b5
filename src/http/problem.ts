import type { NextFunction, Request, Response } from 'express'
import { InputError, WatchkeeperError, type Fault } from '../errors.ts'

/** An answer that is an error, as application/problem+json. */
export class Problem extends WatchkeeperError {
  readonly status: number

  constructor(status: number, code: string, message: string) {
    super(code, message)
    this.status = status
  }
}

/** HTTP status of each stable error code; anything else is a fault of the service. */
const STATUS: Readonly<Record<string, number>> = {
  BAD_INPUT: 422,
  POSITION_UNKNOWN: 404,
  LIMIT_UNKNOWN: 404,
  ACTOR_UNKNOWN: 404,
  POSITION_EXISTS: 409,
  POSITION_CLOSED: 409,
  OPENS_LATER: 409,
  WRONG_SIDE: 409,
  ACCOUNT_MIXED: 409,
  LOOSENS: 409,
  EXITS_AT_ONCE: 409,
  HELD_EXITS: 409,
  PROFILE_RUNNING: 409,
  BACKUP_RUNNING: 409,
  NOT_READY: 503,
  ACTOR_DOWN: 503,
  STORE_FAILED: 503,
  STORE_FULL: 503,
  STORE_GONE: 503,
  FENCED: 503,
  STORE_LOST: 503,
  STANDBY: 503,
}

/** What express throws for a body that it cannot take. */
interface BodyError {
  readonly type?: string
  readonly status?: number
}

const BODY_CODES: Readonly<Record<string, string>> = {
  'entity.parse.failed': 'BAD_JSON',
  'entity.too.large': 'BODY_TOO_LARGE',
}

function problemOf(error: unknown): { status: number; code: string; detail: string } {
  if (error instanceof Problem) {
    return { status: error.status, code: error.code, detail: error.message }
  }
  if (error instanceof WatchkeeperError) {
    const status = STATUS[error.code] ?? 500
    return { status, code: error.code, detail: error.message }
  }
  const { type = '', status } = error as BodyError
  if (status !== undefined && status < 500) {
    const detail = error instanceof Error ? error.message : String(error)
    return { status, code: BODY_CODES[type] ?? 'BAD_REQUEST', detail }
  }
  return { status: 500, code: 'UNEXPECTED', detail: 'the service failed; see its log' }
}

/** The last handler: every error becomes one answer, without a stack. */
export function answerProblem(
  error: unknown,
  _request: Request,
  response: Response,
  _next: NextFunction,
): void {
  const { status, code, detail } = problemOf(error)
  const faults: readonly Fault[] | undefined =
    error instanceof InputError ? error.faults : undefined
  const title = code.toLowerCase().replaceAll('_', ' ')
  response
    .status(status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: 'about:blank',
        title,
        status,
        code,
        detail,
        ...(faults !== undefined && { faults }),
      }),
    )
}
