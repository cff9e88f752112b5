import { format as formatted } from 'node:util'
import { logLine } from '../observability/logger.ts'
import type { LogLevel } from '../ports/log.ts'
import type { CommandContext } from './command.ts'
import { paintFor, type Paint, type TextStream } from './output.ts'

/** A message of `run` besides the journal. */
export interface Said {
  /** A stable name, such as `service-started`. */
  readonly kind: string
  readonly level?: LogLevel
  readonly detail?: Readonly<Record<string, unknown>>
  /** The same as text. */
  text(paint: Paint): string
}

/** Where `run` prints: lines of text, or with `log.format: json` objects like those of the log. */
export interface RunOutput {
  say(said: Said): void
  /** The same on stderr. */
  complain(said: Said): void
}

/** The output of a format. */
export function runOutput(
  format: 'text' | 'json',
  { stdout, stderr, env }: Pick<CommandContext, 'stdout' | 'stderr' | 'env'>,
): RunOutput {
  const to =
    (stream: TextStream) =>
    ({ kind, level = 'info', detail = {}, text }: Said): void => {
      const entry = { at: Date.now(), level, component: 'service', kind, detail } as const
      stream.write(`${format === 'json' ? logLine(entry) : text(paintFor(stream, env))}\n`)
    }
  return { say: to(stdout), complain: to(stderr) }
}

/** Prints warnings of Node, and those that a library writes to the console, like other messages. */
export function catchWarnings({ complain }: RunOutput): void {
  process.removeAllListeners('warning')
  process.on('warning', ({ name, message }) => {
    const detail = { name, message }
    complain({ kind: 'node-warning', level: 'warn', detail, text: () => message })
  })
  // oxlint-disable-next-line no-console -- libraries write there: each line must have the log's format
  console.warn = (...parts: unknown[]): void => {
    const message = formatted(...parts)
    const detail = { message }
    complain({ kind: 'library-warning', level: 'warn', detail, text: () => message })
  }
}
