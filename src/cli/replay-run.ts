import { loadPositions, type LoadedPositions } from '../config/positions-file.ts'
import type { InstrumentId } from '../domain/ids.ts'
import { UsageError } from '../errors.ts'
import { mergeTicks } from '../feeds/merge.ts'
import { replayRows, type ReplayedRange } from '../feeds/replay.ts'
import type { NamedColumns } from '../feeds/tick-columns.ts'
import { tickFile } from '../feeds/tick-csv.ts'
import { timeOptions, type TimeUnit } from '../feeds/tick-time.ts'
import { PlayedAccount, rowsTo } from './replay-account.ts'
import {
  playedConfig,
  unplayedText,
  type PlayedConfig,
  type PlayedSettings,
} from './replay-config.ts'
import { refuseSkipped } from './replay-oddities.ts'
import type { ReplayOutput } from './replay-output.ts'
import { summarise, sumOf } from './replay-summary.ts'

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
      onProgress: () => output.progress(shareOf(files), accounts[0]!.system.rows),
    }),
  )
  const accounts = accountsOf({ loaded, config, options }, output)
  const guardAll = async (firstAt: number): Promise<void> => {
    for (const account of accounts) await account.guardAll(firstAt)
  }
  const range = await replayRows(mergeTicks(files), rowsTo(accounts), ({ ts }) => guardAll(ts))
  if (range.rows === 0) await guardAll(NO_TIME)
  for (const { system } of accounts) await system.finish()
  for (const { failures } of accounts) if (failures[0] !== undefined) throw failures[0]
  for (const { report } of accounts) report.finish()
  summarise({ loaded, config, files, accounts, range, endAt: range.to ?? NO_TIME }, output)
  const skippedRows = sumOf(files, file => file.skippedRows)
  refuseSkipped(skippedRows, range.rows, options.maxSkipped ?? MAX_SKIPPED_PCT)
  return range
}

/** The accounts of the configuration, or the only one, each with its positions. */
function accountsOf(
  {
    loaded: { entries },
    config,
    options,
  }: {
    readonly loaded: LoadedPositions
    readonly config: PlayedConfig | undefined
    readonly options: ReplayOptions
  },
  output: ReplayOutput,
): readonly PlayedAccount[] {
  const all: readonly (PlayedSettings | undefined)[] = config?.accounts ?? [undefined]
  return all.map(settings => {
    const name = settings?.name
    return new PlayedAccount({
      settings,
      entries: name === undefined ? entries : entries.filter(each => each.guardedIn === name),
      fileNames: options.ticks.length > 1 ? options.ticks : undefined,
      maxJumpPct: options.maxJumpPct,
      line: line => output.line(line),
      warn: text => output.warn(text),
    })
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
  const instruments = config?.accounts[0]!.account.instruments
  const loaded = loadPositions({
    positionsFile,
    rulesFile: options.rules,
    strict: options.strict || config?.strict === true,
    accounts: config?.accountNames,
    ...(instruments !== undefined && { instruments }),
  })
  output.loaded(loaded, instruments)
  if (file !== undefined && config !== undefined && config.unplayed.length > 0)
    output.warn(unplayedText(file, config.unplayed))
  return [loaded, config]
}

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
