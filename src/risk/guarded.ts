import type { InstrumentId } from '../domain/ids.ts'
import type { TradingHours } from '../domain/instrument.ts'
import type { PositionState } from '../domain/position.ts'
import { isOpenAt, quietFor } from './hours.ts'
import { watchedBy, type Rule, type RuleSet } from './rule.ts'
import type { WatchedPosition } from './watched-position.ts'

/**
 * Why no rule can act on a position now, as far as its rules and prices show: none of its rules ever
 * exits, it is not open yet, its instrument never had a price in this process, the price is too old.
 */
export type IdleCause = 'rules' | 'not-open' | 'unpriced' | 'price'

/** Limits on the age of a position's prices. */
export interface PriceLimits {
  /** Epoch ms. */
  readonly now: number
  /** A price that is older is too old while the market is open, ms. */
  readonly staleMs: number
  hoursOf(instrument: InstrumentId): TradingHours | undefined
}

/** Why no rule of a position can act on it now; undefined: one can. */
export function idleCause(
  watched: WatchedPosition,
  { now, staleMs, hoursOf }: PriceLimits,
): IdleCause | undefined {
  const needed = neededPrice(watched.ruleSet)
  if (needed === 'none') return 'rules'
  const { position } = watched
  if (now < watched.openedAt) return 'not-open'
  const leg = needed === 'own' ? watched.own : watched.other
  const other = needed === 'own' ? undefined : watchedBy(watched.ruleSet, position)
  const hours = hoursOf(other ?? position.instrument)
  const lastAt = leg?.stream.lastAt ?? -Infinity
  if (lastAt === -Infinity) {
    return hours === undefined || isOpenAt(hours, now) ? 'unpriced' : undefined
  }
  return quietFor(hours, lastAt, now) > staleMs ? 'price' : undefined
}

/** The one state that an open position is in. */
export function stateOf({
  isObserved,
  isExiting,
  cause,
}: {
  /** Its exit was noted in `mode: observe`. */
  readonly isObserved: boolean
  /** Its exit is decided. */
  readonly isExiting: boolean
  /** Why it is not guarded. */
  readonly cause: string | undefined
}): PositionState {
  if (isObserved) return 'observed'
  if (isExiting) return 'exiting'
  return cause === undefined ? 'guarded' : 'unguarded'
}

/** Whose price the rules of a set compare; `none`: no rule ever exits. */
type NeededPrice = 'own' | 'other' | 'none'

const needs = new WeakMap<RuleSet, NeededPrice>()

/** Whether a position with these rules is guarded by the price of its own instrument. */
export const needsOwnPrice = (set: RuleSet): boolean => neededPrice(set) === 'own'

/** Whether no rule of a set ever exits a position. */
export const neverExits = (set: RuleSet): boolean => neededPrice(set) === 'none'

/** A deadline needs a price too: what is known of its fill, and whether the feed is alive. */
function neededPrice(set: RuleSet): NeededPrice {
  const known = needs.get(set)
  if (known !== undefined) return known
  let needed: NeededPrice = 'none'
  for (const rule of set.rules) {
    if (!canExit(rule)) continue
    needed = rule.kind === 'underlying' ? 'other' : 'own'
    if (needed === 'own') break
  }
  needs.set(set, needed)
  return needed
}

/** Whether a rule can exit a position by itself. */
function canExit(rule: Rule): boolean {
  switch (rule.kind) {
    case 'levels':
      return rule.net === undefined
    case 'underlying':
      return true
    case 'stale-quote':
      return rule.action === 'exit'
  }
}
