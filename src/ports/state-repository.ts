import type { InstrumentId, PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import type { ExitReason } from '../domain/reason.ts'
import type { StoredExtremes } from '../domain/stored-extremes.ts'
import type { JournalLine } from './journal-lines.ts'

/** A position as the position table stores it. */
export interface Registered {
  readonly position: Position
  /** Options that its rule set is made from. */
  readonly rules: Readonly<Record<string, unknown>>
  /** Generation of the id, from 1. */
  readonly generation: number
  readonly state: 'open' | 'closed' | 'released'
  /** Of a closed position: the outcome of an order of its exit was once unknown. */
  readonly wasDoubted?: true
  /** Of a closed position: how it ended, where that is known. */
  readonly ended?: Ended
  /** Quantity that it was added with, or that was set since; absent: the present one. */
  readonly addedQuantity?: number
  /** Stop of its first rules that had one, at the entry price: what R is a multiple of; earlier versions stored none. */
  readonly firstStop?: number
  /** What the first prices of an open position must still show before its rules may exit it. */
  readonly entry?: Entry
  /** Of a closed position: its exit, where that had sent orders. */
  readonly exited?: EndedExit
  /** The last earlier generations of the id whose orders may still appear or be executed. */
  readonly former?: readonly FormerGeneration[]
  /** In `mode: observe`: the exit that would have been sent. */
  readonly observed?: ObservedExit
}

/** How a position ended. */
export interface Ended {
  /** Epoch ms. */
  readonly at: number
  /** A reason of an exit, `release`, or what closed it outside the service. */
  readonly by: string
  readonly price?: number
}

/**
 * A position that was added without a fresh price. The first price of these instruments shows
 * whether its rules would exit it at once; then it is refused until a person decides.
 */
export type Entry =
  | { readonly kind: 'awaits-price'; readonly of: readonly InstrumentId[] }
  | { readonly kind: 'refused'; readonly why: string; readonly at: number }

/** An ended exit; its orders may still arrive or be executed for a while. */
export interface EndedExit {
  /** When it ended, epoch ms. */
  readonly at: number
  readonly attempts: number
  /** Units that its orders are known to have executed; earlier versions stored none. */
  readonly executed?: number
  /** Ids of its last orders, as they were sent; earlier versions stored none. */
  readonly orders?: readonly string[]
}

/** A closed generation of an id whose exit had sent orders. */
export interface FormerGeneration {
  readonly position: Position
  readonly generation: number
  readonly exited: EndedExit
}

/** An exit that was decided and, because nothing may be sent, only recorded. */
export interface ObservedExit {
  readonly reason: ExitReason
  /** Epoch ms. */
  readonly at: number
  /** Deciding price; null where time decided. */
  readonly price: number | null
}

/**
 * Values that only get stricter: see the ratchet of a watched position. The best price of a position is
 * the better of its own and of what its series has from its mark on.
 */
export interface KeptRatchet {
  readonly best: number
  /** Number of a series of stored extremes; without one its own best price counts alone. */
  readonly series?: number
  /** Segment of the series from which its prices count. */
  readonly mark?: number
  /** Worst price, combined with its series as the best one is; absent in rows of earlier versions: unknown. */
  readonly worst?: number
  readonly anchor?: number
  /** Generation of the position that it belongs to; earlier versions stored none. */
  readonly generation?: number
}

/** A ratchet with its generation. */
export interface GenerationRatchet extends KeptRatchet {
  readonly generation: number
}

/** An exit whose position was released while an order of it may still be executed. */
export interface ReleasedExit<Exit> {
  readonly record: Exit
  readonly position: Position
}

/** State of the exit of a released position; undefined: it has ended. */
export interface ReleasedChange<Exit> {
  readonly positionId: PositionId
  readonly generation: number
  readonly exit?: ReleasedExit<Exit>
}

/** The stop of a position that rests at the venue. */
export interface StoredNet<Net = unknown> {
  readonly record: Net
  readonly position: Position
}

/** State of the net of a generation of a position; undefined: it need not be stored any more. */
export interface NetChange<Net = unknown> {
  readonly positionId: PositionId
  readonly generation: number
  readonly net?: StoredNet<Net>
}

/** What an earlier process left behind. */
export interface RecoveredState<Exit, Switch, Day> {
  readonly register: ReadonlyMap<PositionId, Registered>
  /** Best prices are those that follow from a row and the series that it refers to. */
  readonly ratchets: ReadonlyMap<PositionId, KeptRatchet>
  /** Series of extremes by their numbers. */
  readonly extremes: ReadonlyMap<string, StoredExtremes>
  readonly exits: readonly Exit[]
  /** Exits of released positions that have not ended. */
  readonly released?: readonly ReleasedExit<Exit>[]
  /** Stops of positions that may rest at the venue. */
  readonly nets?: readonly StoredNet[]
  readonly killSwitch: Switch | undefined
  /** The portfolio's trading day; undefined before the first. */
  readonly day: Day | undefined
  /** Where the feed resumes; only that feed can interpret it. */
  readonly feedPlace?: unknown
  /** True: nothing may be sent before a person has confirmed the holdings. */
  readonly isUnconfirmed?: boolean
  /** Random id, drawn when the store was created: order ids of another store are different. */
  readonly storeId?: string
  /** Highest generation of the deleted ids; an unknown id starts above it. */
  readonly generationFloor?: number
}

/** A line of the journal before it has its number. */
export type KeptLine = Omit<JournalLine, 'seq'>

/**
 * One atomic change: all of it becomes durable, or none. Its rows never overwrite those of a later
 * generation of their position.
 */
export interface Change<Exit, Switch, Day> {
  readonly register?: readonly Registered[]
  readonly ratchets?: ReadonlyMap<PositionId, GenerationRatchet>
  /** Series of extremes by their numbers; undefined: it is deleted. */
  readonly extremes?: ReadonlyMap<string, StoredExtremes | undefined>
  readonly exits?: readonly Exit[]
  readonly released?: readonly ReleasedChange<Exit>[]
  readonly nets?: readonly NetChange[]
  readonly killSwitch?: Switch
  readonly isUnconfirmed?: boolean
  readonly day?: Day
  /** How far the feed was read, with the ratchets as of there. */
  readonly feedPlace?: unknown
  readonly lines?: readonly KeptLine[]
}

/** Stores the state of a running service. Durable means on disk when the promise resolves. */
export interface StateRepository<Exit, Switch, Day> {
  load(): Promise<RecoveredState<Exit, Switch, Day>>
  /** Returns the journal lines with their numbers. */
  keep(change: Change<Exit, Switch, Day>): Promise<readonly JournalLine[]>
}
