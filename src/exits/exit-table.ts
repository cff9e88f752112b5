import type { PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import { eventOf, type Action } from './action.ts'
import { newExit, type Intent } from './attempts.ts'
import type { Allowed, ExitsOptions } from './circumstances.ts'
import { Departures } from './departures.ts'
import type { ExitEvent } from './events.ts'
import type { CallKind } from './exit-calls.ts'
import { affectHolding } from './exit-effects.ts'
import { follow, joined } from './exit-transitions.ts'
import type { HoldingBook } from './holding-book.ts'
import { noteOtherUnits } from './holding-lock.ts'
import { MOST_ACTIONS_AT_ONCE, nextActions } from './next-actions.ts'
import { endOf, lateFillOf, noticesOf } from './noticing.ts'
import { OrderOwners } from './order-owners.ts'
import { inLots } from './reading.ts'
import { completed, isIdle, type ExitRecord } from './record.ts'
import { recovered } from './recovery.ts'
import { ResumedLocks } from './resumed-locks.ts'
import { isHoldingEvidence, settingsFor } from './settings.ts'
import { TrackedExit } from './tracked-exit.ts'
import { takeWaitNotices } from './waits.ts'

/** An intent; `net` is called for a new exit only, and gives the venue's stop that may be executed beside it. */
type ExitRequest = Omit<Intent, 'net'> & { net?(): Intent['net'] }

/** The open exits of an account, with their pending calls. Changes itself. */
export class ExitTable {
  private readonly options: ExitsOptions
  private readonly holdings: HoldingBook
  private readonly entries = new Map<PositionId, TrackedExit>()
  private readonly orders = new OrderOwners()
  private readonly resumed = new ResumedLocks()
  /** Its orders that are queued to leave. */
  readonly departures: Departures

  constructor(options: ExitsOptions, holdings: HoldingBook) {
    this.options = options
    this.holdings = holdings
    this.departures = new Departures({
      options,
      entryOf: id => this.entries.get(id),
      happened: (id, event) => this.happened(id, event),
    })
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
  intend({ position, generation, decision, at, net }: ExitRequest): void {
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
    const intent = { position: owned, generation, decision, at, net: net?.() }
    const record = newExit(intent, this.options.settings)
    const entry = this.enter(record, owned, at)
    if (!isHoldingEvidence(this.options.settings.capabilities)) noteOtherUnits(entry, at)
  }

  /** Takes up an exit that an earlier process has left, of a position that is owned. */
  restore(stored: ExitRecord, { position, now }: { position: Position; now: number }): void {
    const owned = this.holdings.current(position.id)?.owned ?? position.quantity
    const record = recovered(completed(stored), { now, owned }, this.options.settings)
    const entry = this.enter(record, position, now)
    entry.isIntended = true
    entry.saved = record
    const { capabilities } = settingsFor(record, this.options.settings, now)
    if (isHoldingEvidence(capabilities)) this.resumed.resume(entry)
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
      this.alone(entry.record.positionId, () => {
        entry.cycle()
        takeWaitNotices(entry, now, this.options.settings).forEach(this.options.notify)
      })
    }
  }

  /** Once all positions of an earlier process are there: those that came last were not kept with its exits. */
  settleLocks(now: number): void {
    this.resumed.settle((id, work) => this.alone(id, work), {
      entryOf: id => this.entries.get(id),
      othersIn: ({ group, record }) => this.holdings.othersIn(group, record.positionId),
      drifted: ({ record }, by) => {
        this.happened(record.positionId, { kind: 'drifted', by, at: now })
      },
    })
  }

  /** An error of one exit does not end the work on others. */
  private alone(id: PositionId, work: () => void): void {
    this.options.faults.alone(`cycle of ${id}`, work, undefined)
  }

  /** Takes what is to be called for an exit now: each call counts as begun. */
  takeDue(id: PositionId, allowed: Allowed): readonly CallKind[] {
    const entry = this.entries.get(id)
    if (entry === undefined) return []
    this.settleLocks(allowed.now)
    // Each action that needs no call leads to another state; the bound is for a mistake.
    for (let count = 0; count < MOST_ACTIONS_AT_ONCE; count++) {
      entry.expireAnswer(allowed.now, this.options.settings)
      const actions = nextActions(entry, allowed, { options: this.options, all: this.entries })
      const known = actions
        .map(action => eventOf(action, allowed.now))
        .find(event => event !== undefined)
      if (known === undefined) return this.begin(entry, actions, allowed.now)
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
    const { settings, specOf } = this.options
    const { lot } = specOf(before.order.instrument)
    const record = follow(before, inLots(event, lot), settings)
    if (record === before) return false
    entry.become(record, event.at)
    this.orders.replace(before, record)
    affectHolding(entry, before, { event, holdings: this.holdings, settings })
    noticesOf(before, record, settings).forEach(this.options.notify)
    const late = lateFillOf(before, entry)
    if (late !== undefined) this.options.notify(late)
    if (record.state.kind === 'flat' && entry.group.lockedBy !== id) this.notifyEnd(entry)
    this.releaseLock(entry)
    return true
  }

  /** Whose order it is, of the present attempt or of one of the last before it. */
  owner(clientOrderId: string): PositionId | undefined {
    return this.orders.of(clientOrderId)
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

  private begin(entry: TrackedExit, actions: readonly Action[], now: number): readonly CallKind[] {
    const calls = entry.begin(actions)
    if (calls.includes('send')) this.happened(entry.record.positionId, { kind: 'queued', at: now })
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
    this.orders.remove(record)
  }

  private enter(record: ExitRecord, position: Position, now: number): TrackedExit {
    const group = this.holdings.openGroup(position, now)
    const entry = new TrackedExit(record, position, { group, takenUpAt: now })
    this.entries.set(position.id, entry)
    this.orders.add(record)
    return entry
  }
}
