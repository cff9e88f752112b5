import { z } from 'zod'
import { sum } from '../../domain/decimal.ts'
import { firstInstant, localDay } from '../../domain/zone.ts'
import type { PortfolioView } from '../../ports/control/portfolio.ts'
import { journalKindRow } from '../../ports/journal-kinds.ts'
import type { JournalLine, JournalQuery } from '../../ports/journal-lines.ts'
import { nextTurn } from '../../ports/turns.ts'
import { accountIn } from './compose.ts'
import type { KeptRow } from './kept-row.ts'
import type { SummaryFigures } from './state-texts.ts'

/** Where the last summary ended, and what counts towards the next one; it outlives a process. */
export const keptSummary = z.strictObject({
  /** Epoch ms; undefined before the first one. */
  until: z.number().optional(),
  unguardedMs: z.number().nonnegative(),
  /** Time without a guard by account, where the configuration names its accounts. */
  unguarded: z.record(z.string(), z.number().nonnegative()).optional(),
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
  /** Each is summed up by itself. */
  readonly accounts: readonly SummarisedAccount[]
  /** Whether the configuration names its accounts; otherwise every line is of the only one. */
  readonly areNamed: boolean
}

/** An account as its day is summed up. */
export interface SummarisedAccount {
  readonly name: string
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
  /** Time without a guard of this process that the row has already, by account, ms. */
  private readonly counted = new Map<string, number>()
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
    const { kept, accounts, timezone } = this.options
    await this.count()
    const { sums, isPart } = await this.read(from, until)
    const day = new Date(localDay(timezone, until) * DAY_MS).toISOString().slice(0, 10)
    const summed = new Map<string, number>()
    for (const account of accounts) {
      const unguardedMs = this.unguarded(account.name)
      summed.set(account.name, unguardedMs)
      const found = sums.get(account.name)
      // A process that ended meanwhile has recorded it.
      if (found === undefined) continue
      const { limits } = await account.portfolio()
      const { profits, incidents, count } = found
      const figures: SummaryFigures = {
        ...count,
        profits,
        incidents,
        isPart,
        day,
        from,
        until,
        limits: limits.map(({ name, loss, maxLoss, trippedAt }) => {
          return { name, loss, maxLoss, isTripped: trippedAt !== null }
        }),
        unguardedMs,
      }
      await account.record('daily-summary', { ...figures })
    }
    const rest = [...summed].map(([name, ms]) => [name, Math.max(0, this.unguarded(name) - ms)])
    await kept.keep({ until, ...this.rowOf(Object.fromEntries(rest)) })
  }

  /** Figures of the lines of a period by account, without those whose summary is in the journal already. */
  private async read(
    from: number,
    until: number,
  ): Promise<{ readonly sums: ReadonlyMap<string, Sums>; readonly isPart: boolean }> {
    const { accounts, areNamed } = this.options
    const sums = new Map(accounts.map(({ name }) => [name, noSums()]))
    const only = areNamed ? undefined : accounts[0]!.name
    let before: number | undefined
    for (let read = 0; read < MOST_LINES && sums.size > 0; read += PAGE_LINES) {
      const lines = await this.options.journal({
        after: 0,
        limit: PAGE_LINES,
        last: PAGE_LINES,
        ...(before !== undefined && { before }),
      })
      for (const line of lines.toReversed()) {
        before = line.seq
        if (line.at < from) return { sums, isPart: false }
        const account = only ?? accountIn(line)
        // What concerns the process concerns each account.
        const concerned = account === undefined ? [...sums.keys()] : [account]
        for (const name of concerned) {
          if (line.kind === 'daily-summary' && line['until'] === until) sums.delete(name)
          const own = sums.get(name)
          if (own !== undefined && line.at < until) addTo(line, own)
        }
      }
      if (lines.length < PAGE_LINES) return { sums, isPart: false }
      await nextTurn()
    }
    return { sums, isPart: true }
  }

  private async count(): Promise<void> {
    const { accounts, kept } = this.options
    const more = accounts.map(({ name, unguardedMs }) => {
      const total = unguardedMs()
      const added = total - (this.counted.get(name) ?? 0)
      this.counted.set(name, total)
      return [name, Math.max(0, added)] as const
    })
    if (more.every(([, added]) => added === 0)) return
    const sums = more.map(([name, added]) => [name, this.unguarded(name) + added])
    await kept.keep(this.rowOf(Object.fromEntries(sums)))
  }

  /** Time without a guard that is not summed up yet, ms. */
  private unguarded(name: string): number {
    const { value } = this.options.kept
    return this.options.areNamed ? (value.unguarded?.[name] ?? 0) : value.unguardedMs
  }

  private rowOf(unguarded: Readonly<Record<string, number>>): Partial<KeptSummary> {
    const [only = 0] = Object.values(unguarded)
    return this.options.areNamed ? { unguarded } : { unguardedMs: only }
  }
}

interface Sums {
  readonly profits: Record<string, number>
  readonly incidents: Record<string, number>
  readonly count: { exits: number; won: number; lost: number }
}

const noSums = (): Sums => ({ profits: {}, incidents: {}, count: { exits: 0, won: 0, lost: 0 } })

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
