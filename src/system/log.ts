import type { Writable } from 'node:stream'
import type { ServiceConfig } from '../config/schema.ts'
import { type LogComponent, type Logger, logger, type LogLevel } from '../observability/logger.ts'
import type { WatchkeeperError } from '../errors.ts'
import type { JournalLine } from '../ports/control.ts'

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
const ERRORS = ['monitor-gave-up', 'exit-failed', 'cycle-failed', 'daily-loss']
const WARNINGS = [
  ...['monitor-restarted', 'exit-unknown', 'exit-rejected', 'clock-moved', 'daily-loss-near'],
  ...['kill-switch', 'notify-failed', 'upkeep-failed', 'exit-discarded'],
  ...['redis-lost', 'redis-refused', 'feed-malformed', 'feed-gap'],
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
  return kind.startsWith('monitor-') ? 'supervision' : 'service'
}

/** Every value of the configuration that is nobody's business. */
function secretsOf({ http, feed, notify }: ServiceConfig): string[] {
  const ofChannels = notify.channels.flatMap(channel => {
    switch (channel.kind) {
      case 'webhook':
        return [channel.url, ...Object.values(channel.headers)]
      case 'slack':
        return [channel.url]
      case 'pagerduty':
        return [channel.routingKey]
      case 'telegram':
        return [channel.token]
    }
  })
  const single = [http.token, feed.redis?.password].filter(each => each !== undefined)
  return [...single, ...ofChannels]
}
