import { CommanderError } from 'commander'
import { onItsLines, onOneLine } from '../domain/plain-text.ts'
import { WatchkeeperError } from '../errors.ts'
import { errorRow } from '../errors/codes.ts'
import { Outcome } from './outcome.ts'

export const RAN = 0
export const FAILED = 1
export const BAD_INPUT = 2

/**
 * Message and exit code of a failed command; no message where the command has printed everything.
 */
export interface Failure {
  readonly exitCode: number
  readonly failure?: { readonly code: string; readonly message: string }
}

/** Exit code: 0 ran, 1 failed while running, 2 bad usage, input or configuration. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Outcome) return { exitCode: error.exitCode }
  if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? RAN : BAD_INPUT }
  const failure =
    error instanceof WatchkeeperError
      ? { code: error.code, message: onItsLines(error.message) }
      : foreign(error)
  return { exitCode: errorRow(failure.code)?.exitCode ?? FAILED, failure }
}

/** Code and message, in one line, of a foreign error: Node's have codes, such as ENOSPC. */
function foreign(error: unknown): { readonly code: string; readonly message: string } {
  const { code } = Object(error) as { code?: unknown }
  const message = error instanceof Error ? error.message : String(error)
  const line = onOneLine(message.split('\n')[0]!)
  if (typeof code !== 'string') return { code: 'UNEXPECTED', message: line }
  // Errors of the file system begin with their code.
  const prefix = `${code}: `
  return { code, message: line.startsWith(prefix) ? line.slice(prefix.length) : line }
}
