import type { InstrumentId, PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import type { ExitReason } from '../domain/reason.ts'
import type { JournalLine } from './journal-lines.ts'

/** A position as the register keeps it. */
export interface Registered {
  readonly position: Position
  /** Options that its rule set is made from. */
  readonly rules: Readonly<Record<string, unknown>>
  /** Generation of the id, from 1. */
  readonly generation: number
  readonly state: 'open' | 'closed' | 'released'
  /** Of a closed one: what became of an order of its exit was once not known. */
  readonly wasDoubted?: true
  /** Of one that is over: how it ended, where that is known. */
  readonly ended?: Ended
  /** Units that it was added with, where it holds fewer by now. */
  readonly addedQuantity?: number
  /** What is still to be found out of an open one before its rules may exit it by a first price. */
  readonly entry?: Entry
  /** Of one that is over: an exit of it that had sent orders. */
  readonly exited?: EndedExit
  /** Earlier generations of the id whose orders may still be shown or executed, the last ones. */
  readonly former?: readonly FormerLife[]
  /** In `mode: observe`: the exit that would have been sent. */
  readonly observed?: ObservedExit
}

/** How a position ended. */
export interface Ended {
  /** Epoch ms. */
  readonly at: number
  /** A reason of an exit, `release`, or what closed it outside. */
  readonly by: string
  readonly price?: number
}

/**
 * A position that came without a fresh price: the first price of these instruments shows whether its
 * rules would exit it at once; if so it is refused until a person decides.
 */
export type Entry =
  | { readonly kind: 'awaits-price'; readonly of: readonly InstrumentId[] }
  | { readonly kind: 'refused'; readonly why: string; readonly at: number }

/** An exit that is over; an order of it may still arrive or be executed for a while. */
export interface EndedExit {
  /** When it was over, epoch ms. */
  readonly at: number
  readonly attempts: number
  /** Units that its orders are known to have executed; earlier releases have kept none. */
  readonly executed?: number
}

/** A generation of an id that is over, and whose exit had sent orders. */
export interface FormerLife {
  readonly position: Position
  readonly generation: number
  readonly exited: EndedExit
}

/** An exit that was decided and, as nothing may be sent, only noted. */
export interface ObservedExit {
  readonly reason: ExitReason
  /** Epoch ms. */
  readonly at: number
  /** Price that decided; null where time alone did. */
  readonly price: number | null
}

/** What only gets stricter: see the ratchet of a guard. */
export interface KeptRatchet {
  readonly best: number
  readonly anchor?: number
  /** Generation of the position that it belongs to; an earlier release has kept none. */
  readonly generation?: number
}

/** A ratchet that says its generation. */
export interface LifeRatchet extends KeptRatchet {
  readonly generation: number
}

/** An exit whose position was released while an order of it may still be executed. */
export interface ReleasedExit<Exit> {
  readonly record: Exit
  readonly position: Position
}

/** What has become of the exit of a released position; without it, it is over. */
export interface ReleasedChange<Exit> {
  readonly positionId: PositionId
  readonly generation: number
  readonly exit?: ReleasedExit<Exit>
}

/** What an earlier process left behind. */
export interface RecoveredState<Exit, Switch, Day> {
  readonly register: ReadonlyMap<PositionId, Registered>
  readonly ratchets: ReadonlyMap<PositionId, KeptRatchet>
  readonly exits: readonly Exit[]
  /** Exits of released positions that are not over. */
  readonly released?: readonly ReleasedExit<Exit>[]
  readonly killSwitch: Switch | undefined
  /** The portfolio's day; undefined before the first. */
  readonly day: Day | undefined
  /** Where the feed goes on; only that feed knows what it means. */
  readonly feedPlace?: unknown
  /** Nothing may be sent before a person has confirmed what the account holds. */
  readonly isUnconfirmed?: boolean
  /** Drawn at random when the store was made: order ids of another store are different ones. */
  readonly storeId?: string
  /** Highest generation of the ids that are not known any more; an unknown id starts above it. */
  readonly generationFloor?: number
}

/** A line of the journal before it has its number. */
export type KeptLine = Omit<JournalLine, 'seq'>

/**
 * What one act changes: all of it becomes durable, or none. What belongs to a generation of a position
 * changes nothing that a later generation has written.
 */
export interface Change<Exit, Switch, Day> {
  readonly register?: readonly Registered[]
  readonly ratchets?: ReadonlyMap<PositionId, LifeRatchet>
  readonly exits?: readonly Exit[]
  readonly released?: readonly ReleasedChange<Exit>[]
  readonly killSwitch?: Switch
  readonly isUnconfirmed?: boolean
  readonly day?: Day
  /** Where the feed has come to, with the ratchets as of there. */
  readonly feedPlace?: unknown
  readonly lines?: readonly KeptLine[]
}

/** Keeps the state of a running service. Durable means on disk when the promise resolves. */
export interface StateRepository<Exit, Switch, Day> {
  load(): Promise<RecoveredState<Exit, Switch, Day>>
  /** Gives the journal lines with their numbers. */
  keep(change: Change<Exit, Switch, Day>): Promise<readonly JournalLine[]>
}
