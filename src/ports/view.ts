import type { Layer } from '../domain/layer.ts'
import type { PositionState, Side } from '../domain/position.ts'
import type { ExitableView } from './control/exitable.ts'
import type { KillSwitchState } from './control/kill-switch.ts'
import type { PortfolioView } from './control/portfolio.ts'

/** The answers of `GET /api/view` and its stream; the page and other clients read these shapes. */

/**
 * A price series: an instrument seen from one side. The price that values a position comes from one
 * series.
 */
export interface ViewSeries {
  readonly instrument: string
  /** The part of a tick that is compared. */
  readonly source: 'trade' | 'bid' | 'ask'
  /** Null: the account's currency. */
  readonly currency: string | null
  readonly tickSize: number | null
}

/** Fields of a position that do not change while it is open. */
export interface ViewRow {
  /** Number of the row within this epoch; levels and removals name it. */
  readonly row: number
  readonly id: string
  /** Index of its price series. */
  readonly series: number
  readonly side: Side
  readonly entryPrice: number
  readonly multiplier: number
  /** True for an inverse contract: its profit is in coins, not in price points. */
  readonly isInverse: boolean
  /** Epoch ms. */
  readonly openedAt: number
  readonly account: string | null
  readonly underlying: string | null
  readonly levels: ViewLevels
}

/** Fields of a position that change, as a tuple: a frame carries many of them. */
export type ViewLevels = readonly [
  row: number,
  state: PositionState,
  best: number,
  stop: number | null,
  target: number | null,
  quantity: number,
  /** Why no rule can act on it. */
  unguardedBy: string | null,
  /** Why it is exited. */
  reason: string | null,
  /** Whether it could be exited now; null: it is being exited, or that was not judged yet. */
  exitable: ExitableView['state'] | null,
  /** Why it could not. */
  unexitableBy: string | null,
  /** What protects it; null: not known. */
  layer: Layer | null,
]

/** The last price of a series and its time of receipt (epoch ms); null before the first. */
export type ViewPrice = readonly [series: number, price: number | null, at: number | null]

/** An exit, from its decision to its end. Times are epoch ms. */
export interface ViewExit {
  readonly id: string
  /** Number of the journal line that decided it. */
  readonly seq: number
  readonly state: 'under-way' | 'filled' | 'closed' | 'observed' | 'discarded'
  readonly reason: string
  readonly instrument: string | null
  readonly side: Side | null
  readonly level: number | null
  /** The deciding price. */
  readonly trigger: number | null
  readonly fill: number | null
  readonly quantity: number | null
  readonly profit: number | null
  readonly clientOrderId: string | null
  readonly at: number
  readonly endedAt: number | null
}

/** Words for the status of the whole account. */
export const VIEW_WORDS = ['guarded', 'attention', 'not guarded'] as const

/** Status of the whole account, with its reasons. */
export interface ViewStatus {
  readonly word: (typeof VIEW_WORDS)[number]
  /** Most serious first. */
  readonly why: readonly string[]
  /** Since when the status holds, epoch ms; null: unknown. */
  readonly since: number | null
  /** Reasons why no exit order could be sent now; empty: it could. */
  readonly blockedBy: readonly string[]
  /** The same of single accounts where the service names several: only those that cannot send. */
  readonly blockedAccounts: Readonly<Record<string, readonly string[]>>
  readonly killSwitch: {
    readonly state: KillSwitchState
    readonly since: number | null
    readonly by: string | null
    readonly held: number
  }
  readonly version: string
}

/** One page of the whole view. */
export interface ViewPage {
  /** Changes with every new numbering of rows: then clients start anew. */
  readonly epoch: string
  /** Version of the page's content; the stream continues from it. */
  readonly version: number
  /** Epoch ms. */
  readonly at: number
  readonly series: readonly ViewSeries[]
  readonly prices: readonly ViewPrice[]
  readonly rows: readonly ViewRow[]
  /** `after` of the next page; null: this is the last one. */
  readonly next: number | null
  readonly status: ViewStatus
  readonly day: PortfolioView | null
  readonly exits: readonly ViewExit[]
  /** Build of the page that the service serves; null: it serves none. */
  readonly build: string | null
}

/** The changes since the version `from`; absent fields are unchanged. */
export interface ViewFrame {
  readonly epoch: string
  readonly version: number
  readonly from: number
  readonly at: number
  readonly prices?: readonly ViewPrice[]
  readonly levels?: readonly ViewLevels[]
  /** New series, by index. */
  readonly series?: readonly (readonly [index: number, series: ViewSeries])[]
  readonly rows?: readonly ViewRow[]
  readonly gone?: readonly number[]
  readonly status?: ViewStatus
  readonly day?: PortfolioView
  readonly exits?: readonly ViewExit[]
}

/** The stream cannot continue from a client's version: the client reads the view anew. */
export interface ViewReset {
  readonly reset: true
  readonly epoch: string
}
