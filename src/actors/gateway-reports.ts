import { changedEach, followReleased } from './gateway-exits.ts'
import { netsListed } from './gateway-nets.ts'
import type { GatewayState } from './gateway-state.ts'
import type { GatewayMessage } from './messages.ts'

/** Holdings of a list that are judged in one turn of the event loop. */
const HOLDINGS_AT_ONCE = 32

/** Takes what the broker says of holdings and working orders, and goes on with the exits that it concerns. */
export function reported(
  state: GatewayState,
  message: Extract<GatewayMessage, { kind: 'holding' | 'holdings' | 'listed' | 'orders' }>,
): GatewayState {
  const { book, parts } = state
  switch (message.kind) {
    case 'holding': {
      const { key, report, ...asked } = message
      changedEach(
        state,
        book.reports.take(key, report, { ...asked, isNamed: true, now: parts.now() }),
      )
      break
    }
    case 'holdings': {
      const { holdings, askedAt } = message
      const { reports, lacking } = book.holdings.sort(holdings, askedAt)
      for (const key of lacking) parts.toReconciler({ kind: 'ask', key })
      const listed = { kind: 'listed', reports, from: 0, askedAt } as const
      if (reports.length > HOLDINGS_AT_ONCE) parts.self(listed)
      else takeReports(state, listed)
      break
    }
    case 'listed':
      takeReports(state, message)
      break
    case 'orders':
      book.listed(message.orders, { askedAt: message.askedAt, now: parts.now() })
      netsListed(state, message)
      changedEach(state, book.exits.ids())
      break
  }
  followReleased(state)
  return state
}

/** Takes the next holdings of a list, and goes on in a later turn of the event loop: each is judged alone. */
function takeReports(
  state: GatewayState,
  listed: Extract<GatewayMessage, { kind: 'listed' }>,
): void {
  const { book, parts } = state
  const { reports, from, askedAt } = listed
  const next = from + HOLDINGS_AT_ONCE
  const asked = { askedAt, isNamed: false, now: parts.now() }
  for (const { key, report } of reports.slice(from, next))
    changedEach(state, book.reports.take(key, report, asked))
  if (next < reports.length) parts.self({ ...listed, from: next })
}
