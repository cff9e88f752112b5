import { ASK_HOLDING, type Action } from './action.ts'
import type { Circumstances } from './circumstances.ts'
import type { ExitState } from './exit-state.ts'

/** The actions after a rejection: a query, a wait, or the next attempt. */
export function afterRejection(
  { code, since, retryAt }: Extract<ExitState, { kind: 'rejected' }>,
  { now, held, settings }: Circumstances,
): readonly Action[] {
  const isAsked = (at: number | undefined): boolean => at !== undefined && at >= since
  switch (code) {
    case 'insufficient-quantity':
    case 'held-by-orders':
      if (isAsked(held?.at)) break
      return settings.listsOrders ? [ASK_HOLDING, { kind: 'list-orders' }] : [ASK_HOLDING]
    case 'nothing-held':
      // A list may lag: only an answer by name contradicts the venue.
      if (isAsked(held?.byName?.at)) break
      return [ASK_HOLDING]
    case 'market-closed':
    case 'would-trigger':
    case 'unknown-instrument':
    case 'no-permission':
    case 'price-band':
    case 'below-minimum':
    case 'refused':
    case 'ended':
  }
  return now >= retryAt ? [{ kind: 'retry' }] : []
}
