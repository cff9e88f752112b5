import { sum } from '../domain/decimal.ts'
import type { Position } from '../domain/position.ts'
import { leftOf } from '../domain/units.ts'
import type { ExitEvent } from './events.ts'
import type { Step } from './evidence.ts'
import type { HoldingGroup } from './holding-group.ts'
import { type ExitRecord, isAlive, isFollowed, isOver } from './record.ts'
import type { ExitSettings } from './settings.ts'

/** A call that somebody must make for an exit. */
export type CallKind = Extract<
  Step['kind'],
  'save' | 'send' | 'ask-order' | 'cancel' | 'ask-holding' | 'list-orders'
>

/** One exit in the book, and what is under way for it. Changes itself. */
export class ExitEntry {
  record: ExitRecord
  readonly position: Position
  readonly group: HoldingGroup
  /** Epoch ms. */
  readonly takenUpAt: number
  /** The exit is durable. */
  isIntended = false
  /** It was over before this process; whoever closes its position has not been told. */
  isEndUntold = false
  /** The order of which somebody was told that nobody knows what became of it. */
  private unprovedId: string | undefined
  /** The order that was looked up last. */
  private soughtId: string | undefined
  /** What of the record is durable, as far as somebody waited for it. */
  saved: ExitRecord | undefined
  /** Calls that have not ended yet. */
  private readonly underWay = new Set<CallKind>()
  /** Calls made since the last cycle: a venue that answers at once is not asked in a loop. */
  private readonly made = new Set<CallKind>()

  constructor(
    record: ExitRecord,
    position: Position,
    { group, takenUpAt }: Pick<ExitEntry, 'group' | 'takenUpAt'>,
  ) {
    this.record = record
    this.position = position
    this.group = group
    this.takenUpAt = takenUpAt
  }

  /** A new cycle: what was called before may be called again. */
  cycle(): void {
    this.made.clear()
  }

  /** How long, ms, its order has been in doubt, where that is too long and not told yet. */
  unproved(
    now: number,
    { loudAfterMs, workingMs }: Pick<ExitSettings, 'loudAfterMs' | 'workingMs'>,
  ): number | undefined {
    const { state, order } = this.record
    if (!isFollowed(state) || this.unprovedId === order.clientOrderId) return undefined
    const forMs = now - state.since
    // One that was taken may work for a while, and is cancelled then.
    const mostMs = state.kind === 'unknown' ? loudAfterMs : workingMs + loudAfterMs
    if (forMs < mostMs) return undefined
    this.unprovedId = order.clientOrderId
    return forMs
  }

  /** Begins the calls of these steps that may be made now, and gives them. */
  begin(steps: readonly Step[]): readonly CallKind[] {
    const { made, underWay } = this
    const kinds = steps.map(step => step.kind as CallKind)
    const wanted = this.isEndingTurn ? [...new Set<CallKind>([...kinds, 'save'])] : kinds
    const calls = wanted.filter(kind => !made.has(kind) && !underWay.has(kind))
    for (const kind of calls) {
      made.add(kind)
      // Whoever asks for a holding or a list does so for everybody, and once at a time.
      if (kind !== 'ask-holding' && kind !== 'list-orders') underWay.add(kind)
    }
    return calls
  }

  /** The calls that have not ended yet. */
  calls(): Iterable<CallKind> {
    return this.underWay
  }

  /** A call has ended. A save that went well may be followed by another one at once. */
  end(call: CallKind): void {
    if (call === 'ask-order') this.soughtId = this.record.order.clientOrderId
    this.underWay.delete(call)
  }

  /** The store has the exit as it was in `saved`. */
  recorded(saved: ExitRecord): void {
    this.end('save')
    this.made.delete('save')
    this.saved = saved
  }

  /** Whether the present order was looked up, whatever came of it. */
  get isSought(): boolean {
    return this.soughtId === this.record.order.clientOrderId
  }

  /** Lets other exits of the holding follow, once the store knows that this one needs it no more. */
  endTurn(): boolean {
    const { group, record, saved } = this
    if (!this.isEndingTurn || saved === undefined) return false
    if (saved.attempt !== record.attempt || !needsNoHolding(saved)) return false
    group.endTurn()
    return true
  }

  private get isEndingTurn(): boolean {
    return this.group.turn === this.record.positionId && needsNoHolding(this.record)
  }
}

/** Whether the holding is no evidence for the exit any more. */
const needsNoHolding = (record: ExitRecord): boolean =>
  isOver(record) ||
  (!isAlive(record) && (record.heldBefore === null || record.state.kind === 'rejected'))

/** Units that all attempts are known to have executed. */
export const executedOf = ({ before, executed }: ExitRecord): number =>
  sum(before.quantity, executed.quantity)

/** Units that the present order may have executed without our knowing. */
export const underWayOf = ({ order, executed }: ExitRecord): number =>
  leftOf(order.quantity, executed.quantity)

/** The event that a step is which needs no call. */
export function eventOf(step: Step, now: number): ExitEvent | undefined {
  switch (step.kind) {
    case 'plan':
      return { kind: 'planned', plan: step.plan, at: now }
    case 'retry':
    case 'flat':
    case 'untouched':
    case 'ended':
      return { ...step, at: now }
    case 'save':
    case 'send':
    case 'ask-order':
    case 'cancel':
    case 'ask-holding':
    case 'list-orders':
      return undefined
  }
}
