import type { RuleSet, StaleQuoteRule } from './rule.ts'
import type { WatchedPosition } from './watched-position.ts'

/** The `staleQuote` rules of a set with an action. */
export const quietRules = (
  { rules }: RuleSet,
  action: StaleQuoteRule['action'],
): readonly StaleQuoteRule[] =>
  rules.filter(
    (rule): rule is StaleQuoteRule => rule.kind === 'stale-quote' && rule.action === action,
  )

/** Whether rules refer to the gaps between the ticks of the instrument. */
export const readsGaps = ({ rules }: RuleSet): boolean =>
  rules.some(rule => rule.kind === 'stale-quote' && rule.afterMs === 'auto')

/** The quiet time that a rule allows an instrument, ms. */
export const quietLimit = (
  { afterMs }: StaleQuoteRule,
  { own: { stream } }: Pick<WatchedPosition, 'own'>,
): number => (afterMs === 'auto' ? stream.quietMs : afterMs)

/** Quiet time after which `staleQuote` with `action: alert` warns of an instrument, ms; Infinity: never. */
export const alertAfterMs = (watched: Pick<WatchedPosition, 'own' | 'ruleSet'>): number =>
  Math.min(...quietRules(watched.ruleSet, 'alert').map(rule => quietLimit(rule, watched)))
