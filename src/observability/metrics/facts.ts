import type { StoreStatus } from '../../ports/store.ts'

/** What a scrape is told; collected when somebody asks, at no cost to the ticks. */
export interface MetricFacts {
  readonly version: string
  readonly nodeVersion: string
  /** Epoch ms. */
  readonly startedAt: number
  readonly now: number
  readonly mode: string
  readonly health: string
  readonly killSwitch: string
  /** Open positions by what becomes of them. */
  readonly positions: Readonly<Record<PositionGroup, number>>
  /** Exits so far in this process, by reason. */
  readonly exitsIntended: ReadonlyMap<string, number>
  readonly exitsFilled: ReadonlyMap<string, number>
  /** Exits that are durable and not over, by state of the ledger. */
  readonly openExits: ReadonlyMap<string, number>
  /** Age of the oldest of them, ms; 0 without one. */
  readonly oldestExitMs: number
  readonly ticks: { readonly accepted: number; readonly bad: number; readonly old: number }
  /** Time that positions were without a guard, summed over them, by cause, ms. */
  readonly unguardedMs: ReadonlyMap<UnguardedCause, number>
  readonly restarts: number
  readonly actors: { readonly alive: number; readonly expected: number }
  readonly deadLetters: number
  readonly brokerErrors: number
  readonly storeErrors: number
  readonly store: StoreStatus
  readonly journalLines: number
  readonly clockJumps: number
  readonly limits: readonly LimitFacts[]
  /** Every rule that there is. */
  readonly rules: readonly RuleFacts[]
  readonly gateway: GatewayFacts
  readonly redis: RedisFacts
}

/** How Redis servers fare; without one all of it is empty. */
export interface RedisFacts {
  readonly connections: readonly {
    /** What it is for. */
    readonly use: string
    readonly isUp: boolean
    readonly breaker: string
    readonly reconnects: number
    /** Commands by how they ended. */
    readonly outcomes: Readonly<Record<string, number>>
  }[]
  /** Messages, entries and hashes with prices, by source. */
  readonly messages: Readonly<Record<string, number>>
  /** Those of them that were no price, by what was wrong. */
  readonly malformed: Readonly<Record<string, number>>
}

/** How calls to the broker fare. */
export interface GatewayFacts {
  readonly breakers: readonly {
    readonly group: string
    readonly state: string
    readonly refused: number
  }[]
  readonly throttles: readonly {
    readonly limit: string
    readonly rate: number
    readonly inFlight: number
    readonly lanes: readonly {
      readonly lane: string
      readonly depth: number
      readonly oldestWaitMs: number
      readonly dropped: number
    }[]
  }[]
  /** Calls that ended, by group, operation and outcome. */
  readonly calls: readonly {
    readonly group: string
    readonly operation: string
    readonly outcome: string
    readonly count: number
  }[]
}

/** What became of one rule; `configured` and `armed` are numbers of positions. */
export interface RuleFacts {
  readonly name: string
  readonly configured: number
  readonly armed: number
  readonly evaluated: number
  readonly errored: number
  readonly fired: number
}

/** Loss and bound of a limit, money. */
export interface LimitFacts {
  readonly name: string
  readonly loss: number
  readonly maxLoss: number
  readonly isTripped: boolean
}

/**
 * Why a position is not guarded: the kill switch is `halt`, the store is not ours or refuses writes,
 * nobody holds its band, its price is too old, no process was there. The first that holds counts.
 */
export const UNGUARDED_CAUSES = ['halt', 'store', 'monitor', 'price', 'down'] as const
export type UnguardedCause = (typeof UNGUARDED_CAUSES)[number]

export const POSITION_GROUPS = ['guarded', 'exiting', 'observed', 'unguarded'] as const
export type PositionGroup = (typeof POSITION_GROUPS)[number]
