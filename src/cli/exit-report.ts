import { sum } from '../domain/decimal.ts'
import type { Decision } from '../domain/decision.ts'
import type { InstrumentId, PositionId } from '../domain/ids.ts'
import type { Fill } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import { profitOf } from '../domain/profit.ts'
import { EXIT_REASONS, type ExitReason } from '../domain/reason.ts'
import type { RecordedTick } from '../feeds/replay.ts'
import type { LimitLine } from './limit-line.ts'
import type { Untested } from './untested.ts'

/** One exit of a replay, as its users read it; the order of the keys is part of the contract. */
export interface ExitLine {
  readonly type: 'exit'
  /** Name of the account, where the configuration names its accounts. */
  readonly account?: string
  readonly positionId: PositionId
  readonly instrument: string
  readonly side: string
  readonly reason: ExitReason
  readonly matched: readonly ExitReason[]
  /** Epoch ms. */
  readonly at: number
  readonly tick: {
    readonly file?: string
    readonly index: number
    readonly instrument: string
    readonly ts: number
    readonly price: number
  } | null
  readonly level: number | null
  readonly fillPrice: number
  /** Percent of the entry price, gross. */
  readonly profitPct: number
  /** Money, gross. */
  readonly profitAmount: number
}

/** A position that was not exited, or whose exit found no price. */
export interface OpenLine {
  readonly type: 'open'
  readonly account?: string
  readonly positionId: PositionId
  readonly stop: number | null
  readonly target: number | null
  readonly best: number
  readonly exiting?: true
  /** Its exit is worth less than the smallest order (`minOrderValue`). */
  readonly belowMinimum?: true
}

export interface SummaryLine {
  readonly type: 'summary'
  readonly positions: number
  readonly exits: number
  readonly open: number
  readonly byReason: Readonly<Record<ExitReason, number>>
  /** Rows with a time, an instrument and a price, including bad ticks. */
  readonly ticks: number
  readonly badTicks: number
  readonly skippedRows: number
  /** Rows that were slightly late, and were played at the time of the row before. */
  readonly lateRows: number
  readonly from: number | null
  readonly to: number | null
  /** Of all currencies together. */
  readonly profitAmount: number
  /** The profit of each currency, where the exits have several; null: an instrument without one. */
  readonly profits?: readonly ProfitIn[]
  /** What the prices did not test; absent: not evaluated. */
  readonly untested?: readonly Untested[]
  /** With a configuration: names of the limits that were reached, in that order. */
  readonly limitsTripped?: readonly string[]
  /** Exits that waited because too many came at once (massExit). */
  readonly heldExits?: number
  /** Ticks that were ignored because their market was closed. */
  readonly ticksOutsideHours?: number
  /** Settings of the configuration that have no effect in a replay. */
  readonly leftOut?: readonly string[]
}

interface ProfitIn {
  readonly currency: string | null
  readonly amount: number
}

export type ReplayLine = ExitLine | LimitLine | OpenLine | SummaryLine

type CurrencyOf = (instrument: InstrumentId) => string | undefined

interface Pending {
  readonly decision: Decision
  readonly tick: RecordedTick | null
  fill: Fill | undefined
}

/**
 * Turns decisions and fills into exit lines in the order of decision: a line waits for its fill,
 * and later lines wait behind it.
 */
export class ExitReport {
  /** Reported exits by reason. */
  readonly byReason = Object.fromEntries(EXIT_REASONS.map(reason => [reason, 0])) as Record<
    ExitReason,
    number
  >
  exits = 0
  profitAmount = 0
  private readonly positions: ReadonlyMap<PositionId, Position>
  private readonly fileNames: readonly string[] | undefined
  private readonly sums = new Map<string | null, number>()
  private readonly currencyOf: CurrencyOf
  private readonly emit: (line: ExitLine) => void
  private readonly pending = new Map<PositionId, Pending>()

  /** Pass `fileNames` only where there are several files: then each tick names its own. */
  constructor(
    positions: ReadonlyMap<PositionId, Position>,
    fileNames: readonly string[] | undefined,
    emit: (line: ExitLine) => void,
    currencyOf: CurrencyOf = () => undefined,
  ) {
    this.currencyOf = currencyOf
    this.positions = positions
    this.fileNames = fileNames
    this.emit = emit
  }

  /** The profit of each currency. */
  get profits(): readonly ProfitIn[] {
    return [...this.sums].map(([currency, amount]) => ({ currency, amount }))
  }

  /** Positions whose exit was decided and has found no price yet. */
  get waiting(): ReadonlySet<PositionId> {
    const unfilled = [...this.pending].filter(([, { fill }]) => fill === undefined)
    return new Set(unfilled.map(([id]) => id))
  }

  /** Positions whose exit waits as it is worth less than the smallest order. */
  readonly belowMinimum = new Set<PositionId>()

  decided(decision: Decision, tick: RecordedTick | null): void {
    this.pending.set(decision.positionId, { decision, tick, fill: undefined })
  }

  filled(fill: Fill): void {
    const exit = this.pending.get(fill.positionId)
    if (exit === undefined) return
    exit.fill = fill
    this.flush(false)
  }

  /** Reports every exit that has its fill, even behind one without a fill. */
  finish(): void {
    this.flush(true)
  }

  private flush(overtake: boolean): void {
    for (const [id, exit] of this.pending) {
      if (exit.fill !== undefined) {
        this.pending.delete(id)
        this.report(exit.decision, exit.tick, exit.fill)
      } else if (!overtake) {
        return
      }
    }
  }

  private report(decision: Decision, tick: RecordedTick | null, fill: Fill): void {
    const position = this.positions.get(decision.positionId)!
    const profit = profitOf(position, fill.price)
    this.exits++
    this.byReason[decision.reason]++
    this.profitAmount = sum(this.profitAmount, profit.profitAmount)
    const currency = this.currencyOf(position.instrument) ?? null
    this.sums.set(currency, sum(this.sums.get(currency) ?? 0, profit.profitAmount))
    const { positionId, instrument, side, reason, matched, at, level } = decision
    this.emit({
      type: 'exit',
      positionId,
      instrument,
      side,
      reason,
      matched,
      at,
      tick: tick === null ? null : this.tickOf(tick),
      level,
      fillPrice: fill.price,
      ...profit,
    })
  }

  private tickOf({ file, index, instrument, ts, price }: RecordedTick): ExitLine['tick'] {
    const name = this.fileNames?.[file]
    return { ...(name !== undefined && { file: name }), index, instrument, ts, price }
  }
}
