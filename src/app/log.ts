import type { Writable } from 'node:stream'
import type { ServiceConfig } from '../config/schema.ts'
import type { WatchkeeperError } from '../errors.ts'
import { logger, type LogComponent, type Logger, type LogLevel } from '../observability/logger.ts'
import type { JournalLine } from '../ports/control.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'
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
const ERRORS: readonly JournalKind[] = [
  'actor-gave-up',
  'common-cause',
  'cycle-failed',
  'daily-loss',
  'entry-refused',
  'exit-failed',
  'exit-fault',
  'exit-foreign',
  'exit-stuck',
  'exit-unproved',
  'exit-unverified',
  'holding-oversold',
  'exit-late-fill',
  'isolated-fault',
  'monitor-gave-up',
  'second-guard',
  'store-lost',
]
const WARNINGS: readonly JournalKind[] = [
  'actor-restarted',
  'actor-restarted-by-hand',
  'adoption-refused',
  'breaker-moved',
  'chaos',
  'clock-followed',
  'clock-moved',
  'clock-returned',
  'daily-loss-near',
  'exit-closed',
  'exit-discarded',
  'exit-dust',
  'exit-rejected',
  'exit-reserved',
  'exit-unknown',
  'feed-gap',
  'feed-malformed',
  'holding-unknown',
  'holding-unowned',
  'holdings-unconfirmed',
  'instrument-unpriced',
  'journal-gap',
  'kill-switch',
  'monitor-restarted',
  'notify-failed',
  'polls-failing',
  'position-gone',
  'position-shrunk',
  'redis-lost',
  'redis-refused',
  'rule-cannot-fire',
  'rules-refused',
  'store-away',
  'store-doubted',
  'upkeep-failed',
]
const levels = new Map<string, LogLevel>([
  ...ERRORS.map(kind => [kind, 'error'] as const),
  ...WARNINGS.map(kind => [kind, 'warn'] as const),
])

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

const levelOf = (kind: string): LogLevel => levels.get(kind) ?? 'info'

function componentOf(kind: string): LogComponent {
  if (kind.startsWith('exit-')) return 'exits'
  if (kind.startsWith('position-') || kind === 'rules-changed') return 'positions'
  const isOfActors = kind.startsWith('monitor-') || kind.startsWith('actor-')
  return isOfActors || kind === 'common-cause' ? 'supervision' : 'service'
}
