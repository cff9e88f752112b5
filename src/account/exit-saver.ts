import type { ActorRegistry } from '../actors/actor-registry.ts'
import type { Decision } from '../domain/decision.ts'
import { tally } from '../domain/tally.ts'
import { WatchkeeperError } from '../errors.ts'
import type { ExitPersistence } from '../exits/persistence.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { Clock } from '../ports/clock.ts'
import type { Registered, ReleasedExit } from '../ports/state-repository.ts'
import type { Followers } from './followers.ts'
import { lineOf } from './journal-line.ts'
import type { MassExitHold } from './mass-exit-hold.ts'
import type { StateWriter } from './state-writer.ts'
import type { AccountState } from './state.ts'

export interface ExitSaverDeps {
  readonly state: AccountState
  readonly writer: Pick<StateWriter, 'exit' | 'soon'>
  readonly registry: ActorRegistry
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  readonly followers: Followers
  /** Holds back price exits that come in a mass. */
  readonly hold: MassExitHold
}

/** Makes exits durable: no order leaves before its intent and its attempt are on disk (P1, P2). */
export class ExitSaver implements ExitPersistence {
  private readonly parts: ExitSaverDeps

  constructor(parts: ExitSaverDeps) {
    this.parts = parts
  }

  /** Whether an exit is held back because it came in a mass. */
  isHeld(record: ExitRecord): boolean {
    return this.parts.hold.isHeld(record)
  }

  /** Resolves when a new exit is on disk; one that an earlier gateway has saved already is saved again. */
  saveIntent(record: ExitRecord): Promise<void> {
    const known = this.parts.state.openExits.get(record.positionId)
    return known?.generation === record.generation
      ? this.saveAttempt(record)
      : this.saveNew(record, this.parts.hold.admit(record))
  }

  /** Resolves when the new state of an exit is on disk: its next attempt, or its end. */
  async saveAttempt(record: ExitRecord): Promise<void> {
    await this.parts.writer.exit({
      record,
      lines: () => {
        this.assertOpen(record)
        return []
      },
    })
    this.follow(record)
  }

  /** A later state of an exit becomes durable soon. */
  note(record: ExitRecord): void {
    if (!this.parts.state.positions.isOpen(record.positionId, record.generation)) return
    this.parts.writer.soon({ exit: record })
    this.follow(record)
  }

  /** The new state of the exit of a released position becomes durable soon. */
  noteReleased(exit: ReleasedExit<ExitRecord>): void {
    const { positionId, generation } = exit.record
    this.parts.state.exits.followReleased(exit)
    this.parts.writer.soon({ released: { positionId, generation, exit } })
  }

  /** Records an exit that is only observed (`mode: observe`). */
  noteObserved(decision: Decision): void {
    const { state, writer } = this.parts
    const { positionId, reason, at, tick } = decision
    const registered = state.positions.get(positionId)
    if (registered === undefined || registered.observed !== undefined) return
    state.positions.observe(registered, { reason, at, price: tick?.price ?? null })
    tally(state.counts.exitsEnded.observed, reason)
    const detail = explained({ decision }, decidedBy(this.parts, decision))
    writer.soon({ row: positionId, line: lineOf(this.now(), 'exit-observed', positionId, detail) })
  }

  /** A position is released, and that is durable; its exit, if there is one, is followed to its end. */
  released(
    { position: { id: positionId }, generation }: Registered,
    exit: ReleasedExit<ExitRecord> | undefined,
  ): void {
    if (exit !== undefined) this.parts.state.exits.followReleased(exit)
    this.discarded({ positionId, generation })
  }

  /** The exit of an open position is over by an act of a person, who has discarded it or released the position. */
  discarded({ positionId: id, generation }: Pick<ExitRecord, 'positionId' | 'generation'>): void {
    const { openExits, exits } = this.parts.state
    const record = openExits.get(id)
    if (record?.generation !== generation) return
    this.parts.followers.over(record.decision, 'discarded')
    exits.end(id)
  }

  private async saveNew(record: ExitRecord, waitMs: number | undefined): Promise<void> {
    const { state, writer } = this.parts
    const { decision, positionId } = record
    const by = decidedBy(this.parts, decision)
    this.parts.followers.notify(each => each.decided(record, by.ageMs))
    const line = lineOf(this.now(), 'exit-intended', positionId, {
      ...explained(record, by),
      ...(waitMs !== undefined && { waitMs }),
    })
    await writer.exit({
      record,
      lines: () => {
        this.assertOpen(record)
        return [line]
      },
    })
    // The position may have been released or closed meanwhile, or have begun a new generation.
    if (!state.positions.isOpen(positionId, record.generation)) return
    this.parts.followers.notify(each => each.intended(record))
    if (state.exits.begin(record)) tally(state.counts.exitsIntended, decision.reason)
  }

  /** The exit is shown as it is now, as long as it is open. */
  private follow(record: ExitRecord): void {
    const isOpen = this.parts.state.exits.follow(record)
    if (isOpen && record.exists) this.parts.followers.notify(each => each.acknowledged(record))
  }

  /**
   * @throws WatchkeeperError POSITION_UNKNOWN where the generation is over: then nothing of its exit may become
   * durable or be sent.
   */
  private assertOpen({ positionId, generation }: ExitRecord): void {
    if (this.parts.state.positions.isOpen(positionId, generation)) return
    const text = `the position ${positionId} is not open any more`
    throw new WatchkeeperError('POSITION_UNKNOWN', text)
  }

  /** Epoch ms. */
  private now(): number {
    return this.parts.clock.now()
  }
}

/** The incarnation that decided, and the age of its tick or deadline, ms. */
function decidedBy(
  { registry, clock }: Pick<ExitSaverDeps, 'registry' | 'clock'>,
  { positionId, tick, at }: Decision,
): { readonly epoch: number | undefined; readonly ageMs: number } {
  const child = registry.get(positionId)
  const wokenAt = tick === null ? NaN : (child?.watched.wokenAt ?? NaN)
  const ageMs = Number.isNaN(wokenAt) ? clock.now() - at : clock.monotonic() - wokenAt
  return { epoch: child?.epoch, ageMs: Math.max(0, ageMs) }
}

/** Everything that is needed to explain a decision. */
const explained = (
  { decision, order }: Pick<ExitRecord, 'decision'> & Partial<Pick<ExitRecord, 'order'>>,
  { epoch, ageMs }: ReturnType<typeof decidedBy>,
) => ({
  reason: decision.reason,
  matched: decision.matched,
  level: decision.level,
  price: decision.tick?.price ?? null,
  ageMs: Math.round(ageMs),
  best: decision.best,
  priceSource: decision.priceSource,
  ...(epoch !== undefined && { epoch }),
  ...(order !== undefined && { quantity: order.quantity, clientOrderId: order.clientOrderId }),
})
