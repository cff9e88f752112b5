import type { ActorRegistry } from '../actors/actor-registry.ts'
import { send, type Ref } from '../actors/actor.ts'
import type { PortfolioMessage } from '../actors/messages.ts'
import type { PositionId } from '../domain/ids.ts'
import type { InstrumentTable } from '../domain/instrument.ts'
import type { Fill } from '../domain/order.ts'
import { tally } from '../domain/tally.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { Clock } from '../ports/clock.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'
import type { JournalEvent } from '../ports/journal.ts'
import type { Registered } from '../ports/state-repository.ts'
import type { Realised } from '../risk/portfolio.ts'
import type { Followers } from './followers.ts'
import { lineOf } from './journal-line.ts'
import type { PositionTable } from './position-table.ts'
import type { StateWriter } from './state-writer.ts'
import type { AccountState } from './state.ts'
import { currencyOf, factsOf, tradeOf, type TradeFacts } from './trade.ts'

export interface PositionClosingDeps {
  readonly state: AccountState
  readonly writer: Pick<StateWriter, 'soon'>
  readonly registry: ActorRegistry
  readonly instruments: InstrumentTable
  readonly clock: Pick<Clock, 'now'>
  readonly followers: Followers
}

type Filled = Extract<JournalEvent, { kind: 'exit-filled' }>
type Closed = Extract<JournalEvent, { kind: 'exit-closed' }>

/** How a position closes. */
interface Close {
  readonly kind: JournalKind
  /** Fields of the journal line. */
  readonly detail: Readonly<Record<string, unknown>>
  /** That of the profit, where one is counted. */
  readonly currency?: Pick<TradeFacts, 'currency'>
  readonly ended: Omit<Parameters<PositionTable['close']>[2], 'at'>
}

/**
 * Closes positions. One whose exit is filled stays open until the portfolio has counted the fill: then it closes, in
 * one commit with the day's sum. Until then a new incarnation of the portfolio can count a fill that the last one lost.
 */
export class PositionClosing {
  private readonly deps: PositionClosingDeps
  /** Fills that the portfolio has not counted yet. */
  private readonly uncounted = new Map<PositionId, Extract<PortfolioMessage, { kind: 'filled' }>>()

  constructor(deps: PositionClosingDeps) {
    this.deps = deps
  }

  /** The exit of a position is filled: the portfolio counts the fill. */
  filled({ position, generation }: Registered, { decision, fill, steps }: Filled): void {
    const { state, registry, followers } = this.deps
    const { id } = position
    // A new incarnation of the gateway reports it again while the position is open.
    if (this.uncounted.get(id)?.generation === generation) return
    tally(state.counts.exitsEnded.filled, decision.reason)
    const record = state.openExits.get(id)
    followers.notify(each => each.ended(id, { outcome: 'filled', fill }, record))
    if (record !== undefined) state.exits.follow({ ...record, steps })
    const message = { kind: 'filled' as const, position, generation, fill }
    this.uncounted.set(id, message)
    send(registry.refOf('portfolio'), message)
  }

  /** Sends the fills that are not counted to a new incarnation of the portfolio. */
  repeat(portfolio: Ref<PortfolioMessage>): void {
    for (const [id, message] of this.uncounted) {
      if (this.deps.state.positions.isOpen(id, message.generation)) send(portfolio, message)
      else this.uncounted.delete(id)
    }
  }

  /** The portfolio has counted a fill; `profit` is undefined where it cannot be counted. */
  counted(id: PositionId, { price, quantity, clientOrderId }: Fill, profit?: Realised): void {
    const { state } = this.deps
    this.uncounted.delete(id)
    const reason = state.openExits.get(id)?.decision.reason
    this.close(state.positions.openRow(id), {
      kind: 'exit-filled',
      detail: { reason, price, quantity, profit: profit?.amount ?? null, clientOrderId },
      currency: currencyOf(profit),
      ended: { by: 'a fill', price, executed: quantity },
    })
  }

  /** The exit of a position is over without a fill: its holding was gone, or too small for an order. */
  closed(row: Registered, { kind, decision, by, steps }: Closed): void {
    const { state, followers } = this.deps
    const record = state.openExits.get(row.position.id)
    if (record !== undefined) state.exits.follow({ ...record, steps })
    followers.over(decision, by)
    this.close(row, { kind, detail: { by }, ended: { by: 'others' } })
  }

  /** The whole holding of a position is gone, and no exit was decided. */
  gone(row: Registered, detail: Readonly<Record<string, unknown>>): void {
    this.deps.state.counts.closedElsewhere++
    this.close(row, { kind: 'position-gone', detail, ended: { by: 'others' } })
  }

  /** The position table and the journal change in one commit. */
  private close(row: Registered, { kind, detail, currency, ended }: Close): void {
    const { state, writer, clock } = this.deps
    const { id } = row.position
    const at = clock.now()
    const exit = state.exits.end(id)
    const trade = tradeOf(row, exit, { ...factsOf(this.deps, row), ...currency })
    const line = lineOf(at, kind, id, { ...detail, trade, ...historyOf(exit) })
    state.positions.close(row, exit, { at, ...ended })
    writer.soon({ row: id, line })
  }
}

/** The steps of an exit, for its last journal line; only where the exit took more than the usual steps. */
function historyOf(exit: ExitRecord | undefined): { readonly steps?: ExitRecord['steps'] } {
  if (exit === undefined) return {}
  const { attempt, rejections, wasDoubted, steps } = exit
  return attempt > 1 || rejections > 0 || wasDoubted ? { steps } : {}
}
