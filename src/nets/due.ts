import { proofMs } from '../exits/settings.ts'
import type { NetCall, TrackedNet } from './tracked-net.ts'

/**
 * Interval of look-ups of a resting order where the venue lists no working orders, ms: a venue may lose a resting
 * order, and nothing else would show that.
 */
const UNLISTED_ASK_MS = 300_000

/** The present circumstances of a net. Times are epoch ms. */
export interface NetCircumstances {
  readonly now: number
  /** Stop orders may leave. */
  readonly maySend: boolean
  /** Cancels may leave. */
  readonly mayCancel: boolean
  readonly visibilityMs: number
  readonly canAmend: boolean
  readonly listsOrders: boolean
  /** The account holds less than its positions own: the net may have been executed. */
  readonly isLacking: boolean
  /** The last price has met the trigger. */
  readonly isMet: boolean
}

/** The calls that a net needs now. */
export function callsOf(net: TrackedNet, around: NetCircumstances): readonly NetCall[] {
  const { record, saved } = net
  const { state } = record
  const { now, maySend, mayCancel } = around
  switch (state.kind) {
    case 'intending':
      return ['save']
    case 'intended':
      return maySend && now >= state.notBefore ? ['send'] : []
    case 'queued':
    case 'sending':
    case 'over':
      return []
    case 'resting': {
      const cancel: readonly NetCall[] = mayCancel ? ['cancel', ...evidence(net, around)] : []
      if (net.unwanted !== undefined) return cancel
      const ask: readonly NetCall[] = mustAsk(net, around) ? ['ask'] : []
      if (record.order.trigger !== saved?.order.trigger) return ['save', ...ask]
      const isArmed = record.armed?.price === record.order.trigger.price
      const isDue = around.canAmend && maySend && !isArmed && now >= net.amendAt
      return isDue ? ['amend', ...ask] : ask
    }
    case 'unknown': {
      const cancel: readonly NetCall[] = net.unwanted !== undefined && mayCancel ? ['cancel'] : []
      return ['ask', ...cancel, ...evidence(net, around)]
    }
  }
}

/** Queries that show that an order is over where no answer about the order does. */
function evidence(net: TrackedNet, { listsOrders }: NetCircumstances): readonly NetCall[] {
  const { state } = net.record
  const isAbsent = state.kind === 'unknown' && state.absentAt !== undefined
  if (!isAbsent && net.unwanted !== 'exit') return []
  return listsOrders ? ['ask-holding', 'list-orders'] : ['ask-holding']
}

/** Whether a resting order must be looked up, as it may no longer rest. */
function mustAsk(net: TrackedNet, around: NetCircumstances): boolean {
  const { seenAt, notListedAt, changedAtVenueAt } = net
  const { now, visibilityMs, isLacking, isMet, listsOrders } = around
  if (Math.max(notListedAt, changedAtVenueAt) > seenAt) return true
  if (!listsOrders && now - Math.max(seenAt, net.changedAt) >= UNLISTED_ASK_MS) return true
  return (isLacking || isMet) && now - seenAt >= 2 * proofMs({ visibilityMs })
}
