import type { Account } from '../account/account.ts'
import { withDeadline } from '../actors/deadline.ts'
import type { Kept, LastAnswers } from '../calls/last-answers.ts'
import { isBounded } from '../domain/bounds.ts'
import { sum } from '../domain/decimal.ts'
import type { Holding, HoldingKey } from '../domain/holding.ts'
import { signOf } from '../domain/position.ts'
import { restOf, unitsOf } from '../domain/units.ts'
import { hasOurPrefix } from '../exits/client-order-id.ts'
import { spelling } from '../exits/holding-spelling.ts'
import { holdingKeyOf, holdingName } from '../exits/holding-state.ts'
import { maySend } from '../exits/kill-switch.ts'
import { hasNotLeft, remainingOf, type ExitRecord } from '../exits/record.ts'
import { shareOf } from '../exits/shares.ts'
import type { OpenOrder } from '../ports/broker.ts'
import type { EXIT_HOLDS, HoldingsView, HoldingView } from '../ports/control/holdings.ts'

/**
 * Age up to which a list of the broker is shown without a new query, ms; the reconciler lists holdings every few
 * seconds.
 */
const FRESH_MS = 10_000
/** Longest wait for a list, ms. */
const LONGEST_WAIT_MS = 8_000

export interface HoldingsDeskDeps {
  readonly account: Account
  readonly answers: LastAnswers
}

/** A row under construction: the units that positions own, and the units that the venue holds. */
interface Row {
  readonly key: HoldingKey
  readonly positions: HoldingView['positions'][number][]
  underWay: number
  /** Signed units and their time (ms of the steady clock); undefined: unknown. */
  held: { readonly quantity: number; readonly at: number } | undefined
}

/** Compares the holdings at the venue with the positions. */
export class HoldingsDesk {
  private readonly deps: HoldingsDeskDeps
  /** Requests that come together share one pair of calls. */
  private asking: Promise<string | undefined> | undefined

  constructor(deps: HoldingsDeskDeps) {
    this.deps = deps
  }

  /** The comparison by the last lists; lists that are older than `FRESH_MS` are requested again first. */
  async view(): Promise<HoldingsView> {
    const failure = await this.refresh()
    const { account, answers } = this.deps
    const now = account.clock.steady()
    const listed = answers.holdings
    const ageMs = now - (listed?.askedAt ?? now)
    return {
      at: Math.round(account.clock.now() - ageMs),
      isUnconfirmed: account.confirmation.isMissing,
      isListed: listed !== undefined,
      ...(failure !== undefined && { failure }),
      holdings: this.holdings(listed, now),
      orders: this.orders(),
      exits: waitingExits(account),
    }
  }

  /** Requests the lists that are too old; returns why the broker did not answer. */
  private refresh(): Promise<string | undefined> {
    this.asking ??= this.ask().finally(() => (this.asking = undefined))
    return this.asking
  }

  private async ask(): Promise<string | undefined> {
    const { account, answers } = this.deps
    const { broker } = account.engine
    const isOld = (kept: Kept<unknown> | undefined): boolean =>
      kept === undefined || account.clock.steady() - kept.askedAt > FRESH_MS
    const calls: Promise<unknown>[] = []
    if (isOld(answers.holdings)) {
      calls.push(withDeadline(LONGEST_WAIT_MS, signal => broker.holdings(signal)))
    }
    if (broker.openOrders !== undefined && isOld(answers.orders)) {
      calls.push(withDeadline(LONGEST_WAIT_MS, signal => broker.openOrders!(signal)))
    }
    const ended = await Promise.allSettled(calls)
    const failed = ended.find(each => each.status === 'rejected')
    if (failed === undefined) return undefined
    return failed.reason instanceof Error ? failed.reason.message : String(failed.reason)
  }

  private holdings(
    listed: Kept<readonly Holding[]> | undefined,
    now: number,
  ): HoldingsView['holdings'] {
    const rows = ownedRows(this.deps.account)
    if (listed !== undefined) takeList(rows, listed, this.deps.account)
    for (const { key, known } of this.deps.account.engine.book.holdings.all()) {
      const row = rows.get(holdingName(key))
      // A row that a later list lacks proves nothing; an answer by name does.
      if (row === undefined || known === undefined) continue
      const isOlder = known.at <= (row.held?.at ?? -Infinity)
      if (isOlder || (!known.isNamed && row.held === undefined)) continue
      row.held = known
    }
    return [...rows.values()].map(row => this.shown(row, now)).toSorted(mostUrgentFirst)
  }

  private shown({ key, positions, underWay, held }: Row, now: number): HoldingView {
    const { lot } = this.deps.account.instruments.of(key.instrument)
    const quantity = held === undefined ? null : unitsOf(held.quantity, lot)
    const owned = positions.reduce((all, each) => sum(all, each.quantity), 0)
    return {
      ...key,
      held: quantity,
      ageMs: held === undefined ? null : Math.max(0, Math.round(now - held.at)),
      owned,
      difference: quantity === null ? null : restOf(quantity, owned),
      underWay,
      positions,
    }
  }

  private orders(): HoldingsView['orders'] {
    const { account, answers } = this.deps
    if (answers.orders === undefined) return null
    const secondGuardOrders = new Set(account.engine.book.late.secondGuardOrders)
    const ownerOf = ({ clientOrderId }: OpenOrder) =>
      account.engine.nets.table.owner(clientOrderId ?? '') !== undefined
        ? 'ours'
        : clientOrderId === null || !hasOurPrefix(clientOrderId)
          ? 'others'
          : secondGuardOrders.has(clientOrderId)
            ? 'second-guard'
            : 'ours'
    return answers.orders.answer.map(order => ({ ...order, owner: ownerOf(order) }))
  }
}

/** The holdings of open positions, by name. */
function ownedRows({ engine: { book }, state: { positions } }: Account): Map<string, Row> {
  const rows = new Map<string, Row>()
  for (const { position } of positions.open.values()) {
    const key = book.holdings.keyOf(position.id) ?? holdingKeyOf(position, modelOf(book))
    const record = book.exits.record(position.id)
    const row = rowOf(rows, key)
    const { owned, underWay } = shareOf(position, { owned: position.quantity, record })
    row.positions.push({ id: position.id, quantity: signOf(position.side) * owned })
    row.underWay = sum(row.underWay, underWay)
  }
  return rows
}

function takeList(
  rows: Map<string, Row>,
  { answer, askedAt }: Kept<readonly Holding[]>,
  { engine: { book } }: Account,
): void {
  const spelled = spelling(answer, new Map(rows))
  for (const { quantity, ageMs, entryPrice: _price, ...listed } of answer) {
    if (!isBounded(quantity)) continue
    const side = quantity < 0 ? 'short' : 'long'
    const key = holdingKeyOf({ side, ...listed }, modelOf(book))
    const named = spelled(key)
    rowOf(rows, named === 'several' ? key : named).held = { quantity, at: askedAt - ageMs }
  }
}

const modelOf = ({ settings: { capabilities } }: Account['engine']['book']) => capabilities

function rowOf(rows: Map<string, Row>, key: HoldingKey): Row {
  const name = holdingName(key)
  const row = rows.get(name) ?? { key, positions: [], underWay: 0, held: undefined }
  rows.set(name, row)
  return row
}

/** Exits whose order has not left, with what holds them back besides the confirmation. */
function waitingExits(account: Account): HoldingsView['exits'] {
  const { state, engine, isObserving } = account
  const all: (typeof EXIT_HOLDS)[number][] = [
    ...(maySend(state.killSwitch) ? [] : (['kill-switch'] as const)),
    ...(isObserving ? (['observe-mode'] as const) : []),
    ...(engine.book.late.secondGuardOrders.length > 0 ? (['second-guard'] as const) : []),
  ]
  return [...state.openExits.values()].filter(mayStillLeave).map(record => ({
    id: record.positionId,
    instrument: record.order.instrument,
    action: record.order.side === 'long' ? 'sell' : 'buy',
    quantity: remainingOf(record),
    reason: record.decision.reason,
    heldBy: all,
  }))
}

const mayStillLeave = (record: ExitRecord): boolean =>
  hasNotLeft(record) || record.state.kind === 'rejected'

/** Order of the rows: missing or unknown units first, then unowned units, then by name. */
function mostUrgentFirst(a: HoldingView, b: HoldingView): number {
  const rank = ({ difference, held, positions }: HoldingView): number =>
    held === null || (difference !== 0 && positions.length > 0) ? 0 : difference === 0 ? 2 : 1
  return rank(a) - rank(b) || (a.instrument < b.instrument ? -1 : 1)
}
