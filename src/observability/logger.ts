import type { Writable } from 'node:stream'
import { z } from 'zod'
import { onOneLine } from '../domain/plain-text.ts'
import { LOG_COMPONENTS, LOG_LEVELS, type LogComponent, type LogLevel } from '../ports/log.ts'

/** The section `log` of the configuration. */
export const logOptions = z
  .strictObject({
    format: z
      .enum(['text', 'json'])
      .default('text')
      .describe('`text` for people; `json`: one object a line, for machines.'),
    level: z
      .enum(LOG_LEVELS)
      .default('info')
      .describe('Least urgent level that is printed; also while it runs (POST /api/log-levels).'),
    levels: z
      .partialRecord(z.enum(LOG_COMPONENTS), z.enum(LOG_LEVELS))
      .default({})
      .describe('Levels of single components, such as `{ supervision: debug }`.'),
    maxPerSecond: z
      .int()
      .positive()
      .default(200)
      .meta({ unit: 'lines', description: 'Most lines of one kind; the others are counted.' }),
  })
  .prefault({})
  .describe('The log.')

/** One line of the log. */
export interface LogEntry {
  readonly level: LogLevel
  readonly component: LogComponent
  /** A stable name of the event, such as `exit-filled`. */
  readonly kind: string
  /** Epoch ms. */
  readonly at: number
  /** Everything needed to explain it; positions and orders by id. */
  readonly detail: Readonly<Record<string, unknown>>
}

export interface LoggerOptions extends z.infer<typeof logOptions> {
  readonly stream: Writable
  /** Values that must never appear. */
  readonly secrets: readonly string[]
  /** A line for a person. */
  text(entry: LogEntry): string
  /** Monotonic, ms. */
  monotonic(): number
}

/** Receives the log lines of the service. */
export interface Logger {
  log(entry: LogEntry): void
  /** Levels in force, by component. */
  readonly levels: Readonly<Record<LogComponent, LogLevel>>
  setLevel(component: LogComponent, level: LogLevel): void
  /** Resolves when every line was written. */
  close(): Promise<void>
}

const REDACTED = '[redacted]'
/** Shorter secrets would redact ordinary words. */
const SHORTEST_SECRET = 6

/** Creates a logger; winston is loaded with the first one. */
export async function logger(options: LoggerOptions): Promise<Logger> {
  const { default: winston } = await import('winston')
  const redact = redactor(options.secrets)
  const flood = new FloodGate(options.maxPerSecond, () => options.monotonic())
  const levels = Object.fromEntries(
    LOG_COMPONENTS.map(component => [component, options.levels[component] ?? options.level]),
  ) as Record<LogComponent, LogLevel>
  const line = winston.format.printf(({ entry }) => {
    const what = entry as LogEntry
    return redact(options.format === 'json' ? logLine(what) : options.text(what))
  })
  const out = winston.createLogger({
    level: 'debug',
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    format: line,
    transports: [new winston.transports.Stream({ stream: options.stream, eol: '\n' })],
  })
  return {
    levels,
    setLevel(component, level) {
      levels[component] = level
    },
    log(entry) {
      if (LOG_LEVELS.indexOf(entry.level) > LOG_LEVELS.indexOf(levels[entry.component])) return
      const leftOut = flood.admit(entry.kind)
      if (leftOut === undefined) return
      const detail = leftOut > 0 ? { ...entry.detail, leftOut } : entry.detail
      out.log({ level: entry.level, message: entry.kind, entry: { ...entry, detail } })
    },
    close: () =>
      new Promise(resolve => {
        out.once('finish', resolve)
        out.end()
      }),
  }
}

/**
 * A line as one JSON object, its details beside `ts`, `level`, `component` and `kind`. A detail of
 * one of these names, such as the price level of an exit, is moved into `detail`.
 */
export function logLine({ at, level, component, kind, detail }: LogEntry): string {
  const head = { ts: new Date(at).toISOString(), level, component, kind }
  const taken = Object.entries(detail).filter(([name]) => Object.hasOwn(head, name))
  const inside = taken.length === 0 ? {} : { detail: Object.fromEntries(taken) }
  return onOneLine(JSON.stringify({ ...detail, ...head, ...inside }))
}

/** Redacts secrets in every field, so that no caller has to. */
function redactor(secrets: readonly string[]): (text: string) => string {
  const wanted = secrets.filter(secret => secret.length >= SHORTEST_SECRET)
  // JSON escapes a secret: redact the escaped form, too.
  const spelled = wanted.flatMap(secret => [secret, JSON.stringify(secret).slice(1, -1)])
  return text => spelled.reduce((all, secret) => all.replaceAll(secret, REDACTED), text)
}

/** Lets a bounded number of lines of one kind pass in each second, and counts the others. */
class FloodGate {
  private readonly maxPerSecond: number
  private readonly monotonic: () => number
  private second = -1
  private counts = new Map<string, number>()
  private readonly leftOut = new Map<string, number>()

  constructor(maxPerSecond: number, monotonic: () => number) {
    this.maxPerSecond = maxPerSecond
    this.monotonic = monotonic
  }

  /** Undefined for a line that is omitted, else how many of its kind were omitted before it. */
  admit(kind: string): number | undefined {
    const second = Math.floor(this.monotonic() / 1_000)
    if (second !== this.second) {
      this.second = second
      this.counts = new Map()
    }
    const count = (this.counts.get(kind) ?? 0) + 1
    this.counts.set(kind, count)
    const before = this.leftOut.get(kind) ?? 0
    if (count > this.maxPerSecond) {
      this.leftOut.set(kind, before + 1)
      return undefined
    }
    this.leftOut.delete(kind)
    return before
  }
}
