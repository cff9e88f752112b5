import type { Readable } from 'node:stream'
import { type LoadedPositions, loadPositions } from '../config/positions-file.ts'
import type { InstrumentId, PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import { WatchkeeperError } from '../errors.ts'
import { mergeTicks } from '../feeds/merge.ts'
import { type RecordedTick, type ReplayedRange, replayRows } from '../feeds/replay.ts'
import { tickFile } from '../feeds/tick-csv.ts'
import { timeOptions, type TimeUnit } from '../feeds/tick-time.ts'
import type { JournalEvent } from '../ports/journal.ts'
import { VirtualSystem } from '../app/virtual.ts'
import { ExitReport, type OpenLine, type ReplayLine } from './exit-report.ts'

export interface ReplayOptions {
  readonly positions: string
  readonly ticks: readonly string[]
  readonly rules?: string | undefined
  readonly strict: boolean
  readonly skipBadRows: boolean
  /** Unit of whole numbers in the column of time. */
  readonly tsUnit: TimeUnit
  readonly maxJumpPct?: number | undefined
}

/** Where the results of a replay go, and what it reads besides its files. */
export interface ReplayOutput {
  readonly stdin: Readable
  /** The positions are read and valid; nothing was replayed yet. */
  loaded(loaded: LoadedPositions): void
  /** Each line of the result, as soon as it is known. */
  line(line: ReplayLine): void
  /** A thing worth a line on stderr. */
  warn(text: string): void
  /** How much is read: share from 0 to 1 where the files' sizes are known, and rows played. */
  progress(share: number | undefined, rows: number): void
}

/** Without any row a position that does not say when it was opened has no better time than this. */
const NO_TIME = 0

/**
 * Replays recorded ticks against positions in virtual time. Throws InputError for bad input, and
 * WatchkeeperError when the run itself fails. Gives what was replayed.
 */
export async function runReplay(
  options: ReplayOptions,
  output: ReplayOutput,
): Promise<ReplayedRange> {
  const loaded = loadPositions({
    positionsFile: options.positions,
    rulesFile: options.rules,
    strict: options.strict,
  })
  output.loaded(loaded)
  const files = options.ticks.map((path, file) =>
    tickFile(path, {
      file,
      skipBadRows: options.skipBadRows,
      time: timeOptions(Date.now(), options.tsUnit),
      stdin: output.stdin,
      onProgress: () => output.progress(shareOf(files), system.rows),
    }),
  )
  const positions = new Map<PositionId, Position>()
  const names = files.length > 1 ? options.ticks : undefined
  const report = new ExitReport(positions, names, line => output.line(line))
  const failures: WatchkeeperError[] = []
  const { maxJumpPct } = options
  const system: VirtualSystem = new VirtualSystem({
    journal: event => record(event, { report, system, failures, warn: text => output.warn(text) }),
    ...(maxJumpPct !== undefined && { maxJumpPct }),
  })
  const guardAll = async (firstAt: number): Promise<void> => {
    for (const { position, ruleSet } of loaded.entries) {
      const opened: Position = { ...position, openedAt: position.openedAt ?? firstAt }
      positions.set(opened.id, opened)
      system.guard(opened, ruleSet)
    }
    await system.ready()
  }
  const range = await replayRows(mergeTicks(files), system, ({ ts }) => guardAll(ts))
  if (range.rows === 0) await guardAll(NO_TIME)
  await system.finish()
  if (failures[0] !== undefined) throw failures[0]
  report.finish()
  const skippedRows = files.reduce((sum, file) => sum + file.skippedRows, 0)
  const lateRows = files.reduce((sum, file) => sum + file.lateRows, 0)
  if (skippedRows > 0) output.warn(`${skippedRows} rows were left out (--skip-bad-rows)`)
  if (lateRows > 0) {
    output.warn(
      `${lateRows} rows were out of order, late by up to a second: played at the row before`,
    )
  }
  for (const each of unpricedIn(loaded, system)) output.warn(each)
  const open = openLines(loaded, system, report.waiting)
  for (const line of open) output.line(line)
  output.line({
    type: 'summary',
    positions: loaded.entries.length,
    exits: report.exits,
    open: open.length,
    byReason: report.byReason,
    ticks: range.rows,
    badTicks: system.badTicks,
    skippedRows,
    lateRows,
    from: range.from,
    to: range.to,
    profitAmount: report.profitAmount,
  })
  return range
}

/** What is read of all files together; undefined where one of them has no known size. */
function shareOf(
  files: readonly { progress: { bytesRead: number; totalBytes: number | undefined } }[],
): number | undefined {
  let read = 0
  let total = 0
  for (const { progress } of files) {
    read += progress.bytesRead
    total += progress.totalBytes ?? NaN
  }
  return total > 0 ? read / total : undefined
}

interface Recording {
  readonly report: ExitReport
  readonly system: VirtualSystem
  readonly failures: WatchkeeperError[]
  readonly warn: (text: string) => void
}

function record(event: JournalEvent, { report, system, failures, warn }: Recording): void {
  switch (event.kind) {
    case 'exit-intended': {
      const { decision } = event
      const tick = decision.tick === null ? null : (system.lastTick as RecordedTick)
      report.decided(decision, tick)
      return
    }
    case 'exit-filled':
      report.filled(event.fill)
      return
    case 'exit-failed':
      failures.push(failure(`the exit of ${event.decision.positionId} failed`, event.error))
      return
    case 'monitor-restarted':
      warn(`the monitor of ${event.positionId} crashed and was replaced: ${text(event.reason)}`)
      return
    case 'monitor-gave-up':
      failures.push(failure(`the monitor of ${event.positionId} crashed too often`, event.reason))
      return
    // No account, no store and no other actor takes part in a replay.
    case 'actor-gave-up':
    case 'actor-restarted':
    case 'common-cause':
    case 'exit-closed':
    case 'exit-dust':
    case 'exit-fault':
    case 'exit-foreign':
    case 'exit-rejected':
    case 'exit-reserved':
    case 'exit-stuck':
    case 'exit-unknown':
    case 'exit-unproved':
    case 'exit-unverified':
    case 'holding-oversold':
    case 'holding-unknown':
    case 'holding-unowned':
    case 'isolated-fault':
    case 'position-gone':
    case 'position-shrunk':
    case 'reconcile-failed':
    case 'released-order-over':
    case 'second-guard':
    case 'store-failed':
  }
}

const text = (reason: unknown): string =>
  reason instanceof Error ? reason.message : String(reason)

const failure = (what: string, cause: unknown): WatchkeeperError =>
  new WatchkeeperError('REPLAY_FAILED', `${what}: ${text(cause)}`, { cause })

function openLines(
  { entries }: LoadedPositions,
  system: VirtualSystem,
  waiting: ReadonlySet<PositionId>,
): OpenLine[] {
  return entries.flatMap(({ position: { id } }) => {
    const standing = system.standing(id)
    if (standing === undefined) return []
    const { stop, target, best } = standing
    const line: OpenLine = { type: 'open', positionId: id, stop, target, best }
    return [waiting.has(id) ? { ...line, exiting: true } : line]
  })
}

/** Instruments without a price in the whole replay, which nothing of was tested; one line each. */
function unpricedIn({ entries }: LoadedPositions, system: VirtualSystem): string[] {
  const needed = new Map<InstrumentId, PositionId[]>()
  for (const { position, ruleSet } of entries) {
    const watched = ruleSet.rules.flatMap(rule =>
      rule.kind === 'underlying' ? [rule.instrument ?? position.underlying] : [],
    )
    for (const instrument of [position.instrument, ...watched]) {
      if (instrument === undefined || system.hasPrice(instrument)) continue
      needed.set(instrument, [...(needed.get(instrument) ?? []), position.id])
    }
  }
  return [...needed].map(([instrument, ids]) => {
    const shown = [...new Set(ids)].slice(0, MOST_NAMED).join(', ')
    return `${instrument} had no tick: what depends on it was not tested (${shown})`
  })
}

const MOST_NAMED = 5
