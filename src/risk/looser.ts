import { signOf, type Position } from '../domain/position.ts'
import { instantText } from './calendar.ts'
import type { LevelRule, Rule, StaleQuoteRule, UnderlyingRule } from './rule.ts'

/** How far a position has come when its rules are compared. */
export interface Reached {
  readonly position: Position
  /** Best price so far; comparisons begin there, as it only gets better. */
  readonly best: number
  /** Epoch ms. */
  readonly at: number
  /** Base price of the `underlying` rule, once known. */
  readonly anchor?: number | undefined
}

/**
 * Why `after` could exit a position later than `before`, from now on and for whatever prices come;
 * undefined: it cannot. Two rules that cannot be compared count as looser.
 */
export function loosening(before: Rule, after: Rule, reached: Reached): string | undefined {
  if (before === after) return undefined
  switch (before.kind) {
    case 'levels':
      return after.kind === 'levels' ? ofLevels(before, after, reached) : 'another kind of rule'
    case 'underlying':
      return after.kind === 'underlying' ? ofBounds(before, after, reached) : 'another kind of rule'
    case 'stale-quote':
      return after.kind === 'stale-quote' ? ofQuiet(before, after) : 'another kind of rule'
  }
}

/** Prices are within this: what bounds a comparison over all prices. */
const FARTHEST_PRICE = 1e15
/** Changes of levels that are compared, by time and by price; more count as looser. */
const MOST_POINTS = 20_000

function ofLevels(before: LevelRule, after: LevelRule, reached: Reached): string | undefined {
  try {
    return ofTimes(before, after, reached) ?? ofStops(before, after, reached)
  } catch {
    return 'levels that cannot be compared'
  }
}

/** Targets and deadlines at each time at which they change. */
function ofTimes(
  before: LevelRule,
  after: LevelRule,
  { position, best, at }: Reached,
): string | undefined {
  const sign = signOf(position.side)
  let now = at
  for (let points = 0; points < MOST_POINTS; points++) {
    const old = before.arm(position, best, now)
    const next = after.arm(position, best, now)
    const later = now > at ? ` from ${instantText(now)} on` : ''
    if (sign * (next.target ?? sign * Infinity) > sign * (old.target ?? sign * Infinity)) {
      return `${levelText('target', next.target)} in place of ${old.target!}${later}`
    }
    if ((next.exitAt ?? Infinity) > (old.exitAt ?? Infinity)) {
      const text =
        next.exitAt === undefined ? 'no deadline' : `a deadline at ${instantText(next.exitAt)}`
      return `${text} in place of ${instantText(old.exitAt!)}`
    }
    const change = Math.min(old.rearmAt ?? Infinity, next.rearmAt ?? Infinity)
    if (!(change > now) || change === Infinity) return undefined
    now = change
  }
  return 'too many changes by time to be compared'
}

/**
 * Stops at every best price that may come. Between two points where either rule changes form, a stop
 * is a straight line or a level that a line overtakes: the ends of these pieces stand for all between.
 */
function ofStops(
  before: LevelRule,
  after: LevelRule,
  { position, best, at }: Reached,
): string | undefined {
  const sign = signOf(position.side)
  const stopOf = (rule: LevelRule) => (mirrored: number) => {
    const { stop } = rule.arm(position, sign * mirrored, at)
    return stop === undefined ? -Infinity : sign * stop
  }
  const [old, next] = [stopOf(before), stopOf(after)]
  const end = sign === 1 ? Math.max(FARTHEST_PRICE, best) : Math.max(0, sign * best)
  let from = sign * best
  for (let points = 0; points < MOST_POINTS; points++) {
    const change = Math.min(...[before, after].map(each => ratchetAfter(each, from)))
    const until = change > end ? end : justBefore(change)
    const pieces = [from, bend(old, from, until), bend(next, from, until), until]
    const worst = pieces.find(each => next(each) < old(each))
    if (worst !== undefined) {
      const found = next(worst) === -Infinity ? undefined : sign * next(worst)
      const when = worst > sign * best ? ` at a best price of ${sign * worst}` : ''
      return `${levelText('stop', found)} in place of ${sign * old(worst)}${when}`
    }
    if (change > end) return undefined
    from = change
  }
  return 'too many changes by price to be compared'

  function ratchetAfter(rule: LevelRule, mirrored: number): number {
    const { ratchet } = rule.arm(position, sign * mirrored, at)
    return ratchet === undefined || sign * ratchet <= mirrored ? Infinity : sign * ratchet
  }
}

/** Where within [from, until] a line overtakes the level that a stop has at `from`. */
function bend(stop: (mirrored: number) => number, from: number, until: number): number {
  const level = stop(from)
  // It never loosens as the best price improves: it keeps that level all along.
  if (stop(until) <= level) return until
  let [low, high] = [from, until]
  for (;;) {
    const middle = low + (high - low) / 2
    if (!(middle > low && middle < high)) return low
    if (stop(middle) <= level) low = middle
    else high = middle
  }
}

/** A number a little below another one. */
const justBefore = (price: number): number =>
  price - Math.max(Math.abs(price) * Number.EPSILON, Number.MIN_VALUE)

function ofBounds(
  before: UnderlyingRule,
  after: UnderlyingRule,
  { position, anchor }: Reached,
): string | undefined {
  const [old, next] = [before, after].map(({ instrument }) => instrument ?? position.underlying)
  if (old !== next) return `the instrument ${String(next)} in place of ${String(old)}`
  // Without a base yet each bound is fixed or a share of it: the two ends stand for all between.
  const bases = anchor === undefined ? [1 / FARTHEST_PRICE, FARTHEST_PRICE] : [anchor]
  for (const base of bases) {
    const [was, is] = [before.bounds(base), after.bounds(base)]
    const isBased = anchor === undefined && (before.needsAnchor || after.needsAnchor)
    for (const side of ['below', 'above'] as const) {
      const sign = side === 'below' ? 1 : -1
      const [bound, other] = [was[side], is[side]]
      if (bound === undefined || (other !== undefined && sign * other >= sign * bound)) continue
      if (isBased && other !== undefined) return `a bound ${side} that may be farther`
      return `${levelText(`bound ${side}`, other)}${isBased ? '' : ` in place of ${bound}`}`
    }
  }
  return undefined
}

const STRENGTH = { alert: 0, poll: 1, exit: 2 } as const

function ofQuiet(before: StaleQuoteRule, after: StaleQuoteRule): string | undefined {
  if (STRENGTH[after.action] < STRENGTH[before.action]) {
    return `the action ${after.action} in place of ${before.action}`
  }
  if (after.afterMs === before.afterMs) return undefined
  const isSooner =
    after.afterMs !== 'auto' && before.afterMs !== 'auto' && after.afterMs < before.afterMs
  return isSooner ? undefined : `afterMs ${after.afterMs} in place of ${before.afterMs}`
}

const levelText = (name: string, level: number | undefined): string =>
  level === undefined ? `no ${name}` : `a ${name} at ${level}`
