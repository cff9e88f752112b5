import type { Writable } from 'node:stream'
import type { ServiceConfig } from '../config/schema.ts'
import { type LogComponent, type Logger, logger, type LogLevel } from '../observability/logger.ts'
import type { WatchkeeperError } from '../errors.ts'
import type { JournalLine } from '../ports/control.ts'
import { secretsOf } from './secrets.ts'

/** Where lines go, and how a person reads one. */
export interface LogTarget {
  readonly stream: Writable
  text(line: JournalLine): string
}

/** The log of a service: every journal line, once it is durable. */
export interface ServiceLog {
  readonly logger: Logger
  line(line: JournalLine): void
  /** The store refuses writes, or, without an error, takes them again; the journal cannot say it. */
  trouble(error: WatchkeeperError | undefined, at: number): void
}

/** Kinds of lines that somebody must, or should, look at. */
const ERRORS = [
  ...['monitor-gave-up', 'actor-gave-up', 'common-cause', 'cycle-failed', 'daily-loss'],
  ...[
    'exit-failed',
    'exit-stuck',
    'exit-fault',
    'exit-foreign',
    'holding-oversold',
    'second-guard',
  ],
]
const WARNINGS = [
  ...['monitor-restarted', 'actor-restarted', 'actor-restarted-by-hand'],
  ...['clock-moved', 'clock-followed', 'clock-returned'],
  ...['exit-unknown', 'exit-rejected', 'exit-reserved', 'exit-dust', 'exit-discarded'],
  ...['exit-closed', 'position-gone', 'position-shrunk', 'holding-unowned'],
  ...[
    'holdings-unconfirmed',
    'store-doubted',
    'daily-loss-near',
    'kill-switch',
    'breaker-moved',
    'journal-gap',
  ],
  ...[
    'notify-failed',
    'upkeep-failed',
    'chaos',
    'redis-lost',
    'redis-refused',
    'feed-malformed',
    'feed-gap',
  ],
]

/** Opens the log; secrets of the configuration never appear in it. */
export async function openLog(
  config: ServiceConfig,
  { stream, text }: LogTarget,
  monotonic: () => number,
): Promise<ServiceLog> {
  const log = await logger({
    ...config.log,
    ...{ stream, monotonic, secrets: secretsOf(config) },
    text: ({ kind, at, detail }) => text({ ...detail, kind, at } as JournalLine),
  })
  return {
    logger: log,
    trouble: (error, at) => {
      const entry = { at, component: 'service' } as const
      if (error === undefined) {
        log.log({ ...entry, level: 'info', kind: 'store-recovered', detail: {} })
      } else {
        const detail = { code: error.code, error: error.message }
        log.log({ ...entry, level: 'error', kind: 'store-failing', detail })
      }
    },
    line: ({ kind, at, ...detail }) => {
      log.log({ kind, at, detail, level: levelOf(kind), component: componentOf(kind) })
    },
  }
}

function levelOf(kind: string): LogLevel {
  if (ERRORS.includes(kind)) return 'error'
  return WARNINGS.includes(kind) ? 'warn' : 'info'
}

function componentOf(kind: string): LogComponent {
  if (kind.startsWith('exit-')) return 'exits'
  if (kind.startsWith('position-') || kind === 'rules-changed') return 'positions'
  const isOfActors = kind.startsWith('monitor-') || kind.startsWith('actor-')
  return isOfActors || kind === 'common-cause' ? 'supervision' : 'service'
}
