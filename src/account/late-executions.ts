import type { ActorRegistry } from '../actors/actor-registry.ts'
import { send, type Ref } from '../actors/actor.ts'
import type { PortfolioMessage } from '../actors/messages.ts'
import { generationName } from '../domain/ids.ts'
import type { Execution } from '../domain/order.ts'
import type { Clock } from '../ports/clock.ts'
import type { JournalEvent } from '../ports/journal.ts'
import type { Realised } from '../risk/portfolio.ts'
import { bookedLate, endedReleased } from './former-generations.ts'
import { lineOf } from './journal-line.ts'
import type { StateWriter } from './state-writer.ts'
import type { AccountState } from './state.ts'
import { currencyOf, tradeOf } from './trade.ts'

type LateFill = Extract<JournalEvent, { kind: 'exit-late-fill' }>
type ReleasedOver = Extract<JournalEvent, { kind: 'released-order-over' }>

export interface LateExecutionsDeps {
  readonly state: AccountState
  readonly writer: Pick<StateWriter, 'soon'>
  readonly registry: ActorRegistry
  readonly clock: Pick<Clock, 'now'>
}

/** A late execution, on its way to the portfolio. */
type Counted = Extract<PortfolioMessage, { kind: 'late-filled' }>

/**
 * Late executions: fills of orders after their exit had ended, or after its position was released. They count for
 * the day's result.
 */
export class LateExecutions {
  private readonly deps: LateExecutionsDeps
  /**
   * Executions that the portfolio has not counted yet, by name: a gateway that starts afresh meanwhile reports them
   * again.
   */
  private readonly uncounted = new Map<string, Counted>()

  constructor(deps: LateExecutionsDeps) {
    this.deps = deps
  }

  /** Sends the executions that are not counted to a new incarnation of the portfolio: the last one may have lost them. */
  repeat(portfolio: Ref<PortfolioMessage>): void {
    for (const each of this.uncounted.values()) send(portfolio, each)
  }

  /** The order of a released position is over: what it executed counts for the day. */
  releasedOver(event: ReleasedOver): void {
    const { position, generation, executed } = event
    if (executed.quantity === 0) {
      this.forgetReleased(event, undefined)
      return
    }
    const name = generationName({ positionId: position.id, generation })
    if (this.uncounted.has(name)) return
    this.count(name, { position, executed, done: profit => this.forgetReleased(event, profit) })
  }

  /** A late fill of an ended exit: it counts for the day, and is booked on the exit. */
  lateFill({
    kind,
    position,
    generation,
    clientOrderId,
    executed,
    booked,
    isOpen,
  }: LateFill): void {
    const { state, writer } = this.deps
    const { id } = position
    const name = `late ${clientOrderId} ${booked}`
    if (this.uncounted.has(name)) return
    state.counts.lateFills++
    if (isOpen) {
      // The open exit has the fill; its end counts it for the day.
      const detail = { ...figuresOf(clientOrderId, executed, undefined), booked }
      writer.soon({ line: lineOf(this.now(), kind, id, detail) })
      return
    }
    const done: Counted['done'] = profit => {
      const isKept = state.positions.update(id, row => bookedLate(row, generation, booked))
      const trade = tradeOf({ position, generation }, undefined, currencyOf(profit))
      const detail = { ...figuresOf(clientOrderId, executed, profit), booked, trade }
      const line = lineOf(this.now(), kind, id, detail)
      writer.soon({ line, ...(isKept && { row: id }) })
    }
    this.count(name, { position, executed, done })
  }

  /** Sends an execution to the portfolio; `done` is called in the turn in which the day's sum has it. */
  private count(name: string, { done, ...executed }: Omit<Counted, 'kind'>): void {
    const message: Counted = {
      kind: 'late-filled',
      ...executed,
      done: profit => {
        this.uncounted.delete(name)
        done(profit)
      },
    }
    this.uncounted.set(name, message)
    send(this.deps.registry.refOf('portfolio'), message)
  }

  private forgetReleased(event: ReleasedOver, profit: Realised | undefined): void {
    const { state, writer } = this.deps
    const { kind, position, generation, clientOrderId, executed, steps, attempts, orders } = event
    const positionId = position.id
    state.exits.endReleased({ positionId, generation })
    const exited = { at: this.now(), attempts, executed: executed.quantity, orders }
    const isKept = state.positions.update(positionId, row =>
      endedReleased(row, { position, generation, exited }, event.wasDoubted),
    )
    const trade = tradeOf({ position, generation }, exitOf(event), currencyOf(profit))
    const figures = figuresOf(clientOrderId, executed, profit)
    const detail = { ...figures, steps, ...(executed.quantity > 0 && { trade }) }
    writer.soon({
      line: lineOf(this.now(), kind, positionId, detail),
      released: { positionId, generation },
      ...(isKept && { row: positionId }),
    })
  }

  /** Epoch ms. */
  private now(): number {
    return this.deps.clock.now()
  }
}

/** The figures of a fill: quantity, price and realised profit. */
const figuresOf = (
  clientOrderId: string,
  { quantity, price }: Execution,
  profit: Realised | undefined,
) => ({ clientOrderId, quantity, price, profit: profit?.amount ?? null })

/** The exit whose order was followed after its position was released. */
const exitOf = ({ decision, clientOrderId, attempts }: ReleasedOver) => ({
  decision,
  order: { clientOrderId },
  attempt: attempts,
})
