import { z } from 'zod'
import { LARGEST } from '../../domain/bounds.ts'
import { plusPercent, plusShare } from '../../domain/decimal.ts'
import { isAtLeast, signOf } from '../../domain/position.ts'
import { priceAtAmountOf } from '../../domain/profit.ts'
import type { Levels, RuleSubject, RuleWarning } from '../rule.ts'

/** A percentage above zero; 5 is 5 %. */
export const positivePct = z.number().positive().max(LARGEST)

/** A price of one unit. */
export const price = z.number().positive().max(LARGEST)

/** An amount of money or a distance in price points, above zero. */
export const positiveAmount = z.number().positive().max(LARGEST)

/** A percentage of 0 or more. */
export const pctFromZero = z.number().nonnegative().max(LARGEST)

/** A percentage, or an amount of money, of either sign. */
export const signed = z.number().min(-LARGEST).max(LARGEST)

/** A duration in whole milliseconds, above zero. */
export const positiveMs = z.int().positive()

/**
 * For refinements of options that may have other faults too: all of them are reported at once,
 * while zod by itself refines only what is sound.
 */
export const always = { when: ({ value }: { readonly value: unknown }) => isMap(value) }

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Those of `names` that the options have; an option that is undefined is absent. */
export const presentOf = (names: readonly string[], options: object): string[] =>
  names.filter(name => (options as Record<string, unknown>)[name] !== undefined)

/** Reports at the second one, or at the options, unless exactly one of `names` is present. */
export function exactlyOne(names: readonly string[]) {
  return (options: object, context: z.RefinementCtx): void => {
    const present = presentOf(names, options)
    if (present.length === 1) return
    const wanted = `exactly one of ${names.join(', ')}`
    context.addIssue({
      code: 'custom',
      path: present.length === 0 ? [] : [present[1]!],
      message: present.length === 0 ? wanted : `${wanted}, not also ${present[0]}`,
    })
  }
}

/** Reports at the second one if more than one of `names` is present. */
export function atMostOne(names: readonly string[]) {
  return (options: object, context: z.RefinementCtx): void => {
    const present = presentOf(names, options)
    if (present.length < 2) return
    const message = `at most one of ${names.join(', ')}, not also ${present[0]}`
    context.addIssue({ code: 'custom', path: [present[1]!], message })
  }
}

/** Reports every item of a list whose `field` is not above that of the item before it. */
export function ascending(list: string, field: string) {
  return (options: object, context: z.RefinementCtx): void => {
    const items = (options as Record<string, unknown>)[list]
    if (!Array.isArray(items)) return
    const values = items.map((item: unknown) => (isMap(item) ? item[field] : undefined))
    values.forEach((value, index) => {
      const before = values[index - 1]
      if (typeof value !== 'number' || typeof before !== 'number' || value > before) return
      const message = `a number above the ${field} before it, ${before}`
      context.addIssue({ code: 'custom', path: [list, index, field], message })
    })
  }
}

/** Price at which the position's profit is `amount` (a loss when negative), exact. */
export function priceAtAmount(subject: RuleSubject, amount: number): number {
  const { side, entryPrice, quantity, multiplier } = subject
  if (subject.contract === 'inverse') return priceAtAmountOf(subject, amount)
  return plusShare(entryPrice, signOf(side) * amount, quantity, multiplier)
}

/** The levels without one that no price reaches, as a loss of more coins than a short can lose. */
export function finite({ stop, target, ...rest }: Levels): Levels {
  return {
    ...(stop !== undefined && stop !== Infinity && { stop }),
    ...(target !== undefined && target !== Infinity && { target }),
    ...rest,
  }
}

/** Price at which the position's profit is `pct` percent of its entry price, exact. */
export function priceAtProfit(
  { side, entryPrice }: Pick<RuleSubject, 'side' | 'entryPrice'>,
  pct: number,
): number {
  return plusPercent(entryPrice, signOf(side) * pct)
}

/**
 * Below this a percentage is probably a fraction (0.05 for 5 %), above the other bound a mistake.
 */
const SMALLEST_USUAL_PCT = 0.1
const LARGEST_USUAL_PCT = 200

/** A warning if the percentage is of an unusual magnitude. */
export function unusualPct(path: string, pct: number | undefined): RuleWarning[] {
  if (pct === undefined || pct === 0) return []
  const size = Math.abs(pct)
  if (size >= SMALLEST_USUAL_PCT && size < LARGEST_USUAL_PCT) return []
  const meant = Number((pct * 100).toPrecision(6))
  const isFraction = size < SMALLEST_USUAL_PCT && Math.abs(meant) >= SMALLEST_USUAL_PCT
  const hint = isFraction ? `; did you mean ${meant}?` : ''
  const expected = `a percentage from ${SMALLEST_USUAL_PCT} up to ${LARGEST_USUAL_PCT}, where 5 is 5 %`
  return [{ path, found: String(pct), expected: expected + hint }]
}

/** A warning if a profit is one that the price can never show: a short cannot earn 100 %. */
export function unreachable(
  path: string,
  profitPct: number | undefined,
  subject: RuleSubject,
): RuleWarning[] {
  if (profitPct === undefined || priceAtProfit(subject, profitPct) > 0) return []
  const expected = `a profit that a ${subject.side} can have: its price would be at 0 or below`
  return [{ path, found: String(profitPct), expected }]
}

/**
 * A warning if `target` is a price that no market shows. A target of a long at 0 or below is none: every
 * price reaches it, which is how "out at any price" is written.
 */
export function unreachableTarget(
  path: string,
  found: number,
  target: number,
  { side }: Pick<RuleSubject, 'side'>,
): RuleWarning[] {
  if (side === 'long' ? target < Infinity : target > 0) return []
  const where = side === 'long' ? 'without a bound' : 'at 0 or below'
  const expected = `a profit that a ${side} can have: its price would be ${where}`
  return [{ path, found: String(found), expected }]
}

/**
 * Warnings for tiers that change nothing: one whose level, wherever it holds, is not tighter than
 * what an earlier one leaves behind. `levelAt` gives the level of a tier for a best price. The last
 * tier has no end, so only one with a level of its own (`isFixed`) can be of no use.
 */
export function uselessTiers<Each extends { readonly atPct: number }>(
  { path, tiers, isFixed = false }: { path: string; tiers: readonly Each[]; isFixed?: boolean },
  subject: RuleSubject,
  levelAt: (subject: RuleSubject, best: number, tier: Each) => number,
): RuleWarning[] {
  let kept: number | undefined
  return tiers.flatMap((tier, index) => {
    const next = tiers[index + 1] ?? (isFixed ? tier : undefined)
    if (next === undefined) return []
    const level = levelAt(subject, priceAtProfit(subject, next.atPct), tier)
    const isTighter = kept === undefined || !isAtLeast(subject.side, kept, level)
    if (isTighter) {
      kept = level
      return []
    }
    const expected = 'a tier that tightens the stop: earlier ones have left a tighter one behind'
    return [{ path: `${path}[${index}]`, found: `a stop at ${level} at most`, expected }]
  })
}

/** A warning if the level is one that no price can reach, or that any price has passed already. */
export function misplaced(
  path: string,
  level: { stop?: number; target?: number },
  { side, entryPrice }: RuleSubject,
): RuleWarning[] {
  const { stop, target } = level
  const found = `a ${stop === undefined ? 'target' : 'stop'} at ${stop ?? target}`
  const where = (stop ?? target)!
  const isBelow = (stop !== undefined) === (side === 'long')
  if (isBelow ? where <= 0 : where === Infinity)
    return [
      {
        path,
        found,
        expected: `a level ${isBelow ? 'above 0' : 'that a price can have'}: this one can never be reached`,
      },
    ]
  if (isBelow ? where < entryPrice : where > entryPrice) return []
  const expected = `a level ${isBelow ? 'below' : 'above'} the entry price ${entryPrice} of a ${side}: this one exits at once`
  return [{ path, found, expected }]
}
