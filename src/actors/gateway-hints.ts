import type { AccountHint } from '../domain/account-hint.ts'
import type { InstrumentId } from '../domain/ids.ts'
import type { ClientOrderId } from '../domain/order.ts'
import { hasSent } from '../exits/record.ts'
import type { GatewayState } from './gateway-state.ts'

/** Most orders that are looked up at once because of one gap; each other one has its turn anyway. */
const MOST_LOOKUPS = 100

interface OurOrder {
  readonly clientOrderId: ClientOrderId
  readonly instrument: InstrumentId
}

/**
 * Asks now for what a hint is about. A hint books nothing and changes no state: what counts is the answer, which
 * comes as that of every other question.
 */
export function hinted(state: GatewayState, hint: AccountHint): void {
  switch (hint.kind) {
    case 'order': {
      const order = ourOrder(state, hint.clientOrderId)
      if (order !== undefined) lookUp(state, order)
      askHoldings(state, hint.instrument)
      return
    }
    case 'holding':
      askHoldings(state, hint.instrument)
      return
    case 'up':
    case 'gap':
      askEverything(state)
      return
    case 'down':
    case 'odd':
      return
  }
}

function lookUp({ book, parts }: GatewayState, order: OurOrder): void {
  if (book.settings.capabilities.lookup === 'none') return
  parts.toReconciler({ kind: 'look-up', ...order })
}

/** By name: only such an answer can prove that nothing is held. */
function askHoldings({ book, parts }: GatewayState, instrument: InstrumentId): void {
  for (const { key } of book.holdings.all()) {
    if (key.instrument === instrument) parts.toReconciler({ kind: 'ask', key })
  }
}

function askEverything(state: GatewayState): void {
  state.parts.toReconciler({ kind: 'list' })
  state.parts.toReconciler({ kind: 'list-orders' })
  let asked = 0
  for (const order of ourOrders(state)) {
    if (asked++ >= MOST_LOOKUPS) return
    lookUp(state, order)
  }
}

/** The orders that may be at the venue. */
function* ourOrders({ book, nets }: GatewayState): Iterable<OurOrder> {
  for (const record of book.exits.records()) if (hasSent(record)) yield record.order
  for (const { record } of book.released.all()) yield record.order
  for (const net of nets.table.all()) if (net.isLive) yield net.record.order
}

/** An order of this service that the book follows. */
function ourOrder({ book, nets }: GatewayState, id: string | null): OurOrder | undefined {
  if (id === null) return undefined
  const clientOrderId = id as ClientOrderId
  const owner = book.exits.owner(clientOrderId)
  const order =
    nets.table.owner(id)?.record.order ??
    (owner === undefined ? undefined : book.exits.record(owner)?.order) ??
    book.released.owner(clientOrderId)?.record.order
  return order && { clientOrderId, instrument: order.instrument }
}
