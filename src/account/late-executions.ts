import type { ActorRegistry } from '../actors/actor-registry.ts'
import { send } from '../actors/actor.ts'
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

/**
 * Late executions: fills of orders after their exit had ended, or after its position was released. They count for
 * the day's result.
 */
export class LateExecutions {
  private readonly deps: LateExecutionsDeps

  constructor(deps: LateExecutionsDeps) {
    this.deps = deps
  }

  /** The order of a released position is over: what it executed counts for the day. */
  releasedOver(event: ReleasedOver): void {
    const { position, executed, generation } = event
    const { releasedEnds } = this.deps.state
    const name = generationName({ positionId: position.id, generation })
    const end = {
      kind: 'released-filled' as const,
      position,
      executed,
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
    send(this.deps.registry.refOf('portfolio'), end)
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
    const { state, writer, registry } = this.deps
    const { releasedEnds, counts } = state
    const { id } = position
    const name = `late ${clientOrderId} ${booked}`
    counts.lateFills++
    if (isOpen) {
      // The open exit has the fill; its end counts it for the day.
      const detail = { ...figuresOf(clientOrderId, executed, undefined), booked }
      writer.soon({ line: lineOf(this.now(), kind, id, detail) })
      return
    }
    const end = {
      kind: 'released-filled' as const,
      position,
      executed,
      done: (profit: Realised | undefined) => {
        releasedEnds.delete(name)
        const isKept = state.positions.update(id, row => bookedLate(row, generation, booked))
        const trade = tradeOf({ position, generation }, undefined, currencyOf(profit))
        const detail = { ...figuresOf(clientOrderId, executed, profit), booked, trade }
        const line = lineOf(this.now(), kind, id, detail)
        writer.soon({ line, ...(isKept && { row: id }) })
      },
    }
    releasedEnds.set(name, end)
    send(registry.refOf('portfolio'), end)
  }

  private forgetReleased(event: ReleasedOver, profit: Realised | undefined): void {
    const { state, writer } = this.deps
    const { kind, position, generation, clientOrderId, executed, steps, attempts, orders } = event
    const positionId = position.id
    state.released.delete(generationName({ positionId, generation }))
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
