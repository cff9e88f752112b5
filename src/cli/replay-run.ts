import type { Readable } from 'node:stream'
import { VirtualSystem } from '../app/virtual.ts'
import { loadPositions, type LoadedPositions } from '../config/positions-file.ts'
import type { InstrumentId, PositionId } from '../domain/ids.ts'
import type { InstrumentTable } from '../domain/instrument.ts'
import type { Position } from '../domain/position.ts'
import { UsageError, type WatchkeeperError } from '../errors.ts'
import { mergeTicks } from '../feeds/merge.ts'
import { replayRows, type ReplayedRange } from '../feeds/replay.ts'
import type { NamedColumns } from '../feeds/tick-columns.ts'
import { tickFile } from '../feeds/tick-csv.ts'
import { timeOptions, type TimeUnit } from '../feeds/tick-time.ts'
import { ExitReport, type OpenLine, type ReplayLine } from './exit-report.ts'
import { limitLine } from './limit-line.ts'
import { playedConfig, unplayedText, type PlayedConfig } from './replay-config.ts'
import { record } from './replay-journal.ts'
import { oddities, refuseSkipped } from './replay-oddities.ts'
import { untestedIn, untestedText } from './untested.ts'

export interface ReplayOptions {
  /** Undefined: the file that the configuration names. */
  readonly positions?: string | undefined
  readonly ticks: readonly string[]
  readonly rules?: string | undefined
  /** Configuration of a service; the replay uses its account-related settings. */
  readonly config?: string | undefined
  readonly strict: boolean
  readonly skipBadRows: boolean
  /** Most rows that may be skipped, percent; default MAX_SKIPPED_PCT. */
  readonly maxSkipped?: number | undefined
  /** Unit of integers in the time column. */
  readonly tsUnit: TimeUnit
  /** Headers by meaning, as the user states them. */
  readonly columns?: NamedColumns | undefined
  /** The instrument of tick files that have no column of instruments. */
  readonly instrument?: InstrumentId | undefined
  /** Zone of times without an offset. */
  readonly zone?: string | undefined
  readonly maxJumpPct?: number | undefined
}

/** Beyond this the result describes less than half of the file. */
export const MAX_SKIPPED_PCT = 50

/** Where the results of a replay go, and its inputs besides files. */
export interface ReplayOutput {
  readonly stdin: Readable
  /** Overrides of the configuration; default none. */
  readonly env?: NodeJS.ProcessEnv
  /** Called when the positions were read and are valid, before the replay starts. */
  loaded(loaded: LoadedPositions, instruments: InstrumentTable | undefined): void
  /** Called with each line of the result, as soon as it is known. */
  line(line: ReplayLine): void
  /** Called with the interpretation of the input, for stderr. */
  note(text: string): void
  /** Called with a warning for stderr. */
  warn(text: string): void
  /**
   * Called with the progress: fraction from 0 to 1 where the files' sizes are known, and rows
   * played.
   */
  progress(share: number | undefined, rows: number): void
}

/** Default opening time of positions without one when there is no row. */
const NO_TIME = 0

/**
 * Replays recorded ticks against positions in virtual time; returns the summary.
 *
 * @throws InputError for bad input; WatchkeeperError when the run itself fails, or too many rows
 * were skipped.
 */
export async function runReplay(
  options: ReplayOptions,
  output: ReplayOutput,
): Promise<ReplayedRange> {
  const [loaded, config] = await load(options, output)
  const files = options.ticks.map((path, file) =>
    tickFile(path, {
      file,
      skipBadRows: options.skipBadRows,
      time: timeOptions(Date.now(), options.tsUnit, options.zone),
      columns: options.columns,
      instrument: options.instrument,
      onTaken: text => output.note(`${path === '-' ? 'stdin' : path}: ${text}`),
      stdin: output.stdin,
      onProgress: () => output.progress(shareOf(files), system.rows),
    }),
  )
  const positions = new Map<PositionId, Position>()
  const reached = new Map<PositionId, { readonly best: number; readonly at: number }>()
  const names = files.length > 1 ? options.ticks : undefined
  const report = new ExitReport(
    positions,
    names,
    line => output.line(line),
    instrument => config?.account.instruments?.of(instrument).currency,
  )
  const failures: WatchkeeperError[] = []
  const tripped: string[] = []
  const warn = (text: string): void => output.warn(text)
  const system: VirtualSystem = new VirtualSystem({
    ...config?.account,
    maxJumpPct: options.maxJumpPct ?? config?.maxJumpPct,
    journal: event => record(event, { report, system, failures, reached, warn }),
    onLimit: (event, at) => {
      if (event.kind === 'tripped') tripped.push(event.standing.limit.name)
      output.line(limitLine(event, at))
    },
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
  summarise({ loaded, config, files, positions, system, report, reached, tripped, range }, output)
  const skippedRows = sumOf(files, file => file.skippedRows)
  refuseSkipped(skippedRows, range.rows, options.maxSkipped ?? MAX_SKIPPED_PCT)
  return range
}

/** A completed replay. */
interface Replayed {
  readonly loaded: LoadedPositions
  readonly config: PlayedConfig | undefined
  readonly files: readonly { readonly skippedRows: number; readonly lateRows: number }[]
  readonly positions: ReadonlyMap<PositionId, Position>
  readonly system: VirtualSystem
  readonly report: ExitReport
  readonly reached: ReadonlyMap<PositionId, { readonly best: number; readonly at: number }>
  /** Names of limits. */
  readonly tripped: readonly string[]
  readonly range: ReplayedRange
}

/** Reports what is still open, what was odd or never tested, and the counts. */
function summarise(replayed: Replayed, output: ReplayOutput): void {
  const { loaded, config, files, positions, system, report, reached, tripped, range } = replayed
  const endAt = range.to ?? NO_TIME
  const untested = untestedIn({
    entries: loaded.entries,
    endAt,
    position: id => positions.get(id)!,
    pricedAt: instrument => system.pricedAt(instrument),
    reached: id => reached.get(id) ?? { best: system.standing(id)?.best ?? NaN, at: endAt },
  })
  const skippedRows = sumOf(files, file => file.skippedRows)
  const lateRows = sumOf(files, file => file.lateRows)
  for (const each of oddities(system, { skippedRows, lateRows })) output.warn(each)
  for (const each of untested) output.warn(untestedText(each))
  const open = openLines(loaded, system, report)
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
    ...(report.profits.length > 1 && { profits: report.profits }),
    ...(untested.length > 0 && { untested }),
    ...(config !== undefined && {
      limitsTripped: tripped,
      heldExits: system.heldExits,
      ticksOutsideHours: system.outsideHours,
      leftOut: config.unplayed,
    }),
  })
}

/** Reads positions, and the configuration where one is named. */
async function load(
  options: ReplayOptions,
  output: ReplayOutput,
): Promise<[LoadedPositions, PlayedConfig | undefined]> {
  const { config: file, positions } = options
  const config =
    file === undefined ? undefined : await playedConfig(file, { positions, env: output.env ?? {} })
  const positionsFile = config?.positions ?? positions
  if (positionsFile === undefined) {
    throw new UsageError(
      'found neither --positions nor a --config that names them, expected one of the two',
    )
  }
  const instruments = config?.account.instruments
  const loaded = loadPositions({
    positionsFile,
    rulesFile: options.rules,
    strict: options.strict || config?.strict === true,
    ...(instruments !== undefined && { instruments }),
  })
  output.loaded(loaded, instruments)
  if (file !== undefined && config !== undefined && config.unplayed.length > 0)
    output.warn(unplayedText(file, config.unplayed))
  return [loaded, config]
}

const sumOf = <Each>(all: readonly Each[], count: (each: Each) => number): number =>
  all.reduce((total, each) => total + count(each), 0)

/** Fraction read of all files together; undefined where the size of one is unknown. */
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

function openLines(
  { entries }: LoadedPositions,
  system: VirtualSystem,
  { waiting, belowMinimum }: ExitReport,
): OpenLine[] {
  return entries.flatMap(({ position: { id } }) => {
    const standing = system.standing(id)
    if (standing === undefined) return []
    const { stop, target, best } = standing
    const line: OpenLine = { type: 'open', positionId: id, stop, target, best }
    if (!waiting.has(id)) return [line]
    return [{ ...line, exiting: true, ...(belowMinimum.has(id) && { belowMinimum: true }) }]
  })
}
