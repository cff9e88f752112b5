import type { Layer, NetCount } from '../../domain/layer.ts'
import type { PositionState } from '../../domain/position.ts'
import type { ExitOutcome } from '../../domain/reason.ts'
import type { UnguardedCause } from '../../domain/unguarded.ts'
import type { EXITABLE_STATES } from '../../ports/control/exitable.ts'
import type { StoreStatus } from '../../ports/store.ts'
import type { ActorStatusName } from '../../ports/supervision.ts'
import type { AdvisorFacts } from './advisor-facts.ts'
import type { RedisFacts } from './redis-facts.ts'

/** Values of a scrape; collected when a scrape asks, at no cost to the ticks. */
export interface MetricFacts {
  readonly version: string
  readonly nodeVersion: string
  /** Epoch ms. */
  readonly startedAt: number
  readonly mode: string
  readonly health: string
  readonly killSwitch: string
  /** Open positions by state. */
  readonly positions: Readonly<Record<PositionState, number>>
  /** Open positions that are not being exited, by whether they could be. */
  readonly exitable: Readonly<Record<(typeof EXITABLE_STATES)[number], number>>
  /** Open positions by what protects them; stops at the venue, and positions that lack theirs. */
  readonly layers: Readonly<Record<Layer, number>>
  readonly nets: Readonly<Record<NetCount, number>>
  /** Time that positions were protected by their stops at the venue alone, summed over them, ms. */
  readonly venueLayerMs: number
  /** When the credentials of the broker end, epoch ms; undefined: never, or not known. */
  readonly credentialsEndAt: number | undefined
  /** How far the clock of the broker is ahead of this machine's, ms; undefined: not known. */
  readonly brokerClockMs: number | undefined
  /** Exits so far in this process, by reason; those that are over by outcome, too. */
  readonly exitsIntended: ReadonlyMap<string, number>
  readonly exitsEnded: Readonly<Record<ExitOutcome, ReadonlyMap<string, number>>>
  /** Attempts that the venue refused, by code. */
  readonly rejections: ReadonlyMap<string, number>
  readonly unknownOrders: number
  /** How often the venue had an order with the id of an attempt that this store did not send. */
  readonly foreignOrders: number
  /** Orders of ended exits that were executed after all. */
  readonly lateFills: number
  /** Orders that were sent without an answer about their holding. */
  readonly unverifiedOrders: number
  /** Longest present wait of an exit for such an answer, ms. */
  readonly unverifiedMs: number
  readonly closedElsewhere: number
  /** Orders of released positions that may still be executed. */
  readonly releasedOrders: number
  /** Exits that are durable and not over, by state of the ledger. */
  readonly openExits: ReadonlyMap<string, number>
  /** Age of the oldest of them, ms; 0 without one. */
  readonly oldestExitMs: number
  readonly ticks: {
    readonly evaluated: number
    readonly bad: number
    readonly old: number
    readonly closed: number
    readonly ahead: number
  }
  readonly prices: PriceFacts
  /** Time that positions were without a guard, summed over them, by cause, ms. */
  readonly unguardedMs: ReadonlyMap<UnguardedCause, number>
  readonly restarts: readonly {
    readonly kind: string
    readonly cause: string
    readonly count: number
  }[]
  readonly actors: readonly ActorFacts[]
  readonly deadLetters: number
  readonly brokerErrors: number
  readonly store: StoreStatus
  /** How often an observer of exits has thrown. */
  readonly followErrors: number
  /** Errors that concerned one position or holding alone. */
  readonly isolatedFaults: number
  readonly writes: WriteFacts
  readonly cycles: CycleFacts
  readonly notices: NoticeFacts
  readonly clockJumps: number
  readonly limits: readonly LimitFacts[]
  /** Every rule that there is. */
  readonly rules: readonly RuleFacts[]
  readonly gateway: GatewayFacts
  readonly redis: RedisFacts
  readonly streams: StreamFacts
  readonly advisors: readonly AdvisorFacts[]
}

/** State of the streams of a venue; empty without one. */
export interface StreamFacts {
  readonly streams: readonly {
    /** What comes on it. */
    readonly stream: string
    readonly isUp: boolean
    readonly reconnects: number
  }[]
  /** Messages that were read. */
  readonly messages: number
  /** How many of them proved nothing, by reason. */
  readonly oddities: Readonly<Record<string, number>>
}

/** State of the prices. Ages are ms; infinite before the first price. */
export interface PriceFacts {
  /** Of the instruments that are guarded, those of closed markets too. */
  readonly oldestMs: number
  readonly newestMs: number
  /** Instruments whose market is open and whose price is too old. */
  readonly stale: number
  /** Positions whose monitors have pending ticks or deadlines. */
  readonly pending: number
  /** Ticks that wait for them: most of one series, and the bound. */
  readonly backlog: number
  readonly backlogLimit: number
  /** Failed replays in place of a monitor. */
  readonly foldErrors: number
}

/** All actors of one kind. */
export interface ActorFacts {
  readonly kind: string
  /** How many there are in each state. */
  readonly states: Readonly<Record<ActorStatusName, number>>
  /** Messages that wait, and those that were handled, in `busyMs`. */
  readonly queued: number
  readonly handled: number
  readonly busyMs: number
}

export const STORE_ROWS = ['ratchets', 'extremes', 'lines', 'exits', 'positions'] as const

export interface WriteFacts {
  /** Writes that failed since the last one that went well. */
  readonly failing: number
  readonly commits: { readonly ok: number; readonly failed: number }
  readonly journalLines: number
  /** Rows that wait for their commit. */
  readonly waiting: Readonly<Record<(typeof STORE_ROWS)[number], number>>
  /** Age of the oldest best price that is not on disk, ms. */
  readonly ratchetAgeMs: number
  /** Journal lines lost while a store refused writes. */
  readonly lostLines: number
}

export interface CycleFacts {
  readonly ok: number
  readonly failed: number
  /** Cycles, of both, without a position to evaluate. */
  readonly empty: number
  /** Time by phase, ms. */
  readonly phasesMs: ReadonlyMap<string, number>
  /** Age of the last health snapshot, ms. */
  readonly healthAgeMs: number
  /** Time in which the event loop was busy, ms. */
  readonly loopActiveMs: number
}

/** What persons were sent, and sent. */
export interface NoticeFacts {
  /** Commands that a bot was sent, by channel and by what became of them. */
  readonly commands: readonly {
    readonly channel: string
    readonly counts: Readonly<Record<string, number>>
  }[]
  /** Messages about events, by channel. */
  readonly channels: readonly {
    readonly channel: string
    readonly delivered: number
    readonly failed: number
    readonly leftOut: number
    readonly waiting: number
  }[]
  readonly delivered: number
  readonly failed: number
  /** Changes without a message of their own. */
  readonly leftOut: number
  readonly waiting: number
  readonly beats: number
  readonly missedBeats: number
}

/** Statistics of calls to the broker. */
export interface GatewayFacts {
  /** The account of the calls, where the configuration names its accounts. */
  readonly account?: string | undefined
  readonly breakers: readonly {
    readonly account?: string | undefined
    readonly group: string
    readonly state: string
    readonly refused: number
  }[]
  readonly throttles: readonly {
    readonly account?: string | undefined
    readonly limit: string
    /** Calls a second, at present and at most; undefined: the venue names no limit. */
    readonly rate: number
    readonly ceiling: number | undefined
    readonly intervalMs: number
    readonly isFrozen: boolean
    readonly inFlight: number
    readonly lanes: readonly {
      readonly lane: string
      readonly depth: number
      readonly oldestWaitMs: number
      readonly dropped: number
    }[]
  }[]
  /** Largest share of a limit that the venue reported as used within a minute, by group; where it reports any. */
  readonly limitUses: readonly {
    readonly account?: string | undefined
    readonly group: string
    readonly share: number
  }[]
  /** Most calls of a lane. */
  readonly laneBound: number
  /** Calls that ended, by group, operation and outcome. */
  readonly calls: readonly {
    readonly account?: string | undefined
    readonly group: string
    readonly operation: string
    readonly outcome: string
    readonly count: number
  }[]
}

/** Results of one rule; `configured` and `armed` are numbers of positions. */
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
