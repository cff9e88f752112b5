import type { RuleSet, StaleQuoteRule } from './rule.ts'
import type { WatchedPosition } from './watched-position.ts'

/** Whether rules refer to the gaps between the ticks of the instrument. */
export const readsGaps = ({ rules }: RuleSet): boolean =>
  rules.some(rule => rule.kind === 'stale-quote' && rule.afterMs === 'auto')

/** The quiet time after which a `staleQuote` rule with this action acts on a position, ms; Infinity: there is none. */
export function quietLimit(
  { own: { stream }, ruleSet }: Pick<WatchedPosition, 'own' | 'ruleSet'>,
  action: StaleQuoteRule['action'],
): number {
  let least = Infinity
  for (const rule of ruleSet.rules) {
    if (rule.kind !== 'stale-quote' || rule.action !== action) continue
    least = Math.min(least, rule.afterMs === 'auto' ? stream.quietMs : rule.afterMs)
  }
  return least
}
