import type { Account } from '../account/account.ts'
import type { PositionId } from '../domain/ids.ts'
import type { Chaos } from './chaos.ts'

/** What was injected into a system, and what came of it. */
export interface ChaosSummary {
  readonly acts: Readonly<Record<string, number>>
  /** Calls of the broker that were hit, by fault. */
  readonly calls: Readonly<Record<string, number>>
  /** Actors that crashed or hung and were replaced. */
  readonly restarts: number
  /** Positions whose monitor is quarantined. */
  readonly quarantined: number
  /** Exits by cause. */
  readonly unguardedSeconds: Readonly<Record<string, number>>
  /** Positions that the account has exited, and those with more than one exit. */
  readonly exited: number
  readonly doubled: readonly PositionId[]
}

/** Summarises a run; `fills` are all that the account ever made, where it can list them. */
export function chaosSummary(
  { acts, hits }: Pick<Chaos, 'acts' | 'hits'>,
  { state, engine, coverage }: Pick<Account, 'state' | 'engine' | 'coverage'>,
  fills: readonly { readonly positionId: PositionId }[] = [],
): ChaosSummary {
  const filled = new Map<PositionId, number>()
  for (const { positionId: id } of fills) filled.set(id, (filled.get(id) ?? 0) + 1)
  const seconds = [...coverage.totals].map(([cause, ms]) => [cause, Math.round(ms) / 1_000])
  return {
    acts: Object.fromEntries(acts),
    calls: Object.fromEntries(hits),
    restarts: state.counts.restarts,
    quarantined: [...engine.registry.all()].filter(({ status }) => status.kind === 'quarantined')
      .length,
    unguardedSeconds: Object.fromEntries(seconds) as Record<string, number>,
    exited: Math.max(
      filled.size,
      [...state.counts.exitsEnded.filled.values()].reduce((sum, count) => sum + count, 0),
    ),
    // An id that was opened again has an exit for each of its generations.
    doubled: [...filled]
      .filter(([id, count]) => count > (state.positions.get(id)?.generation ?? 1))
      .map(([id]) => id),
  }
}
