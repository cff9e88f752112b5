import { tally } from '../domain/tally.ts'
import type { JournalEvent } from '../ports/journal.ts'
import { errorNameOf } from './event-line.ts'
import type { AccountState } from './state.ts'

/** Counts an event of the gateway or the supervisor, for metrics and health. */
export function countEvent(event: JournalEvent, counts: AccountState['counts']): void {
  const error = errorNameOf(event)
  if (error !== undefined) tally(counts.errors, error)
  if (event.kind === 'exit-failed' || event.kind === 'reconcile-failed') counts.brokerErrors++
  if (event.kind === 'exit-unknown') counts.unknowns++
  if (event.kind === 'exit-rejected') tally(counts.rejections, event.code)
  if (event.kind === 'exit-foreign') counts.foreignOrders++
  if (event.kind === 'exit-unverified' && event.isSent) counts.unverified++
  if (event.kind === 'isolated-fault') counts.isolatedFaults++
  if (event.kind === 'monitor-restarted') counts.restarted('monitor', event.cause)
  if (event.kind === 'actor-restarted') counts.restarted(event.actor, event.cause)
}
