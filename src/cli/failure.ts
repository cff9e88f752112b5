import { CommanderError } from 'commander'
import { onOneLine } from '../domain/plain-text.ts'
import { WatchkeeperError } from '../errors.ts'
import { errorRow } from '../errors/codes.ts'
import { Outcome } from './outcome.ts'

export const RAN = 0
export const FAILED = 1
export const BAD_INPUT = 2

/** What a command that failed says, and its exit code; no message where all is said already. */
export interface Failure {
  readonly exitCode: number
  readonly told?: { readonly code: string; readonly message: string }
}

/** Exit code: 0 ran, 1 failed while running, 2 bad usage, input or configuration. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Outcome) return { exitCode: error.exitCode }
  if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? RAN : BAD_INPUT }
  const told =
    error instanceof WatchkeeperError
      ? { code: error.code, message: linesOf(error.message) }
      : foreign(error)
  return { exitCode: errorRow(told.code)?.exitCode ?? FAILED, told }
}

/** Our messages have lines; what stands in them cannot act on a terminal. */
const linesOf = (message: string): string => message.split('\n').map(onOneLine).join('\n')

/** Code and message, one line, of an error that is not our own: Node's have codes, such as ENOSPC. */
function foreign(error: unknown): { readonly code: string; readonly message: string } {
  const { code } = Object(error) as { code?: unknown }
  const message = error instanceof Error ? error.message : String(error)
  return {
    code: typeof code === 'string' ? code : 'UNEXPECTED',
    message: onOneLine(message.split('\n')[0]!),
  }
}
