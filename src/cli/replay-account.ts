import { VirtualSystem } from '../app/virtual.ts'
import type { PositionEntry } from '../config/position-reader.ts'
import { foreignIn, instrumentAt } from '../domain/feed-instrument.ts'
import type { PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import type { Tick } from '../domain/tick.ts'
import type { WatchkeeperError } from '../errors.ts'
import type { RowSink } from '../ports/feed.ts'
import { ExitReport, type OpenLine, type ReplayLine } from './exit-report.ts'
import { limitLine } from './limit-line.ts'
import type { PlayedSettings } from './replay-config.ts'
import { record } from './replay-journal.ts'
import { untestedIn, type Untested } from './untested.ts'

export interface PlayedAccountOptions {
  /** Undefined without a configuration. */
  readonly settings: PlayedSettings | undefined
  readonly entries: readonly PositionEntry[]
  /** Names of the tick files, where there are several. */
  readonly fileNames: readonly string[] | undefined
  readonly maxJumpPct: number | undefined
  line(line: ReplayLine): void
  warn(text: string): void
}

/** One account of a replay: its positions, its limits, and what came of them. */
export class PlayedAccount implements RowSink {
  readonly system: VirtualSystem
  readonly report: ExitReport
  readonly failures: WatchkeeperError[] = []
  /** Names of the limits that were reached, in that order. */
  readonly tripped: string[] = []
  private readonly options: PlayedAccountOptions
  private readonly positions = new Map<PositionId, Position>()
  private readonly reached = new Map<PositionId, { readonly best: number; readonly at: number }>()

  constructor(options: PlayedAccountOptions) {
    const { settings, fileNames, maxJumpPct } = options
    this.options = options
    this.report = new ExitReport(
      this.positions,
      fileNames,
      line => options.line(this.named(line)),
      instrument => settings?.account.instruments?.of(instrument).currency,
    )
    const { report, failures, reached } = this
    const warn = (text: string): void => options.warn(this.shown(text, ': '))
    this.system = new VirtualSystem({
      ...settings?.account,
      maxJumpPct: maxJumpPct ?? settings?.maxJumpPct,
      journal: event => record(event, { report, system: this.system, failures, reached, warn }),
      onLimit: (event, at) => {
        if (event.kind === 'tripped') this.tripped.push(this.shown(event.standing.limit.name))
        options.line(this.named(limitLine(event, at)))
      },
    })
  }

  /** Takes the positions under guard; those without a time were opened at `firstAt` (epoch ms). */
  async guardAll(firstAt: number): Promise<void> {
    for (const { position, ruleSet } of this.options.entries) {
      const opened: Position = { ...position, openedAt: position.openedAt ?? firstAt }
      this.positions.set(opened.id, opened)
      this.system.guard(opened, ruleSet)
    }
    await this.system.ready()
  }

  row(tick: Tick): Promise<void> | undefined {
    return this.system.row(this.known(tick))
  }

  /** What is still open, in the order of the file. */
  openLines(): OpenLine[] {
    const { waiting, belowMinimum } = this.report
    return this.options.entries.flatMap(({ position: { id } }) => {
      const standing = this.system.standing(id)
      if (standing === undefined) return []
      const { stop, target, best } = standing
      const line: OpenLine = { type: 'open', positionId: id, stop, target, best }
      if (!waiting.has(id)) return [this.named(line)]
      const exiting: OpenLine = { ...line, exiting: true }
      return [this.named(belowMinimum.has(id) ? { ...exiting, belowMinimum: true } : exiting)]
    })
  }

  /** What the prices did not test; `endAt`: time of the last row, epoch ms. */
  untested(endAt: number): Untested[] {
    const { system, positions, reached } = this
    const found = untestedIn({
      entries: this.options.entries,
      endAt,
      position: id => positions.get(id)!,
      pricedAt: instrument => system.pricedAt(instrument),
      reached: id => reached.get(id) ?? { best: system.standing(id)?.best ?? NaN, at: endAt },
    })
    return found.map(each => ({
      ...each,
      examples: each.examples.map(id => this.shown(id) as PositionId),
    }))
  }

  private get name(): string | undefined {
    return this.options.settings?.name
  }

  /** A name with that of the account in front, where the configuration names its accounts. */
  private shown(text: string, separator = '/'): string {
    return this.name === undefined ? text : `${this.name}${separator}${text}`
  }

  private named<Line extends ReplayLine>(line: Line): Line {
    const { name } = this
    return name === undefined ? line : Object.assign({ type: line.type, account: name }, line)
  }

  /** The instrument of a recorded `feed:instrument` as the account knows it: without the name of its own feed. */
  private known(tick: Tick): Tick {
    const { settings } = this.options
    if (settings === undefined || settings.feeds.length < 2) return tick
    const found = foreignIn(tick.instrument, name => settings.feeds.includes(name))
    if (found === undefined) return tick
    const { feed, instrument } = found
    return {
      ...tick,
      instrument: feed === settings.feed ? instrument : instrumentAt(feed, instrument),
    }
  }
}

/** The accounts of a replay one after the other: each row is over in one before the next has it. */
export function rowsTo(accounts: readonly PlayedAccount[]): RowSink {
  const [only, ...others] = accounts
  if (only !== undefined && others.length === 0) return only
  return {
    row: tick => {
      let acting: Promise<void> | undefined
      for (const account of accounts) {
        acting = acting === undefined ? account.row(tick) : acting.then(() => account.row(tick))
      }
      return acting
    },
  }
}
