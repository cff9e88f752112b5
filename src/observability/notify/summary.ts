import { z } from 'zod'
import { sum } from '../../domain/decimal.ts'
import { firstInstant, localDay } from '../../domain/zone.ts'
import type { PortfolioView } from '../../ports/control/portfolio.ts'
import { journalKindRow } from '../../ports/journal-kinds.ts'
import type { JournalLine, JournalQuery } from '../../ports/journal-lines.ts'
import type { KeptRow } from './kept-row.ts'
import type { SummaryFigures } from './state-texts.ts'

/** Where the last summary ended, and what counts towards the next one; it outlives a process. */
export const keptSummary = z.strictObject({
  /** Epoch ms; undefined before the first one. */
  until: z.number().optional(),
  unguardedMs: z.number().nonnegative(),
})
export type KeptSummary = z.infer<typeof keptSummary>

export interface SummaryOptions {
  /** Minutes after midnight at which the day is summed up. */
  readonly minutes: number
  readonly timezone: string
  readonly kept: KeptRow<KeptSummary>
  /** Epoch ms. */
  now(): number
  journal(query: JournalQuery): Promise<readonly JournalLine[]>
  portfolio(): Promise<PortfolioView>
  /** Time without a guard, over all positions, since this process began, ms. */
  unguardedMs(): number
  /** Writes the line; resolves when it is durable. */
  record(kind: 'daily-summary', detail: Readonly<Record<string, unknown>>): Promise<void>
}

const DAY_MS = 86_400_000
/** A process that was away for longer sums up this much. */
const LONGEST_MS = 7 * DAY_MS
const KEEP_MS = 60_000
const PAGE_LINES = 500
/** Journal lines that are read for one summary. */
const MOST_LINES = 200_000

/** Sums the day up at a local time, once, also where no process ran at that moment. */
export class Summary {
  private readonly options: SummaryOptions
  /** Of this process, that the row has already. */
  private counted = 0
  private keptAt = -Infinity
  private running: Promise<void> | undefined

  constructor(options: SummaryOptions) {
    this.options = options
  }

  /** Called in each cycle. */
  observe(): void {
    const { kept, now, timezone, minutes } = this.options
    const at = now()
    if (at - this.keptAt >= KEEP_MS || at < this.keptAt) {
      this.keptAt = at
      this.count().catch(() => undefined)
    }
    const due = lastDue(timezone, minutes, at)
    const { until } = kept.value
    if (until === undefined) kept.keep({ until: due }).catch(() => undefined)
    else if (due > until) this.run(Math.max(until, due - LONGEST_MS), due)
  }

  /** Resolves when nothing is under way, and what was counted is durable. */
  async stop(): Promise<void> {
    await this.running
    await this.count()
  }

  private run(from: number, until: number): void {
    this.running ??= this.sumUp(from, until)
      .catch(() => undefined)
      .finally(() => (this.running = undefined))
  }

  private async sumUp(from: number, until: number): Promise<void> {
    const { kept, record, portfolio, timezone } = this.options
    await this.count()
    const found = await this.read(from, until)
    const { unguardedMs } = kept.value
    if (found !== undefined) {
      const { limits } = await portfolio()
      const figures: SummaryFigures = {
        ...found,
        day: new Date(localDay(timezone, until) * DAY_MS).toISOString().slice(0, 10),
        from,
        until,
        limits: limits.map(({ name, loss, maxLoss, trippedAt }) => {
          return { name, loss, maxLoss, isTripped: trippedAt !== null }
        }),
        unguardedMs,
      }
      await record('daily-summary', { ...figures })
    }
    await kept.keep({ until, unguardedMs: Math.max(0, kept.value.unguardedMs - unguardedMs) })
  }

  /** Figures of the lines of a period; undefined where a summary of it is in the journal already. */
  private async read(
    from: number,
    until: number,
  ): Promise<
    Pick<SummaryFigures, 'exits' | 'won' | 'lost' | 'profits' | 'incidents' | 'isPart'> | undefined
  > {
    const profits: Record<string, number> = {}
    const incidents: Record<string, number> = {}
    const count = { exits: 0, won: 0, lost: 0 }
    let before: number | undefined
    for (let read = 0; read < MOST_LINES; read += PAGE_LINES) {
      const lines = await this.options.journal({
        after: 0,
        limit: PAGE_LINES,
        last: PAGE_LINES,
        ...(before !== undefined && { before }),
      })
      for (const line of lines.toReversed()) {
        before = line.seq
        if (line.at < from) return { ...count, profits, incidents, isPart: false }
        if (line.kind === 'daily-summary' && line['until'] === until) return undefined
        if (line.at < until) addTo(line, { profits, incidents, count })
      }
      if (lines.length < PAGE_LINES) return { ...count, profits, incidents, isPart: false }
      await new Promise(resolve => setImmediate(resolve))
    }
    return { ...count, profits, incidents, isPart: true }
  }

  private async count(): Promise<void> {
    const { kept, unguardedMs } = this.options
    const total = unguardedMs()
    const more = total - this.counted
    this.counted = total
    if (more > 0) await kept.keep({ unguardedMs: kept.value.unguardedMs + more })
  }
}

interface Sums {
  readonly profits: Record<string, number>
  readonly incidents: Record<string, number>
  readonly count: { exits: number; won: number; lost: number }
}

function addTo(line: JournalLine, { profits, incidents, count }: Sums): void {
  if (journalKindRow(line.kind).level === 'error') {
    incidents[line.kind] = (incidents[line.kind] ?? 0) + 1
  }
  if (line.kind === 'exit-closed') count.exits++
  if (line.kind !== 'exit-filled') return
  count.exits++
  const { profit, trade } = line as { profit?: unknown; trade?: { currency?: string } }
  if (typeof profit !== 'number') return
  const currency = trade?.currency ?? ''
  profits[currency] = sum(profits[currency] ?? 0, profit)
  if (profit > 0) count.won++
  if (profit < 0) count.lost++
}

/** The last instant at or before `at` at which the clock of the zone shows that many minutes. */
export function lastDue(timezone: string, minutes: number, at: number): number {
  const day = localDay(timezone, at)
  const today = firstInstant(timezone, day, minutes)
  return today <= at ? today : firstInstant(timezone, day - 1, minutes)
}
