import { type Ref, send } from '../actors/actor.ts'
import type { PortfolioMessage } from '../actors/messages.ts'
import { difference } from '../domain/decimal.ts'
import type { Decision } from '../domain/decision.ts'
import type { PositionId } from '../domain/ids.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { JournalEvent } from '../ports/journal.ts'
import type { Registered } from '../ports/keeper.ts'
import { codeOf, lineOf, textOf } from './lines.ts'
import type { Performance } from './performance.ts'
import { closedRow, countOne, historyOf, type LiveState } from './live-state.ts'
import type { LiveWriter } from './live-writer.ts'

export interface ExitJournalParts {
  readonly state: LiveState
  readonly writer: LiveWriter
  /** Epoch ms. */
  now(): number
  readonly performance: Pick<Performance, 'cycles' | 'measure'> | undefined
  /** Who counts what a filled exit has brought. */
  portfolio(): Ref<PortfolioMessage>
}

type Shrunk = Extract<JournalEvent, { kind: 'position-shrunk' }>

/** Makes what happens to exits and monitors durable, with a line for a person. */
export class ExitJournal {
  private readonly parts: ExitJournalParts

  constructor(parts: ExitJournalParts) {
    this.parts = parts
  }

  /** Resolves when a new exit is on disk: nothing of it may leave before. */
  async save(record: ExitRecord, waitUntil: number | undefined): Promise<void> {
    const { state, writer } = this.parts
    const { decision, positionId, order } = record
    const line = lineOf(this.parts.now(), 'exit-intended', positionId, {
      reason: decision.reason,
      matched: decision.matched,
      level: decision.level,
      price: decision.tick?.price ?? null,
      clientOrderId: order.clientOrderId,
      ...(waitUntil !== undefined && { waitsForSecondSourceUntil: waitUntil }),
    })
    await writer.now({ exits: [record], lines: [line] })
    // What an incarnation of the gateway that has ended had asked for may come late.
    if (state.openExits.get(positionId)?.generation === record.generation) return
    state.openExits.set(positionId, record)
    countOne(state.exitsIntended, decision.reason)
    const { performance, now } = this.parts
    performance?.cycles.incrementMetric(`exits.${decision.reason}`)
    performance?.measure('exit.intended', Math.max(0, now() - decision.at))
  }

  /** Resolves when what an exit has become is on disk: its next attempt, or its end. */
  async saveAgain(record: ExitRecord): Promise<void> {
    await this.parts.writer.now({ exits: [record] })
    this.follow(record)
  }

  /** A later state of an exit becomes durable soon. */
  later(record: ExitRecord): void {
    this.parts.writer.soon({ exit: record })
    this.follow(record)
  }

  /** Notes an exit that is not sent because nothing may be. */
  observed({ positionId, reason, matched, at, level, tick }: Decision): void {
    const { state, writer, now } = this.parts
    const registered = state.register.get(positionId)
    if (registered === undefined || registered.observed !== undefined) return
    const price = tick?.price ?? null
    const row: Registered = { ...registered, observed: { reason, at, price } }
    state.register.set(positionId, row)
    const line = lineOf(now(), 'exit-observed', positionId, { reason, matched, level, price })
    writer.soon({ row, line })
  }

  /** Takes an event of the gateway or the supervisor. */
  record(event: JournalEvent): void {
    const { state, portfolio } = this.parts
    switch (event.kind) {
      case 'exit-intended':
        return
      case 'store-failed':
        this.parts.performance?.cycles.incrementMetric(`errors.${codeOf(event.error)}`)
        return
      case 'exit-filled': {
        const position = state.register.get(event.decision.positionId)?.position
        if (position === undefined) return
        countOne(state.exitsFilled, event.decision.reason)
        const intendedAt = state.openExits.get(position.id)?.intendedAt ?? this.parts.now()
        this.parts.performance?.measure('exit.filled', Math.max(0, this.parts.now() - intendedAt))
        state.fills.set(position.id, event.fill)
        this.ended(event.decision.positionId, event.steps)
        send(portfolio(), { kind: 'filled', position, fill: event.fill })
        return
      }
      case 'exit-failed':
        state.brokerErrors++
        this.parts.performance?.cycles.incrementMetric(`errors.${codeOf(event.error)}`)
        this.note('exit-failed', event.decision.positionId, { error: textOf(event.error) })
        return
      case 'exit-unknown':
        this.note('exit-unknown', event.decision.positionId, {})
        return
      case 'exit-rejected': {
        const { decision, code, rejections } = event
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
      case 'exit-dust':
        this.note(event.kind, event.decision.positionId, { left: event.left })
        return
      case 'exit-reserved':
        this.note(event.kind, event.decision.positionId, { orders: event.orders })
        return
      case 'exit-closed':
        this.ended(event.decision.positionId, event.steps)
        this.close(event.kind, event.decision.positionId, { by: event.by })
        return
      case 'position-gone':
        this.close(event.kind, event.positionId, { lost: event.lost })
        return
      case 'position-shrunk':
        this.shrink(event)
        return
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
      case 'second-guard':
        this.tell(event.kind, { clientOrderId: event.clientOrderId })
        return
      case 'reconcile-failed':
        state.brokerErrors++
        this.parts.performance?.cycles.incrementMetric(`errors.${codeOf(event.error)}`)
        return
      case 'monitor-restarted':
        state.restarts++
        this.parts.performance?.cycles.incrementMetric('errors.monitor-crash')
        this.note(event.kind, event.positionId, { epoch: event.epoch, error: textOf(event.reason) })
        return
      case 'monitor-gave-up': {
        const { positionId, action, reason } = event
        this.note(event.kind, positionId, { action, error: textOf(reason) })
        return
      }
      case 'actor-restarted':
        state.restarts++
        this.parts.performance?.cycles.incrementMetric('errors.actor-crash')
        this.tell(event.kind, {
          ...{ actor: event.actor, epoch: event.epoch, error: textOf(event.reason) },
        })
        return
      case 'actor-gave-up':
        this.tell(event.kind, { actor: event.actor, error: textOf(event.reason) })
        return
      case 'common-cause':
        this.tell(event.kind, { restartsPerSecond: event.restartsPerSecond })
    }
  }

  /** The exit is shown as it is now, as long as it is open. */
  private follow(record: ExitRecord): void {
    const { openExits } = this.parts.state
    if (openExits.has(record.positionId)) openExits.set(record.positionId, record)
  }

  /** The exit is over: what is shown of it last is all that happened to it. */
  private ended(id: PositionId, steps: ExitRecord['steps']): void {
    const { openExits } = this.parts.state
    const exit = openExits.get(id)
    if (exit !== undefined) openExits.set(id, { ...exit, steps })
  }

  /** A position has ended without a fill that anybody knows. */
  private close(kind: string, id: PositionId, detail: Record<string, unknown>): void {
    const { state, writer, now } = this.parts
    const exit = state.openExits.get(id)
    state.openExits.delete(id)
    const row = state.register.get(id)
    const line = lineOf(now(), kind, id, { ...detail, ...historyOf(exit) })
    if (row === undefined) {
      writer.soon({ line })
      return
    }
    const closed = closedRow(row, exit)
    state.register.set(id, closed)
    writer.soon({ row: closed, line })
  }

  private shrink({ positionId, lost, left }: Shrunk): void {
    const { state, writer, now } = this.parts
    const row = state.register.get(positionId)
    const line = lineOf(now(), 'position-shrunk', positionId, { lost, left })
    if (row === undefined) return
    const position = { ...row.position, quantity: difference(row.position.quantity, lost) }
    const smaller: Registered = { ...row, position }
    state.register.set(positionId, smaller)
    writer.soon({ row: smaller, line })
  }

  /** A line about the service as a whole. */
  private tell(kind: string, detail: Record<string, unknown>): void {
    this.parts.writer.soon({ line: lineOf(this.parts.now(), kind, undefined, detail) })
  }

  private note(kind: string, positionId: PositionId, detail: Record<string, unknown>): void {
    this.parts.writer.soon({ line: lineOf(this.parts.now(), kind, positionId, detail) })
  }
}
