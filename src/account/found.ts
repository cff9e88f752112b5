import type { Child } from '../actors/actor-registry.ts'
import type { InstrumentId, PositionId } from '../domain/ids.ts'
import type { InstrumentTable, TradingHours } from '../domain/instrument.ts'
import type { PositionState } from '../domain/position.ts'
import type { UnguardedCause } from '../domain/unguarded.ts'
import type { Registered } from '../ports/state-repository.ts'
import { isOpenAt, quietFor } from '../risk/hours.ts'
import { quietLimit } from '../risk/quiet.ts'

/**
 * The findings of one sweep over all positions. Positions that are being exited are not expected to have a
 * monitor.
 */
export interface Found {
  /** Number of open positions in each state. */
  readonly counts: Record<PositionState, number>
  expected: number
  /** Expected monitors that are missing: neither a running monitor nor the caretaker decides. */
  missing: number
  /** Positions that are unguarded for another cause than the age of the price. */
  readonly unguarded: {
    readonly id: PositionId
    readonly child: Child | undefined
    readonly cause: Exclude<UnguardedCause, 'price'>
    readonly entry: Registered['entry']
  }[]
  readonly quarantined: Child[]
  readonly withRuleErrors: Child[]
  /** Instruments without a price for too long while the market is open. */
  readonly quiet: Map<InstrumentId, Quiet>
  /** Instruments that rules compare and that never had a price, though their market is open. */
  readonly unpriced: Set<InstrumentId>
}

/** For how long an instrument had no price, and how long is allowed, ms. */
export interface Quiet {
  readonly forMs: number
  readonly mostMs: number
}

export const nothingFound = (): Found => ({
  counts: { guarded: 0, exiting: 0, observed: 0, unguarded: 0 },
  expected: 0,
  missing: 0,
  unguarded: [],
  quarantined: [],
  withRuleErrors: [],
  quiet: new Map(),
  unpriced: new Set(),
})

export interface FindOptions {
  /** Epoch ms. */
  readonly now: number
  /** A price that is older guards no position while its market is open, ms. */
  readonly staleMs: number
  readonly instruments: InstrumentTable
  /** Of the position's own instrument. */
  readonly hours: TradingHours | undefined
}

/** Adds the findings about a position that a person should see, besides whether it is guarded. */
export function find(
  found: Found,
  child: Child,
  { now, staleMs, instruments, hours }: FindOptions,
): void {
  const { watched } = child
  if (child.status.kind === 'quarantined') found.quarantined.push(child)
  if (watched.ruleErrors > 0) found.withRuleErrors.push(child)
  const { instrument, underlying } = watched.position
  const other = watched.other && (watched.underlying?.instrument ?? underlying)
  if (other !== undefined && watched.other?.stream.lastAt === -Infinity) {
    const otherHours = instruments.of(other).hours
    if (otherHours === undefined || isOpenAt(otherHours, now)) found.unpriced.add(other)
  }
  const { lastAt } = watched.own.stream
  if (lastAt === -Infinity) {
    if (hours === undefined || isOpenAt(hours, now)) found.unpriced.add(instrument)
    return
  }
  const mostMs = Math.min(staleMs, quietLimit(watched, 'alert'))
  const since = mostMs === staleMs ? lastAt : Math.max(lastAt, watched.openedAt)
  const forMs = quietFor(hours, since, now)
  if (forMs <= mostMs) return
  const known = found.quiet.get(instrument)
  if (known === undefined || mostMs < known.mostMs) found.quiet.set(instrument, { forMs, mostMs })
}
