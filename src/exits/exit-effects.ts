import { restOf } from '../domain/units.ts'
import type { ExitEvent } from './events.ts'
import type { HoldingBook } from './holding-book.ts'
import { lockHolding, noteOtherUnits } from './holding-lock.ts'
import { isAlive, type ExitRecord } from './record.ts'
import { isHoldingEvidence, type ExitSettings } from './settings.ts'
import { executedOf, underWayOf } from './shares.ts'
import type { TrackedExit } from './tracked-exit.ts'

/** Applies a change of an exit to the holding of its position; `before` is the record before the event. */
export function affectHolding(
  entry: TrackedExit,
  before: ExitRecord,
  {
    event,
    holdings,
    settings,
  }: { event: ExitEvent; holdings: HoldingBook; settings: ExitSettings },
): void {
  const { record, group } = entry
  const { positionId: id } = record
  const isEvidence = isHoldingEvidence(settings.capabilities)
  if (event.kind === 'planned' && isEvidence) {
    lockHolding(entry, holdings.othersIn(group, id), event.at)
  } else if (!isEvidence && (event.kind === 'planned' || record.attempt !== before.attempt)) {
    noteOtherUnits(entry, event.at)
  }
  const executed = restOf(executedOf(record), executedOf(before))
  if (executed > 0 || isAlive(record) !== isAlive(before)) {
    group.changed(id, { executed, now: event.at })
  }
  const isGoneUnexecuted = executed < underWayOf(before) && isAlive(before) && !isAlive(record)
  if (isGoneUnexecuted) holdings.judgeAgain(group)
  if (event.kind === 'shrunk') group.changed(id, { executed: 0, now: event.at })
}
