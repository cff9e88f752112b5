import type { Writable } from 'node:stream'
import type { ServiceConfig } from '../config/schema.ts'
import type { WatchkeeperError } from '../errors.ts'
import { logger, type Logger } from '../observability/logger.ts'
import { journalKindRow } from '../ports/journal-kinds.ts'
import type { JournalLine } from '../ports/journal-lines.ts'
import { secretsOf } from './secrets.ts'

/** The stream of the log, and the text form of a line. */
export interface LogTarget {
  readonly stream: Writable
  text(line: JournalLine): string
}

/** Further receivers of durable journal lines, set once they exist. */
export interface LineTap {
  onLine(seq: number): void
  /** Takes each line; those of losses are followed. */
  onLoss(line: JournalLine): void
}

/** The log of a service: every journal line, once it is durable. */
export interface ServiceLog {
  readonly logger: Logger
  line(line: JournalLine): void
  /** The store refuses writes; without an error: it takes them again. The journal cannot have this line. */
  trouble(error: WatchkeeperError | undefined, at: number): void
}

/** Opens the log; secrets of the configuration never appear in it. */
export async function openLog(
  config: ServiceConfig,
  { stream, text }: LogTarget,
  monotonic: () => number,
): Promise<ServiceLog> {
  const log = await logger({
    format: config.log.format,
    level: config.log.level,
    levels: config.log.levels,
    maxPerSecond: config.log.maxPerSecond,
    stream,
    monotonic,
    secrets: secretsOf(config),
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
      const { level, component } = journalKindRow(kind)
      log.log({ kind, at, detail, level, component })
    },
  }
}
