import type { Decision } from '../domain/decision.ts'
import type { PositionId } from '../domain/ids.ts'
import type { ExitOrder } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import { restOf } from '../domain/units.ts'
import { newExit } from './attempts.ts'
import { circumstancesOf, type CallGates, type ExitsOptions } from './circumstances.ts'
import type { ExitEvent } from './events.ts'
import { follow, joined } from './exit-transitions.ts'
import type { HoldingBook } from './holding-book.ts'
import { mayExecuteMore, wasEvidence } from './holding-evidence.ts'
import { changeSince, lockHolding, noteBeside, resumeLock } from './holding-lock.ts'
import { endOf, lateFillOf, noticesOf } from './noticing.ts'
import { inSteps } from './reading.ts'
import { completed, isAlive, isIdle, type ExitRecord, type PastOrder } from './record.ts'
import { recovered } from './recovery.ts'
import { awaitsOf } from './report-readers.ts'
import { asksHolding, isHoldingEvidence, settingsFor } from './settings.ts'
import { eventOf, type Step } from './step.ts'
import { stepsFor } from './steps.ts'
import { executedOf, TrackedExit, underWayOf, type CallKind, type Turn } from './tracked-exit.ts'

/** A position that must be exited, at `now` (epoch ms). */
interface Intending {
  readonly position: Position
  readonly generation: number
  readonly now: number
  /** Gives the venue's stop of the position, where that may be executed beside a new exit. */
  net?(): PastOrder | undefined
}

/** Every exit of an account, and what is called for each. Changes itself. */
export class ExitTable {
  private readonly options: ExitsOptions
  private readonly holdings: HoldingBook
  private readonly entries = new Map<PositionId, TrackedExit>()
  private readonly orders = new Map<string, PositionId>()
  /** Exits of an earlier process whose evidence the holding is, until all its positions are there. */
  private readonly resumed = new Set<PositionId>()

  constructor(options: ExitsOptions, holdings: HoldingBook) {
    this.options = options
    this.holdings = holdings
  }

  /** The exits that are not over, and those of positions that are not closed yet. */
  *records(): Iterable<ExitRecord> {
    for (const { record } of this.entries.values()) yield record
  }

  ids(): readonly PositionId[] {
    return [...this.entries.keys()]
  }

  record(id: PositionId): ExitRecord | undefined {
    return this.entries.get(id)?.record
  }

  /** Whether the exit is durable, so that no monitor need ask for it again. */
  isIntended(id: PositionId): boolean {
    return this.entries.get(id)?.isIntended ?? false
  }

  /** Records that an open position must be exited; a later decision joins the first. */
  intend(decision: Decision, { position, generation, now, net }: Intending): void {
    // What was on its way while the position was closed or released is over.
    const current = this.holdings.current(position.id)
    if (current?.generation !== generation) return
    const known = this.entries.get(position.id)
    if (known !== undefined) {
      known.record = joined(known.record, decision)
      return
    }
    // The guard may not know yet that a part of it is gone.
    const owned = { ...position, quantity: current.owned }
    const record = newExit(
      { position: owned, generation, decision, at: now, net: net?.() },
      this.options.settings,
    )
    const entry = this.enter(record, owned, now)
    if (!isHoldingEvidence(this.options.settings.capabilities)) noteBeside(entry, now)
  }

  /** Takes up an exit that an earlier process has left, of a position that is owned. */
  restore(stored: ExitRecord, { position, now }: { position: Position; now: number }): void {
    const owned = this.holdings.current(position.id)?.owned ?? position.quantity
    const record = recovered(completed(stored), { now, owned }, this.options.settings)
    const entry = this.enter(record, position, now)
    entry.isIntended = true
    entry.saved = record
    const { capabilities } = settingsFor(record, this.options.settings, now)
    if (isHoldingEvidence(capabilities) && resumeLock(entry)) this.resumed.add(position.id)
    // A first attempt is settled by looking its id up again; those before this one, only by time.
    if (record.attempt > 1) entry.group.restored(now)
    // Reported in the first cycle: now there may be no actor yet that could take it.
    entry.isEndUnreported = record.state.kind === 'flat'
  }

  /** Forgets the exits that can have nothing at the broker, and gives them. */
  discard(): readonly ExitRecord[] {
    const idle = [...this.entries.values()].filter(({ record }) => isIdle(record))
    for (const entry of idle) this.leave(entry)
    return idle.map(({ record }) => record)
  }

  /** A new cycle, at `now` (epoch ms): what was asked before may be asked again. */
  cycle(now: number): void {
    this.settleLocks(now)
    for (const entry of this.entries.values()) {
      const { positionId } = entry.record
      this.options.faults.alone(
        `cycle of ${positionId}`,
        () => this.reportWaits(entry, now),
        undefined,
      )
    }
  }

  private reportWaits(entry: TrackedExit, now: number): void {
    entry.cycle()
    const forMs = entry.unproved(now, this.options.settings)
    const { decision, steps, order } = entry.record
    if (forMs !== undefined) {
      const { clientOrderId } = order
      this.options.notify({ kind: 'exit-unproved', decision, clientOrderId, forMs, steps })
    }
    const unverifiedMs = entry.unreportedUnverifiedMs(now, this.options.settings)
    if (unverifiedMs !== undefined) {
      this.options.notify({ kind: 'exit-unverified', decision, forMs: unverifiedMs, isSent: false })
    }
    if (!entry.isEndUnreported) return
    entry.isEndUnreported = false
    this.notifyEnd(entry)
  }

  /** Once all positions of an earlier process are there: those that came last were not kept with it. */
  settleLocks(now: number): void {
    if (this.resumed.size === 0) return
    const resumed = [...this.resumed]
    this.resumed.clear()
    for (const id of resumed) {
      this.options.faults.alone(`cycle of ${id}`, () => this.settleTurn(id, now), undefined)
    }
  }

  private settleTurn(id: PositionId, now: number): void {
    const entry = this.entries.get(id)
    if (entry === undefined) return
    const by = changeSince(entry.record, this.holdings.othersIn(entry.group, id))
    if (by === undefined) return
    this.happened(id, { kind: 'drifted', by, at: now })
    resumeLock(entry)
  }

  /** What is to be called for an exit now; each counts as begun. */
  due(id: PositionId, gates: CallGates): readonly CallKind[] {
    const entry = this.entries.get(id)
    if (entry === undefined) return []
    this.settleLocks(gates.now)
    // Each step that needs no call leads to another state; the bound is for a mistake.
    for (let count = 0; count < MOST_STEPS_AT_ONCE; count++) {
      const steps = this.stepsOf(entry, gates)
      const known = steps.map(step => eventOf(step, gates.now)).find(event => event !== undefined)
      if (known === undefined) return this.begin(entry, steps, gates.now)
      this.happened(id, known)
    }
    return []
  }

  /** Exits that wait for an answer about their holding, and for how long at `now` (epoch ms). */
  *unverified(now: number): Iterable<{ readonly positionId: PositionId; readonly forMs: number }> {
    for (const entry of this.entries.values()) {
      const forMs = entry.unverifiedMs(now, this.options.settings)
      if (forMs > 0) yield { positionId: entry.record.positionId, forMs }
    }
  }

  /** Whether an order that waits for its turn is still to be sent; one that is not is given back. */
  isWanted(order: ExitOrder): boolean {
    return this.entries.get(order.positionId)?.isWanted(order) === true
  }

  /** Whether an order may leave in its turn; one that may not is given back, and asks again. */
  mayLeave(order: ExitOrder, turn: Turn): boolean {
    const entry = this.entries.get(order.positionId)
    return (
      entry?.mayLeave(order, settingsFor(entry.record, this.options.settings, turn.now), turn) ===
      true
    )
  }

  /**
   * An order leaves at `now` (epoch ms): from here on it counts as under way. Gives the order as it leaves, with
   * the deadline that the venue keeps.
   */
  left(order: ExitOrder, now: number): ExitOrder {
    const { positionId } = order
    const { settings, notify } = this.options
    const isKept = settings.capabilities.deadline === 'kept'
    const due = isKept ? { actBy: now + settings.actWithinMs } : {}
    const entry = this.entries.get(positionId)
    if (entry?.isWaived(now, settings) === true && asksHolding(settings.capabilities)) {
      const { decision } = entry.record
      const forMs = entry.verification.waitedMs(entry.group.answered, now)
      notify({ kind: 'exit-unverified', decision, forMs, isSent: true })
    }
    this.happened(positionId, { kind: 'sent', at: now, ...due })
    return { ...order, ...due }
  }

  /** A call for an exit has ended; `event` says what was learned by it. */
  ended(
    { id, generation, call }: { id: PositionId; generation: number; call: CallKind },
    event: ExitEvent | undefined,
  ): void {
    const entry = this.entries.get(id)
    if (entry === undefined || entry.record.generation !== generation) return
    entry.end(call)
    if (event !== undefined) this.happened(id, event)
  }

  /** An exit was written to the store as it was in `saved`. */
  recorded(saved: ExitRecord, now: number): void {
    const entry = this.entries.get(saved.positionId)
    if (entry === undefined || entry.record.generation !== saved.generation) return
    entry.recorded(saved)
    if (!entry.isIntended) {
      entry.isIntended = true
      this.options.notify({ kind: 'exit-intended', decision: entry.record.decision })
    }
    if (saved.attempt === entry.record.attempt && saved.order === entry.record.order) {
      this.happened(saved.positionId, { kind: 'recorded', at: now })
    }
    this.releaseLock(entry)
  }

  /** Takes an event of an exit. Gives whether it changed anything. */
  happened(id: PositionId, event: ExitEvent): boolean {
    const entry = this.entries.get(id)
    if (entry === undefined) return false
    const before = entry.record
    const { lot } = this.options.specOf(before.order.instrument)
    const record = follow(before, inSteps(event, lot), this.options.settings)
    if (record === before) return false
    entry.become(record, event.at)
    if (record.order.clientOrderId !== before.order.clientOrderId) {
      for (const orderId of orderIdsOf(before)) this.orders.delete(orderId)
      for (const orderId of orderIdsOf(record)) this.orders.set(orderId, id)
    }
    const { settings } = this.options
    const isEvidence = isHoldingEvidence(settings.capabilities)
    if (event.kind === 'planned' && isEvidence) {
      lockHolding(entry, this.holdings.othersIn(entry.group, id), event.at)
    } else if (!isEvidence && (event.kind === 'planned' || record.attempt !== before.attempt)) {
      noteBeside(entry, event.at)
    }
    const executed = restOf(executedOf(record), executedOf(before))
    if (executed > 0 || isAlive(record) !== isAlive(before)) {
      entry.group.changed(id, { executed, now: event.at })
    }
    const isGoneUnexecuted = executed < underWayOf(before) && isAlive(before) && !isAlive(record)
    if (isGoneUnexecuted) this.holdings.judgeAgain(entry.group)
    if (event.kind === 'shrunk') entry.group.changed(id, { executed: 0, now: event.at })
    noticesOf(before, record, settings).forEach(this.options.notify)
    const late = lateFillOf(before, entry)
    if (late !== undefined) this.options.notify(late)
    if (record.state.kind === 'flat' && entry.group.lockedBy !== id) this.notifyEnd(entry)
    this.releaseLock(entry)
    return true
  }

  /** Whose order it is, of the present attempt or of one of the last before it. */
  owner(clientOrderId: string): PositionId | undefined {
    return this.orders.get(clientOrderId)
  }

  /** Takes an exit out: its position is not open any more. Gives what was known of it. */
  remove(id: PositionId): ExitRecord | undefined {
    const entry = this.entries.get(id)
    if (entry !== undefined) this.leave(entry)
    return entry?.record
  }

  /** The calls for an exit that have not ended yet. */
  callsOf(id: PositionId): Iterable<CallKind> {
    return this.entries.get(id)?.calls() ?? []
  }

  private stepsOf(entry: TrackedExit, gates: CallGates): readonly Step[] {
    // Of the thousands of exits that a gap makes most wait for their turn to leave.
    if (awaitsOf(entry.record) === 'call') return []
    const around = circumstancesOf(entry, gates, this.options)
    const { record } = entry
    // Only then does it count.
    const isJudged = record.state.kind === 'unknown' && !wasEvidence(record)
    const mayOthersExecute = !isJudged || this.mayOthersExecute(entry)
    return stepsFor(record, { ...around, mayOthersExecute })
  }

  private mayOthersExecute(entry: TrackedExit): boolean {
    for (const other of this.entries.values()) {
      if (other !== entry && other.group === entry.group && mayExecuteMore(other.record))
        return true
    }
    return false
  }

  private begin(entry: TrackedExit, steps: readonly Step[], now: number): readonly CallKind[] {
    const calls = entry.begin(steps)
    const { positionId } = entry.record
    if (calls.includes('send')) this.happened(positionId, { kind: 'queued', at: now })
    return calls
  }

  private releaseLock(entry: TrackedExit): void {
    if (entry.releaseLock() && entry.record.state.kind === 'flat') this.notifyEnd(entry)
  }

  private notifyEnd({ record }: TrackedExit): void {
    const notice = endOf(record)
    if (notice !== undefined) this.options.notify(notice)
  }

  private leave({ record, group }: TrackedExit): void {
    if (group.lockedBy === record.positionId) group.unlock()
    group.readers.remove(record.positionId)
    this.entries.delete(record.positionId)
    for (const orderId of orderIdsOf(record)) this.orders.delete(orderId)
  }

  private enter(record: ExitRecord, position: Position, now: number): TrackedExit {
    const group = this.holdings.groupOf(position, now)
    const entry = new TrackedExit(record, position, { group, takenUpAt: now })
    this.entries.set(position.id, entry)
    for (const orderId of orderIdsOf(record)) this.orders.set(orderId, position.id)
    return entry
  }
}

const orderIdsOf = ({ order, pastOrders }: ExitRecord): readonly string[] => [
  ...pastOrders.map(({ clientOrderId }) => clientOrderId),
  order.clientOrderId,
]

/** Steps of one exit that need no call, one after the other. */
const MOST_STEPS_AT_ONCE = 10
