import type { ActorRegistry } from '../actors/actor-registry.ts'
import { send } from '../actors/actor.ts'
import type { Decision } from '../domain/decision.ts'
import type { PositionId } from '../domain/ids.ts'
import type { ExitOutcome } from '../domain/reason.ts'
import { leftOf } from '../domain/units.ts'
import { WatchkeeperError } from '../errors.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { Clock } from '../ports/clock.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'
import type { JournalEvent } from '../ports/journal.ts'
import type { Registered, ReleasedExit } from '../ports/state-repository.ts'
import type { AccountTelemetry, ExitFollower } from '../ports/telemetry.ts'
import type { Realised } from '../risk/portfolio.ts'
import { countOne } from './counters.ts'
import { codeOf, lineOf, textOf } from './journal-line.ts'
import type { MassExitHold } from './mass-exit-hold.ts'
import { Repeats } from './repeats.ts'
import type { StateWriter } from './state-writer.ts'
import { closedRow, historyOf, lifeName, type AccountState } from './state.ts'
import { tradeOf } from './trade.ts'

export interface EventRecorderDeps {
  readonly state: AccountState
  readonly writer: StateWriter
  readonly registry: ActorRegistry
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  readonly performance: AccountTelemetry | undefined
  readonly followers: readonly ExitFollower[]
  /** Exits that come in a mass wait for a second source. */
  readonly hold: MassExitHold
}

type Failed = Extract<JournalEvent, { kind: 'exit-failed' }>
type Shrunk = Extract<JournalEvent, { kind: 'position-shrunk' }>
type Filled = Extract<JournalEvent, { kind: 'exit-filled' }>
type LateFill = Extract<JournalEvent, { kind: 'exit-late-fill' }>
type ReleasedOver = Extract<JournalEvent, { kind: 'released-order-over' }>

/** Makes what happens to exits and monitors durable, with a line for a person. */
export class EventRecorder {
  private readonly parts: EventRecorderDeps
  private readonly failures = new Repeats()

  constructor(parts: EventRecorderDeps) {
    this.parts = parts
  }

  /** Whether an exit waits for a second source, as it came in a mass. */
  isHeld(record: ExitRecord): boolean {
    return this.parts.hold.isHeld(record)
  }

  /** Resolves when an exit is on disk, as a new intent or with its next attempt: nothing of it leaves before. */
  save(record: ExitRecord): Promise<void> {
    const known = this.parts.state.openExits.get(record.positionId)
    return known?.generation === record.generation
      ? this.saveAttempt(record)
      : this.saveIntent(record, this.parts.hold.admit(record))
  }

  private async saveIntent(record: ExitRecord, waitUntil: number | undefined): Promise<void> {
    const { state, writer } = this.parts
    const { decision, positionId } = record
    const by = decidedBy(this.parts, decision)
    this.tellFollowers(each => each.decided(record, by.ageMs))
    const line = lineOf(this.now(), 'exit-intended', positionId, {
      ...explained(record, by),
      ...(waitUntil !== undefined && { waitsForSecondSourceUntil: waitUntil }),
    })
    await writer.now({
      ids: [positionId],
      exits: [record],
      change: () => {
        this.assertOpen(record)
        return { lines: [line] }
      },
    })
    // It may have been released or closed in the meantime, and even begun a new life.
    if (!state.register.isOpen(positionId, record.generation)) return
    this.tellFollowers(each => each.intended(record))
    // What an incarnation of the gateway that has ended had asked for may come late.
    if (state.openExits.get(positionId)?.generation === record.generation) return
    state.openExits.set(positionId, record)
    countOne(state.counts.exitsIntended, decision.reason)
    this.parts.performance?.cycles.incrementMetric(`exits.${decision.reason}`)
  }

  /** Resolves when what an exit has become is on disk: its next attempt, or its end. */
  private async saveAttempt(record: ExitRecord): Promise<void> {
    await this.parts.writer.now({
      ids: [record.positionId],
      exits: [record],
      change: () => {
        this.assertOpen(record)
        return {}
      },
    })
    this.follow(record)
  }

  /** A later state of an exit becomes durable soon. */
  later(record: ExitRecord): void {
    if (!this.parts.state.register.isOpen(record.positionId, record.generation)) return
    this.parts.writer.soon({ exit: record })
    this.follow(record)
  }

  /** Throws POSITION_UNKNOWN: nothing of an exit may become durable, or be sent, once its life is over. */
  private assertOpen({ positionId, generation }: ExitRecord): void {
    if (this.parts.state.register.isOpen(positionId, generation)) return
    const text = `the position ${positionId} is not open any more`
    throw new WatchkeeperError('POSITION_UNKNOWN', text)
  }

  /** Notes an exit that is not sent because nothing may be. */
  observed(decision: Decision): void {
    const { state, writer } = this.parts
    const { positionId, reason, at, tick } = decision
    const registered = state.register.get(positionId)
    if (registered === undefined || registered.observed !== undefined) return
    const row: Registered = {
      ...registered,
      observed: { reason, at, price: tick?.price ?? null },
    }
    state.register.decide(row)
    countOne(state.counts.exitsEnded.observed, reason)
    const detail = explained({ decision }, decidedBy(this.parts, decision))
    writer.soon({ row: positionId, line: lineOf(this.now(), 'exit-observed', positionId, detail) })
  }

  /** What has become of the exit of a released position becomes durable soon. */
  laterReleased(exit: ReleasedExit<ExitRecord>): void {
    const { positionId, generation } = exit.record
    this.parts.state.released.set(lifeName(exit.record), exit)
    this.parts.writer.soon({ released: { positionId, generation, exit } })
  }

  /** A position is released, and that is durable; its exit, if there is one, is followed to its end. */
  released(
    { position: { id: positionId }, generation }: Registered,
    exit: ReleasedExit<ExitRecord> | undefined,
  ): void {
    if (exit !== undefined) this.parts.state.released.set(lifeName(exit.record), exit)
    this.discarded({ positionId, generation })
  }

  /** No exit of a position is to be made any more: a person has taken it back. */
  discarded({ positionId: id, generation }: Pick<ExitRecord, 'positionId' | 'generation'>): void {
    const { openExits } = this.parts.state
    const record = openExits.get(id)
    if (record?.generation !== generation) return
    this.over(record.decision, 'discarded')
    openExits.delete(id)
  }

  /** Takes an event of the gateway or the supervisor, about that life of a position. */
  record(event: JournalEvent, generation?: number): void {
    const { counts } = this.parts.state
    switch (event.kind) {
      case 'exit-intended':
        return
      case 'store-failed':
        this.parts.performance?.cycles.incrementMetric(`errors.${codeOf(event.error)}`)
        return
      case 'exit-filled': {
        const row = this.openRow(event.decision.positionId, generation)
        if (row !== undefined) this.filled(row, event)
        return
      }
      case 'exit-failed':
        counts.brokerErrors++
        this.parts.performance?.cycles.incrementMetric(`errors.${codeOf(event.error)}`)
        this.failed(event)
        return
      case 'exit-unknown':
        counts.unknowns++
        this.note('exit-unknown', event.decision.positionId, {})
        return
      case 'exit-rejected': {
        const { decision, code, rejections } = event
        countOne(counts.rejections, code)
        this.note('exit-rejected', decision.positionId, { code, rejections })
        return
      }
      case 'exit-stuck':
      case 'exit-fault': {
        const { kind, decision, steps } = event
        this.note(kind, decision.positionId, { steps })
        return
      }
      case 'exit-unproved': {
        const { kind, decision, forMs, steps } = event
        this.note(kind, decision.positionId, { forMs, steps })
        return
      }
      case 'exit-foreign': {
        counts.foreignOrders++
        this.parts.performance?.cycles.incrementMetric('errors.foreign-order')
        this.note(event.kind, event.decision.positionId, { by: event.by })
        return
      }
      case 'exit-unverified': {
        const { kind, decision, forMs, isSent } = event
        if (isSent) counts.unverified++
        this.note(kind, decision.positionId, { forMs, isSent })
        return
      }
      case 'exit-dust':
        this.note(event.kind, event.decision.positionId, { left: event.left })
        return
      case 'exit-reserved':
        this.note(event.kind, event.decision.positionId, { orders: event.orders })
        return
      case 'exit-closed': {
        const { decision, by } = event
        const row = this.openRow(decision.positionId, generation)
        if (row === undefined) return
        this.ended(decision.positionId, event.steps)
        this.over(decision, by)
        this.close(event.kind, row, { by })
        return
      }
      case 'exit-late-fill':
        this.lateFill(event)
        return
      case 'released-order-over':
        this.releasedOver(event)
        return
      case 'position-gone': {
        const row = this.openRow(event.positionId, generation)
        if (row === undefined) return
        counts.closedElsewhere++
        this.close(event.kind, row, { lost: event.lost })
        return
      }
      case 'position-shrunk': {
        const row = this.openRow(event.positionId, generation)
        if (row !== undefined) this.shrink(row, event)
        return
      }
      case 'holding-oversold':
      case 'holding-unowned': {
        const { kind, holding, quantity } = event
        this.tell(kind, { ...holding, quantity })
        return
      }
      case 'holding-unknown': {
        const { kind, holding, forMs } = event
        this.tell(kind, { ...holding, forMs })
        return
      }
      case 'isolated-fault':
        counts.isolatedFaults++
        this.parts.performance?.cycles.incrementMetric('errors.isolated-fault')
        this.tell(event.kind, { what: event.what, error: textOf(event.error) })
        return
      case 'second-guard':
        this.tell(event.kind, { clientOrderId: event.clientOrderId })
        return
      case 'reconcile-failed':
        counts.brokerErrors++
        this.parts.performance?.cycles.incrementMetric(`errors.${codeOf(event.error)}`)
        return
      case 'monitor-restarted':
        counts.restarted('monitor', event.cause)
        // Of what a person does there is a line that says who.
        if (event.cause === 'hand') return
        this.parts.performance?.cycles.incrementMetric('errors.monitor-crash')
        this.note(event.kind, event.positionId, restartOf(event))
        return
      case 'monitor-gave-up': {
        const { positionId, action, reason } = event
        this.note(event.kind, positionId, { action, error: textOf(reason) })
        return
      }
      case 'actor-restarted':
        counts.restarted(event.actor, event.cause)
        if (event.cause === 'hand') return
        this.parts.performance?.cycles.incrementMetric('errors.actor-crash')
        this.tell(event.kind, { actor: event.actor, ...restartOf(event) })
        return
      case 'actor-gave-up':
        this.tell(event.kind, { actor: event.actor, error: textOf(event.reason) })
        return
      case 'common-cause':
        this.tell(event.kind, { restartsPerSecond: event.restartsPerSecond })
    }
  }

  /**
   * The row of a position, where that life of it is open: an end that is told twice, or of a life that
   * was released or closed in the meantime, ends nothing.
   */
  private openRow(id: PositionId, generation: number | undefined): Registered | undefined {
    const row = this.parts.state.register.get(id)
    const isMeant = generation === undefined || row?.generation === generation
    return row?.state === 'open' && isMeant ? row : undefined
  }

  private filled({ position, generation }: Registered, { decision, fill, steps }: Filled): void {
    const { state, registry } = this.parts
    countOne(state.counts.exitsEnded.filled, decision.reason)
    const record = state.openExits.get(position.id)
    this.tellFollowers(each => each.ended(position.id, { outcome: 'filled', fill }, record))
    state.fills.set(position.id, { fill, generation })
    this.ended(position.id, steps)
    send(registry.refOf('portfolio'), { kind: 'filled', position, generation, fill })
  }

  /** A call of an exit failed. It is made again soon: the same cause is told once, and then counted. */
  private failed({ decision: { positionId, at }, error }: Failed): void {
    const times = this.failures.add(`${positionId} ${at}`, codeOf(error))
    if (times === undefined) return
    this.note('exit-failed', positionId, { error: textOf(error), ...(times > 1 && { times }) })
  }

  /** What an order of a released position executed counts for the day; then it is forgotten. */
  private releasedOver(event: ReleasedOver): void {
    const { position, executed, generation } = event
    const { releasedEnds } = this.parts.state
    const name = lifeName({ positionId: position.id, generation })
    const end = {
      ...({ kind: 'released-filled', position, executed } as const),
      done: (profit: Realised | undefined) => {
        releasedEnds.delete(name)
        this.forgetReleased(event, profit)
      },
    }
    if (executed.quantity === 0) {
      this.forgetReleased(event, undefined)
      return
    }
    releasedEnds.set(name, end)
    send(this.parts.registry.refOf('portfolio'), end)
  }

  /** What an order of an ended exit has sold after all counts for the day, and is known as booked. */
  private lateFill({
    kind,
    position,
    generation,
    clientOrderId,
    executed,
    booked,
  }: LateFill): void {
    const { state, writer, registry } = this.parts
    const { releasedEnds, counts } = state
    const { id } = position
    const name = `late ${clientOrderId} ${booked}`
    counts.lateFills++
    const end = {
      ...({ kind: 'released-filled', position, executed } as const),
      done: (profit: Realised | undefined) => {
        releasedEnds.delete(name)
        const row = state.register.get(id)
        const isLast = row !== undefined && row.state !== 'open' && row.generation === generation
        const exited = isLast ? row.exited : undefined
        if (isLast && exited !== undefined) {
          state.register.decide({ ...row, exited: { ...exited, executed: booked } })
        }
        const { quantity, price } = executed
        const detail = { clientOrderId, quantity, price, profit: profit?.amount ?? null, booked }
        const line = lineOf(this.now(), kind, id, detail)
        writer.soon({ line, ...(exited !== undefined && { row: id }) })
      },
    }
    releasedEnds.set(name, end)
    send(registry.refOf('portfolio'), end)
  }

  private forgetReleased(event: ReleasedOver, profit: Realised | undefined): void {
    const { state, writer } = this.parts
    const { kind, position, generation, clientOrderId, executed, steps } = event
    const positionId = position.id
    state.released.delete(lifeName({ positionId, generation }))
    const row = state.register.get(positionId)
    const isLast = row?.state === 'released' && row.generation === generation
    const mustRemember = isLast && event.wasDoubted
    // Where it was in doubt, an order of it may still arrive, also in another process.
    if (mustRemember) state.register.decide({ ...row, wasDoubted: true })
    const { quantity, price } = executed
    const detail = { clientOrderId, quantity, price, profit: profit?.amount ?? null, steps }
    writer.soon({
      line: lineOf(this.now(), kind, positionId, detail),
      released: { positionId, generation },
      ...(mustRemember && { row: positionId }),
    })
  }

  /** The exit is shown as it is now, as long as it is open. */
  private follow(record: ExitRecord): void {
    const { openExits } = this.parts.state
    if (openExits.get(record.positionId)?.generation !== record.generation) return
    openExits.set(record.positionId, record)
    if (record.exists) this.tellFollowers(each => each.acknowledged(record))
  }

  /** An exit has ended without a fill that anybody knows. */
  private over({ positionId, reason }: Decision, outcome: ExitOutcome): void {
    const { state } = this.parts
    countOne(state.counts.exitsEnded[outcome], reason)
    const record = state.openExits.get(positionId)
    this.tellFollowers(each => each.ended(positionId, { outcome }, record))
  }

  /** Whoever follows exits runs foreign code, such as that of a tracer: an exit never fails by it. */
  private tellFollowers(tell: (follower: ExitFollower) => void): void {
    const { followers, state } = this.parts
    for (const each of followers) {
      try {
        tell(each)
      } catch {
        state.counts.followErrors++
      }
    }
  }

  /** The exit is over: what is shown of it last is all that happened to it. */
  private ended(id: PositionId, steps: ExitRecord['steps']): void {
    const { openExits } = this.parts.state
    const exit = openExits.get(id)
    if (exit !== undefined) openExits.set(id, { ...exit, steps })
  }

  /** A position has ended without a fill that anybody knows. */
  private close(kind: JournalKind, row: Registered, detail: Record<string, unknown>): void {
    const { state, writer } = this.parts
    const { id } = row.position
    const exit = state.openExits.get(id)
    state.openExits.delete(id)
    const trade = tradeOf(row, exit)
    const line = lineOf(this.now(), kind, id, { ...detail, trade, ...historyOf(exit) })
    state.register.decide(closedRow(row, exit, { at: this.now(), by: 'somebody else' }))
    writer.soon({ row: id, line })
  }

  private shrink(row: Registered, { positionId, lost, left }: Shrunk): void {
    const { state, writer } = this.parts
    const line = lineOf(this.now(), 'position-shrunk', positionId, { lost, left })
    const position = { ...row.position, quantity: leftOf(row.position.quantity, lost) }
    const addedQuantity = row.addedQuantity ?? row.position.quantity
    state.register.decide({ ...row, position, addedQuantity })
    writer.soon({ row: positionId, line })
  }

  /** Epoch ms. */
  private now(): number {
    return this.parts.clock.now()
  }

  /** A line about the service as a whole. */
  private tell(kind: JournalKind, detail: Record<string, unknown>): void {
    this.parts.writer.soon({ line: lineOf(this.now(), kind, undefined, detail) })
  }

  /** A line about a position, and about the order of its exit where there is one. */
  private note(kind: JournalKind, positionId: PositionId, detail: Record<string, unknown>): void {
    const { writer, state } = this.parts
    const order = state.openExits.get(positionId)?.order
    const clientOrderId = order && { clientOrderId: order.clientOrderId }
    writer.soon({ line: lineOf(this.now(), kind, positionId, { ...detail, ...clientOrderId }) })
  }
}

/** Which incarnation decided, and how long ago its tick or deadline was, ms. */
function decidedBy(
  { registry, clock }: Pick<EventRecorderDeps, 'registry' | 'clock'>,
  { positionId, tick, at }: Decision,
): { readonly epoch: number | undefined; readonly ageMs: number } {
  const child = registry.get(positionId)
  const wokenAt = tick === null ? NaN : (child?.guard.wokenAt ?? NaN)
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

const restartOf = ({ epoch, cause, reason }: { epoch: number; cause: string; reason: unknown }) => {
  return { epoch, cause, error: textOf(reason) }
}
