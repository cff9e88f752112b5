import type { ExitOrder } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import { isEnough } from '../domain/units.ts'
import type { Action } from './action.ts'
import { mayBeWhole } from './evidence.ts'
import { beginCalls, type CallKind } from './exit-calls.ts'
import { isFollowed, isUnchanged } from './exit-state.ts'
import type { HoldingGroup } from './holding-group.ts'
import { hasWorkingPast, isTooLarge } from './past-orders.ts'
import { isAlive, isOver, type ExitRecord } from './record.ts'
import { awaitsOf } from './report-readers.ts'
import { asksHolding, isHoldingEvidence, wayOf, type ExitSettings } from './settings.ts'
import { Verification } from './verification.ts'

/** The circumstances when a queued order is due. */
export interface Turn {
  /** Epoch ms. */
  readonly now: number
  /** Only the pace of the venue's limit has delayed it, and no other call of that limit was sent meanwhile. */
  readonly isPaced: boolean
}

/** Longest wait at the pace of a limit before an order asks again, ms. */
const LONGEST_PACE_MS = 60_000

/** One open exit: its record, the holding that it closes a part of, and its pending calls. Changes itself. */
export class TrackedExit {
  record: ExitRecord
  readonly position: Position
  readonly group: HoldingGroup
  /** Epoch ms. */
  readonly takenUpAt: number
  /** The exit is durable. */
  isIntended = false
  /** It was over before this process; the supervisor, which closes its position, does not know yet. */
  isEndUnreported = false
  /** The order whose unknown outcome was reported. */
  private unprovedId: string | undefined
  /** The order that was looked up last, and the one before which its predecessor was. */
  private soughtId: string | undefined
  private pastSoughtFor: string | undefined
  /** Whether the holding is known well enough to send an order by it. */
  readonly verification: Verification
  /** When the units beside its own were noted for the present attempt, epoch ms; not those of the store. */
  notedAt: number | undefined
  /** The durable state of the record, as of the last save that a caller waited for. */
  saved: ExitRecord | undefined
  /** The last evaluation of it led to the question for its holding. */
  private isAsking = false
  /** Calls that have not ended yet. */
  private readonly underWay = new Set<CallKind>()
  /** Calls made since the last cycle: a venue that answers at once is not asked in a loop. */
  private readonly made = new Set<CallKind>()

  constructor(
    record: ExitRecord,
    position: Position,
    { group, takenUpAt }: Pick<TrackedExit, 'group' | 'takenUpAt'>,
  ) {
    this.record = record
    this.position = position
    this.group = group
    this.takenUpAt = takenUpAt
    this.verification = new Verification(takenUpAt)
    group.readers.place(record)
  }

  /** Takes the record's next state, since `at` (epoch ms). */
  become(record: ExitRecord, at: number): void {
    const before = this.record
    const isGivenBack =
      before.state.kind === 'queued' &&
      (record.state.kind === 'intended' || record.state.kind === 'unknown')
    const isDoubtful = record.state.kind === 'unknown' && before.state.kind !== 'unknown'
    // What was known before the attempt, or before the wait, says nothing of what a person did since.
    if (isGivenBack || isDoubtful || record.attempt !== before.attempt)
      this.verification.askAgain(at)
    // Nor does an answer from before a fill show whether the holding has fallen by it.
    if (record.state.kind === 'filled' && before.state.kind !== 'filled')
      this.made.delete('ask-holding')
    this.record = record
    this.group.readers.place(record)
  }

  /** Whether what is known of the holding may be sent by at `now` (epoch ms). */
  isVerified(now: number, settings: ExitSettings): boolean {
    const { verification, group } = this
    return verification.isGiven(group.answered, now, settings) || this.isWaived(now, settings)
  }

  /**
   * An answer about the holding that is old at `now` (epoch ms) counts no more. An exit that waits for its turn keeps
   * the answer it was queued with: `isReady` judges that.
   */
  expireAnswer(now: number, settings: ExitSettings): void {
    const { record, verification, group } = this
    if (awaitsOf(record) !== 'call') verification.expire(group.answered, now, settings)
  }

  /** Whether this order waits for its turn, and is no more than the exit may sell as far as is known. */
  isWanted(order: ExitOrder): boolean {
    const { record, group } = this
    if (record.state.kind !== 'queued' || record.order !== order) return false
    if (hasWorkingPast(record) || isTooLarge(record)) return false
    if (record.isDoubted) return true
    const allowance = group.allowance(record.positionId)
    const isAllowed = allowance === undefined || isEnough(allowance, order.quantity)
    return isAllowed && isUnchanged(record.drift)
  }

  /** Whether this order may leave in its turn: what is held is known well enough still. */
  isReady(order: ExitOrder, settings: ExitSettings, { now, isPaced }: Turn): boolean {
    const { record, group } = this
    if (!this.isWanted(order)) return false
    const mustVerify = record.isDoubted
      ? !settings.capabilities.reduceOnly
      : asksHolding(settings.capabilities)
    if (!mustVerify) return true
    const { isWhole } = group.balance
    const held = group.held(order.side)
    if (record.isDoubted && !mayBeWhole({ held, isWhole, settings })) return false
    const holdingFreshMs = isPaced
      ? Math.max(LONGEST_PACE_MS, settings.holdingFreshMs)
      : settings.holdingFreshMs
    return this.isVerified(now, { ...settings, holdingFreshMs })
  }

  /** How long, ms, it has waited for an answer about its holding; 0 where it needs none. */
  unverifiedMs(now: number, { capabilities }: ExitSettings): number {
    const { kind } = this.record.state
    const isAgain = kind === 'unknown' && wayOf(capabilities) === 'resend'
    const isWaiting = this.isAsking && asksHolding(capabilities) && (kind === 'intended' || isAgain)
    return isWaiting ? this.verification.waitedMs(this.group.answered, now) : 0
  }

  /** The same where it is at least `loudAfterMs` and not reported yet. */
  unreportedUnverifiedMs(now: number, settings: ExitSettings): number | undefined {
    const forMs = this.unverifiedMs(now, settings)
    const isDue = forMs > 0 && forMs >= settings.loudAfterMs
    return isDue && !this.verification.isWaitReported ? forMs : undefined
  }

  /** No answer has come for so long that the order leaves by what was known last. */
  isWaived(now: number, { sendUnverifiedAfterMs: afterMs, capabilities }: ExitSettings): boolean {
    if (afterMs === undefined || isHoldingEvidence(capabilities)) return false
    return this.verification.waitedMs(this.group.answered, now) >= afterMs
  }

  /** Starts a new cycle: earlier calls may be repeated. */
  cycle(): void {
    this.made.clear()
  }

  /** How long, ms, its order's outcome has been unknown, where that is too long and not reported yet. */
  unreportedUnprovedMs(
    now: number,
    { loudAfterMs, workingMs }: Pick<ExitSettings, 'loudAfterMs' | 'workingMs'>,
  ): number | undefined {
    const { state, order } = this.record
    if (!isFollowed(state) || this.unprovedId === order.clientOrderId) return undefined
    const forMs = now - state.since
    // One that was taken may work for a while, and is cancelled then.
    const mostMs = state.kind === 'unknown' ? loudAfterMs : workingMs + loudAfterMs
    return forMs < mostMs ? undefined : forMs
  }

  /** The unknown outcome of the present order was reported. */
  unprovedReported(): void {
    this.unprovedId = this.record.order.clientOrderId
  }

  /** Begins the calls of these actions that may be made now, and gives them. */
  begin(actions: readonly Action[]): readonly CallKind[] {
    const kinds = actions.map(action => action.kind as CallKind)
    this.isAsking = kinds.includes('ask-holding')
    const wanted = this.isReleasingLock ? [...new Set<CallKind>([...kinds, 'save'])] : kinds
    return beginCalls(wanted, { made: this.made, underWay: this.underWay })
  }

  /** The calls that have not ended yet. */
  calls(): Iterable<CallKind> {
    return this.underWay
  }

  /** A call has ended. A save that went well may be followed by another one at once. */
  end(call: CallKind): void {
    const { clientOrderId } = this.record.order
    if (call === 'ask-order') this.soughtId = clientOrderId
    if (call === 'ask-past') this.pastSoughtFor = clientOrderId
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

  /** Whether the order before the present one was looked up during this attempt, whatever came of it. */
  get isPastSought(): boolean {
    return this.pastSoughtFor === this.record.order.clientOrderId
  }

  /** Lets other exits of the holding follow, once the store knows that this one needs it no more. */
  releaseLock(): boolean {
    const { group, record, saved } = this
    if (!this.isReleasingLock || saved === undefined) return false
    if (saved.attempt !== record.attempt || !needsNoHolding(saved)) return false
    group.unlock()
    return true
  }

  private get isReleasingLock(): boolean {
    return this.group.lockedBy === this.record.positionId && needsNoHolding(this.record)
  }
}

/** Whether the holding is no evidence for the exit any more. */
const needsNoHolding = (record: ExitRecord): boolean =>
  isOver(record) ||
  (!isAlive(record) && (record.heldBefore === null || record.state.kind === 'rejected'))
