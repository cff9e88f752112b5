import type { Side } from '../domain/position.ts'
import type { ExitReason } from '../domain/reason.ts'
import type { HistoryStep } from './journal.ts'

/** How a position ended: by a fill of its exit, or outside (`gone`, `dust`) without a known price. */
export const TRADE_ENDS = ['filled', 'gone', 'dust'] as const

export type TradeEnd = (typeof TRADE_ENDS)[number]

/** A position from its open to its close. Times are epoch ms, profits gross. */
export interface TradeView {
  /** Number of the journal line that ended it. */
  readonly seq: number
  readonly positionId: string
  /** Generation of the position id, from 1. */
  readonly generation: number
  readonly instrument: string
  readonly side: Side
  readonly account: string | null
  readonly underlying: string | null
  /** Currency of `profit`; null where none is configured. */
  readonly currency: string | null
  readonly entryPrice: number
  readonly multiplier: number
  readonly openedAt: number
  readonly closedAt: number
  readonly end: TradeEnd
  /** Why it was exited; null where no exit was decided. */
  readonly reason: ExitReason | null
  /** Every reason that held when the exit was decided, most important first. */
  readonly matched: readonly ExitReason[]
  readonly decidedAt: number | null
  /** Stop or target of `reason`, and the price that was compared with it; null where time decided. */
  readonly level: number | null
  readonly decidedPrice: number | null
  /** Units that the exit executed at `price`, the average; where no fill is known, units held and null. */
  readonly quantity: number
  readonly price: number | null
  /** Money, and percent of the entry price; null where no price is known. */
  readonly profit: number | null
  readonly profitPct: number | null
  /** The last order of the exit, and its attempts; null where none was made. */
  readonly clientOrderId: string | null
  readonly attempts: number | null
  /** What happened to an exit that did not go straight. */
  readonly steps: readonly HistoryStep[]
}

export interface TradesQuery {
  /** Most trades of one page. */
  readonly limit: number
  /** Only those whose line has a lower number: where the page before ended. */
  readonly before?: number
  /** Closed at or after `since` and before `until`, epoch ms. */
  readonly since?: number
  readonly until?: number
  readonly account?: string
  readonly positionId?: string
  /** Only those that an exit ended. */
  readonly exitsOnly?: boolean
}

/** Trades, the last one first. */
export interface TradesPage {
  readonly trades: readonly TradeView[]
  /** `before` of the next page; null where no more follow. A page may be short, or empty, before that. */
  readonly next: number | null
}
