import type { Account } from '../account/account.ts'
import type { PositionId } from '../domain/ids.ts'
import { belowOf, isPriceless } from '../exits/exit-state.ts'
import type { ExitRecord } from '../exits/record.ts'
import { isUnprovable } from '../exits/settings.ts'
import { executedOf } from '../exits/shares.ts'
import type { AccountFacts } from '../observability/account-checks.ts'
import type { ExitView } from '../ports/control/why.ts'
import { waitOf, type WaitDeps } from './exit-waits.ts'

/** The exit of a position with its history; undefined where none was decided. */
export function exitView(
  {
    account: {
      engine: { book },
      state: { openExits },
    },
    waits,
  }: { readonly account: Pick<Account, 'engine' | 'state'>; readonly waits: WaitDeps },
  id: PositionId,
): ExitView | undefined {
  const record = book.exits.record(id) ?? openExits.get(id)
  if (record === undefined) return undefined
  const { state, attempt, order, quantity, rejections, steps } = record
  const waitsFor = waitOf(record, waits)
  return {
    state: state.kind,
    clientOrderId: order.clientOrderId,
    executed: executedOf(record),
    attempt,
    quantity,
    rejections,
    ...(waitsFor !== undefined && { waitsFor }),
    steps,
  }
}

/** The facts of exits and holdings for health, at `now` of the gateway's clock (epoch ms). */
export function accountFacts(
  {
    engine: { book },
    confirmation,
    state: { faults, positions },
  }: Pick<Account, 'engine' | 'confirmation' | 'state'>,
  now: number,
): AccountFacts {
  const { capabilities, loudAfter, loudAfterMs } = book.settings
  const records = [...book.exits.records(), ...book.released.all().map(({ record }) => record)]
  const holdings = [...book.holdings.all()]
  const unknown = holdings.flatMap(({ key: { instrument: what }, unknownSince }) => {
    const forMs = unknownSince === null ? 0 : now - unknownSince
    return forMs > loudAfterMs ? [{ what, forMs }] : []
  })
  const released = [...book.released.unended(now)].filter(({ forMs }) => forMs > loudAfterMs)
  const notRead = book.holdings.outside.notRead().map(({ instrument }) => {
    return { what: `${instrument}, not read since the start` }
  })
  const unproved = [...book.exits.records()].flatMap(({ positionId, state }) => {
    const forMs = state.kind === 'unknown' ? now - state.since : 0
    return forMs > loudAfterMs ? [{ what: positionId, forMs }] : []
  })
  const unverified = [...book.exits.unverified(now)].filter(({ forMs }) => forMs > loudAfterMs)
  const waiting = records.filter(
    ({ state }) => state.kind === 'rejected' && state.code === 'market-closed',
  )
  return {
    isUnprovable: isUnprovable(capabilities),
    isUnconfirmed: confirmation.isMissing,
    stuckExits: records
      .filter(({ rejections }) => rejections >= loudAfter)
      .map(({ positionId, rejections }) => ({ what: `${positionId}, ${rejections} rejections` })),
    faultyExits: records
      .filter(({ faults }) => faults > 0)
      .map(({ positionId, faults }) => ({ what: `${positionId}, ${faults} times` })),
    foreignExits: records
      .filter(({ state }) => state.kind === 'foreign')
      .map(({ positionId, order }) => ({ what: `${positionId}, order ${order.clientOrderId}` })),
    unprovedExits: unproved,
    releasedOrders: released.map(({ positionId, forMs }) => ({ what: positionId, forMs })),
    lateOrders: lateOrders(book, now),
    withoutAccount: positions.withoutAccount().map(id => ({ what: `${id} names no account` })),
    faults: [...book.faults.all(), ...faults.all()].map(({ what, why }) => ({
      what: `${what}: ${why}`,
    })),
    unverifiedExits: unverified.map(({ positionId, forMs }) => ({ what: positionId, forMs })),
    waitingForMarket: waiting.map(({ positionId }) => ({ what: positionId })),
    ...heldBack(records),
    secondGuardOrders: book.late.secondGuardOrders.map(what => ({ what })),
    oversold: book.holdings.oversold().map(({ instrument }) => ({ what: instrument })),
    unknownHoldings: [...unknown, ...notRead],
    unowned: unowned(book),
  }
}

/** Exits that are held back: they are worth too little, or their limit has no price. */
const heldBack = (records: readonly ExitRecord[]) => ({
  belowMinimum: records.flatMap(({ positionId, state }) => {
    const below = belowOf(state)
    if (below === undefined) return []
    return [{ what: `${positionId}, worth ${below.value} of at least ${below.minimum}` }]
  }),
  priceless: records
    .filter(({ state }) => isPriceless(state))
    .map(({ positionId }) => ({ what: positionId })),
})

/** Orders of ended exits that have worked for longer than `loudAfterMs`. */
const lateOrders = (
  { late, settings }: Account['engine']['book'],
  now: number,
): AccountFacts['lateOrders'] =>
  [...late.working(now)].flatMap(({ positionId, clientOrderId, forMs }) =>
    forMs > settings.loudAfterMs ? [{ what: `${positionId}, order ${clientOrderId}`, forMs }] : [],
  )

/** Quantities that no position owns. */
const unowned = (book: Account['engine']['book']): AccountFacts['unowned'] =>
  book.holdings.outside
    .unowned()
    .map(({ key, quantity }) => ({ what: `${quantity} ${key.instrument}` }))
