import type { HoldingKey } from '../domain/holding.ts'
import type { ClientOrderId, Execution, OrderState } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import { NOTHING } from '../exits/record.ts'
import { hasFired, isLive, isOver, type NetRecord } from './record.ts'

/** A call that a net needs. */
export type NetCall = 'save' | 'send' | 'amend' | 'cancel' | 'ask' | 'ask-holding' | 'list-orders'

/** Why the order of a net is to be cancelled; undefined: it stays. */
export type Unwanted =
  /** The position is being exited. */
  | 'exit'
  /** The position is over or released, or its rules ask for no net any more. */
  | 'no-position'
  /** Another order takes its place. */
  | 'replaced'

/** One net in the book, with the calls in flight for it. Mutable. Times are epoch ms. */
export class TrackedNet {
  record: NetRecord
  /** The record as the store has it, as of the last save that a call waited for. */
  saved: NetRecord | undefined
  readonly position: Position
  readonly key: HoldingKey
  unwanted: Unwanted | undefined
  /** Since when it is unwanted. */
  unwantedSince = Infinity
  /** When the order was sent last, or its trigger was changed. */
  changedAt = -Infinity
  /** The next order is not made before. */
  retryAt = 0
  rejections = 0
  /** The trigger is not changed again before. */
  amendAt = 0
  /** Changes of the present trigger that had no effect. */
  vainAmends = 0
  /** As of when the venue answered the last question about it. */
  seenAt = -Infinity
  /** As of when the last list of working orders without it was asked for. */
  notListedAt = -Infinity
  /** As of when a list showed less of it than is known to be open, or the venue did not change its trigger. */
  changedAtVenueAt = -Infinity
  /** As of when it was absent again, after a first time. */
  absentAgainAt = -Infinity
  /** As of when the last cancel was sent. */
  cancelledAt = Infinity
  /** What its exit has booked of it. */
  fed: Execution = NOTHING
  /** Units that its exit has booked of all orders. */
  exitBooked = 0
  /** The exit goes on beside it, though no answer proves its end. */
  isWaived = false
  isUnprovedReported = false
  private readonly underWay = new Set<NetCall>()
  private readonly made = new Set<NetCall>()

  constructor(record: NetRecord, position: Position, key: HoldingKey) {
    this.record = record
    this.position = position
    this.key = key
  }

  get id(): ClientOrderId {
    return this.record.order.clientOrderId
  }

  /** Whether its order may execute now or later, or has executed units that its exit has not booked. */
  get isOwed(): boolean {
    return hasFired(this.record) && this.record.executed.quantity > this.fed.quantity
  }

  get isLive(): boolean {
    return isLive(this.record)
  }

  /** Whether it rests at the venue, as far as is known. */
  get isProtecting(): boolean {
    const { state, exists } = this.record
    return state.kind === 'resting' || (state.kind === 'unknown' && exists)
  }

  get isOver(): boolean {
    return isOver(this.record)
  }

  /** Marks the order to be cancelled from `now` on. The first reason stays, except that an exit replaces it. */
  unwant(why: Unwanted, now: number): void {
    if (this.unwanted === undefined) this.unwantedSince = now
    if (this.unwanted === undefined || why !== 'replaced') this.unwanted = why
  }

  /** Begins the next order of the position; what was known about the last one is dropped. */
  next(record: NetRecord, now: number): void {
    this.record = record
    this.saved = undefined
    this.unwanted = undefined
    this.unwantedSince = Infinity
    this.changedAt = now
    this.seenAt = -Infinity
    this.notListedAt = -Infinity
    this.absentAgainAt = -Infinity
    this.changedAtVenueAt = -Infinity
    this.cancelledAt = Infinity
    this.vainAmends = 0
    this.isUnprovedReported = false
    this.isWaived = false
  }

  /** Takes an answer of the venue about the order to a question of `askedAt`. */
  answered(
    { order, askedAt }: { readonly order: OrderState; readonly askedAt: number },
    apartMs: number,
  ): void {
    if (order.kind === 'unknown') return
    this.seenAt = Math.max(this.seenAt, askedAt)
    const { state } = this.record
    const absentAt = state.kind === 'unknown' ? state.absentAt : undefined
    const isAgain = order.kind === 'absent' && askedAt >= (absentAt ?? Infinity) + apartMs
    if (isAgain) this.absentAgainAt = askedAt
  }

  /** The venue has answered to a change of the trigger. One that it refuses may rest no more: it is looked up. */
  amended({ order, at }: { readonly order: OrderState; readonly at: number }): void {
    if (order.kind === 'working') this.vainAmends = 0
    else if (order.kind === 'rejected' || order.kind === 'absent') this.changedAtVenueAt = at
  }

  /** A new cycle: calls of earlier cycles may be made again. */
  cycle(): void {
    this.made.clear()
  }

  /** Marks those of the calls as in flight that may be made now, and returns them. */
  begin(calls: readonly NetCall[]): readonly NetCall[] {
    const begun = calls.filter(call => !this.made.has(call) && !this.underWay.has(call))
    for (const call of begun) {
      this.made.add(call)
      // One query of a holding or of the list serves all nets.
      if (call !== 'ask-holding' && call !== 'list-orders') this.underWay.add(call)
    }
    return begun
  }

  /** A call has ended. After a save, calls that waited for it may follow in the same cycle. */
  end(call: NetCall): void {
    this.underWay.delete(call)
    if (call === 'save') this.made.delete('save')
  }
}
