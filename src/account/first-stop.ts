import type { Registered } from '../ports/state-repository.ts'
import { levelsAt } from '../risk/rule-change.ts'
import { ruleSetOf } from './stored-rules.ts'

type Ruled = Pick<Registered, 'position' | 'rules' | 'firstStop'>

/** The stop that the rules of a position give at its entry price; null where none of them has a stop there. */
export function stopAtEntry(row: Ruled): number | null {
  const { position } = row
  return levelsAt(position, ruleSetOf(row), { best: position.entryPrice, at: position.openedAt })
    .stop
}

/**
 * The first stop of a position whose rules change: the one that it has, otherwise that of the new rules. None
 * where an earlier version registered the position with a stop: rules may have tightened it since.
 */
export function firstStopAfter(before: Ruled, after: Ruled): Pick<Ruled, 'firstStop'> {
  if (before.firstStop !== undefined) return { firstStop: before.firstStop }
  const firstStop = stopAtEntry(before) === null ? stopAtEntry(after) : null
  return firstStop === null ? {} : { firstStop }
}
