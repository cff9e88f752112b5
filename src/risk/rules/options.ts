import { z } from 'zod'
import { plusPercent, plusShare } from '../../domain/decimal.ts'
import { signOf } from '../../domain/position.ts'
import type { RuleSubject, RuleWarning } from '../rule.ts'

/** A percentage above zero; 5 is 5 %. */
export const positivePct = z.number().positive()

/** A price of one unit. */
export const price = z.number().positive()

/** A duration in whole milliseconds, above zero. */
export const positiveMs = z.int().positive()

/** Reports at `path` unless exactly one of `names` is present in the options. */
export function exactlyOne(names: readonly string[]) {
  return (options: object, context: z.RefinementCtx): void => {
    const present = names.filter(name => Object.hasOwn(options, name))
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
    const present = names.filter(name => Object.hasOwn(options, name))
    if (present.length < 2) return
    const message = `at most one of ${names.join(', ')}, not also ${present[0]}`
    context.addIssue({ code: 'custom', path: [present[1]!], message })
  }
}

/** Reports the first item whose `field` is not above that of the item before it. */
export function ascending(list: string, field: string) {
  return (options: object, context: z.RefinementCtx): void => {
    const items = (options as Record<string, Record<string, number>[] | undefined>)[list] ?? []
    items.forEach((item, index) => {
      const before = items[index - 1]
      if (before === undefined || item[field]! > before[field]!) return
      const message = `a number above the ${field} before it, ${before[field]}`
      context.addIssue({ code: 'custom', path: [list, index, field], message })
    })
  }
}

/** Price at which the position's profit is `amount` (a loss when negative), exact. */
export function priceAtAmount(subject: RuleSubject, amount: number): number {
  const { side, entryPrice, quantity, multiplier } = subject
  return plusShare(entryPrice, signOf(side) * amount, quantity, multiplier)
}

/** Price at which the position's profit is `pct` percent of its entry price, exact. */
export function priceAtProfit(
  { side, entryPrice }: Pick<RuleSubject, 'side' | 'entryPrice'>,
  pct: number,
): number {
  return plusPercent(entryPrice, signOf(side) * pct)
}

/** Below this a percentage looks like a fraction (0.05 for 5 %), above the other like a mistake. */
const SMALLEST_USUAL_PCT = 0.1
const LARGEST_USUAL_PCT = 200

/** A warning if the percentage is of an unusual magnitude. */
export function unusualPct(path: string, pct: number | undefined): RuleWarning[] {
  if (pct === undefined || pct === 0) return []
  const size = Math.abs(pct)
  if (size >= SMALLEST_USUAL_PCT && size < LARGEST_USUAL_PCT) return []
  const hint =
    size < SMALLEST_USUAL_PCT ? `; did you mean ${Number((pct * 100).toPrecision(6))}?` : ''
  const expected = `a percentage from ${SMALLEST_USUAL_PCT} up to ${LARGEST_USUAL_PCT}, where 5 is 5 %`
  return [{ path, found: String(pct), expected: expected + hint }]
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
  if (where <= 0)
    return [{ path, found, expected: 'a level above 0: this one can never be reached' }]
  const isBelow = (stop !== undefined) === (side === 'long')
  if (isBelow ? where < entryPrice : where > entryPrice) return []
  const expected = `a level ${isBelow ? 'below' : 'above'} the entry price ${entryPrice} of a ${side}: this one exits at once`
  return [{ path, found, expected }]
}
