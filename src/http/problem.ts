import type { NextFunction, Request, Response } from 'express'
import { ConflictError, InputError, WatchkeeperError, type Fault } from '../errors.ts'
import { errorRow, type ErrorCode } from '../errors/codes.ts'

/** Errors that express throws for an unacceptable body. */
interface BodyError {
  readonly type?: string
  readonly status?: number
  /** Of a body that is too large: most bytes. */
  readonly limit?: number
}

/** The code for an error of express, by its type. */
const BODY_CODES: Readonly<Record<string, ErrorCode>> = {
  'entity.parse.failed': 'BAD_JSON',
  'entity.too.large': 'BODY_TOO_LARGE',
}

/** What is expected of a body, by the type of the parser's error. */
const EXPECTED: Readonly<Record<string, string>> = {
  'encoding.unsupported': 'no encoding, or gzip, deflate or br',
  'charset.unsupported': 'UTF-8',
}

/** The same by the text of an error that has no type. */
const EXPECTED_BY_TEXT: readonly (readonly [text: RegExp, expected: string])[] = [
  [/^Failed to decode param/, 'UTF-8 in percent-encoding, such as %C3%A9'],
  [
    /^Decompression failed|^(?:incorrect header check|unexpected end of file)/i,
    'a body in the encoding that content-encoding names',
  ],
]

function detailOf(type: string, text: string): string {
  const expected = EXPECTED[type] ?? EXPECTED_BY_TEXT.find(([each]) => each.test(text))?.[1]
  return expected === undefined ? text : `the request: found ${text}, expected ${expected}`
}

function problemOf(error: unknown): { status: number; code: ErrorCode; detail: string } {
  if (error instanceof WatchkeeperError) {
    const { code, message } = error
    return { status: errorRow(code)?.status ?? 500, code, detail: message }
  }
  const { type = '', status, limit } = error as BodyError
  if (status !== undefined && status < 500) {
    const text = error instanceof Error ? error.message : String(error)
    const detail =
      limit === undefined
        ? detailOf(type, text)
        : `the body is too long: expected at most ${limit} bytes`
    return { status, code: BODY_CODES[type] ?? 'BAD_REQUEST', detail }
  }
  return { status: 500, code: 'UNEXPECTED', detail: 'the service failed; see its log' }
}

/** The last handler: turns every error into one answer, without a stack trace. */
export function answerProblem(
  error: unknown,
  _request: Request,
  response: Response,
  _next: NextFunction,
): void {
  const { status, code, detail } = problemOf(error)
  const faults: readonly Fault[] | undefined =
    error instanceof InputError || error instanceof ConflictError ? error.faults : undefined
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
