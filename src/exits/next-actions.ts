import type { PositionId } from '../domain/ids.ts'
import type { Action } from './action.ts'
import { actionsFor } from './actions.ts'
import type { Allowed, ExitsOptions } from './circumstances.ts'
import { mayExecuteMore, wasEvidence } from './holding-evidence.ts'
import { circumstancesOf } from './present-circumstances.ts'
import { awaitsOf } from './report-readers.ts'
import type { TrackedExit } from './tracked-exit.ts'

/** Most actions of one exit in a row that need no call: a bound on the loop of the exit table (P7). */
export const MOST_ACTIONS_AT_ONCE = 10

/** What an exit must do now, with the circumstances that its account gives it; `all`: the exits of the account. */
export function nextActions(
  entry: TrackedExit,
  allowed: Allowed,
  { options, all }: { options: ExitsOptions; all: ReadonlyMap<PositionId, TrackedExit> },
): readonly Action[] {
  // Most of the thousands of exits after a gap wait for their turn at the call desk.
  if (awaitsOf(entry.record) === 'call') return []
  const around = circumstancesOf(entry, allowed, options)
  const { record } = entry
  // Only where the holding is read as evidence do other exits in it count.
  const isJudged = record.state.kind === 'unknown' && !wasEvidence(record)
  const mayOthersExecute = !isJudged || mayOthersExecuteMore(entry, all)
  return actionsFor(record, { ...around, mayOthersExecute })
}

function mayOthersExecuteMore(
  entry: TrackedExit,
  all: ReadonlyMap<PositionId, TrackedExit>,
): boolean {
  for (const other of all.values()) {
    if (other !== entry && other.group === entry.group && mayExecuteMore(other.record)) return true
  }
  return false
}
