import { isAtLeast, signOf, type Position } from '../domain/position.ts'
import { decide, type Moment } from './decide.ts'
import type { LevelRule, Rule, RuleSet } from './rule.ts'

/** A rule that nothing that could happen makes fire. */
export interface DeadRule {
  /** Name in the config. */
  readonly rule: string
  /** Why, for a person. */
  readonly why: string
}

/** Farthest that the synthetic path leads, in multiples of the entry price (for a short, parts). */
const FARTHEST = 1024
/** Steps of the path: activations, tiers, times of a schedule. */
const MOST_STEPS = 200

/**
 * Drives each rule of a set alone along a path that should make it fire: the price goes the
 * position's way, past every activation, time passes, then the price is at the level. What decides
 * is what decides of real ticks.
 */
export function deadRules(set: RuleSet, position: Position): DeadRule[] {
  return set.rules.flatMap((rule, index) => {
    const why = whyDead(rule, { names: [set.names[index]!], rules: [rule] }, position)
    return why === undefined ? [] : [{ rule: set.names[index]!, why }]
  })
}

function whyDead(rule: Rule, alone: RuleSet, position: Position): string | undefined {
  try {
    switch (rule.kind) {
      case 'levels':
        if (rule.net !== undefined) return undefined
        return walk(rule, alone, position)
      case 'underlying':
        return underlying(rule, alone, position)
      case 'stale-quote': {
        // Other actions than an exit are not meant to fire.
        if (rule.action !== 'exit') return undefined
        const { openedAt: at } = position
        const silent = decide(position, alone, momentOf(position, { at, staleAt: at }))
        return silent === undefined ? 'silence does not make it exit' : undefined
      }
    }
  } catch (error) {
    return `it throws: ${error instanceof Error ? error.message : String(error)}`
  }
}

function walk(rule: LevelRule, alone: RuleSet, position: Position): string | undefined {
  const sign = signOf(position.side)
  const { entryPrice } = position
  let best = entryPrice
  let at = position.openedAt
  const isFar = (): boolean =>
    sign === 1 ? best > entryPrice * FARTHEST : best < entryPrice / FARTHEST
  for (let step = 0; step < MOST_STEPS && !isFar(); step++) {
    const { stop, target, ratchet, exitAt, rearmAt } = rule.arm(position, best, at)
    const fires = (what: Partial<Moment>): boolean => {
      const { price } = what
      const reached =
        price !== undefined && isAtLeast(position.side, price, best) ? { best: price } : {}
      const moment = momentOf(position, { best, at, ...what, ...reached })
      return decide(position, alone, moment) !== undefined
    }
    if (exitAt !== undefined && Number.isFinite(exitAt) && fires({ at: exitAt })) return undefined
    if (isPrice(stop) && fires({ price: stop })) return undefined
    // Every price reaches a target of a long that lies at 0 or below.
    const touched = sign === 1 && target !== undefined && target <= 0 ? entryPrice : target
    if (isPrice(touched) && fires({ price: touched })) return undefined
    if (ratchet !== undefined && sign * ratchet > sign * best) best = ratchet
    else if (rearmAt !== undefined && rearmAt > at) at = rearmAt
    else best *= sign === 1 ? 2 : 0.5
  }
  return 'no price above 0 and no time makes it exit'
}

function underlying(
  rule: Extract<Rule, { kind: 'underlying' }>,
  alone: RuleSet,
  position: Position,
): string | undefined {
  if (rule.instrument === undefined && position.underlying === undefined) {
    return 'it names no instrument, and the position has no underlying'
  }
  const anchor = rule.needsAnchor ? position.entryPrice : undefined
  const { below, above } = rule.bounds(anchor)
  const canFire = [below, above].some(
    otherPrice =>
      isPrice(otherPrice) &&
      decide(position, alone, momentOf(position, { otherPrice, anchor })) !== undefined,
  )
  return canFire ? undefined : 'no price above 0 of the other instrument makes it exit'
}

const isPrice = (level: number | undefined): level is number =>
  level !== undefined && level > 0 && level < Infinity

function momentOf(position: Position, what: Partial<Moment>): Moment {
  const { entryPrice: best, openedAt: at } = position
  return { best, at, staleAt: Infinity, tick: null, last: { best, at }, ...what }
}
