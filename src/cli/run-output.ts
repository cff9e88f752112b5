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
