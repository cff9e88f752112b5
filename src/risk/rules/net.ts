import { z } from 'zod'
import type { NetOptions } from '../../domain/resting-stop.ts'
import type { Levels, RuleDefinition, RuleSet, RuleWarning } from '../rule.ts'
import { positiveMs, positivePct, unusualPct } from './options.ts'

const options = z.strictObject({
  /** Distance of the trigger behind the position's own stop, percent of that stop. */
  beyondPct: positivePct.max(50).default(1.5),
  /** The trigger moves once the own stop has gained this much, percent of the trigger. */
  minMovePct: positivePct.max(50).default(0.5),
  /** Shortest time between two changes of one net, ms. */
  everyMs: positiveMs.min(1_000).max(86_400_000).default(60_000),
  /** The price that triggers; default: the first one that the venue offers. */
  trigger: z.enum(['last', 'mark']).exactOptional(),
  /** Distance of the limit beyond the trigger where a venue takes stop-limit orders only, percent. */
  limitPct: positivePct.max(50).default(5),
})

/** Its levels are at the venue: no price of the feed makes it decide. */
const NO_LEVELS: Levels = {}

/** Lets a stop rest at the venue, behind the stop of the other rules, for the time without this process. */
export const net: RuleDefinition<NetOptions> = {
  name: 'net',
  reason: 'venue-stop',
  summary: 'lets a stop rest at the venue, behind the own one',
  options,
  rule: given => ({
    kind: 'levels',
    reason: 'venue-stop',
    net: given,
    arm: () => NO_LEVELS,
  }),
  warnings: ({ beyondPct, minMovePct }): RuleWarning[] => [
    ...unusualPct('beyondPct', beyondPct),
    ...unusualPct('minMovePct', minMovePct),
  ],
  loosens: (before, after) => {
    if (after.beyondPct > before.beyondPct)
      return `beyondPct ${after.beyondPct} in place of ${before.beyondPct}`
    return after.trigger === before.trigger
      ? undefined
      : `the trigger ${after.trigger ?? 'of the venue'} in place of ${before.trigger ?? 'the one of the venue'}`
  },
}

/** The settings of the net of each set, by the set: it is asked for in every cycle. */
const nets = new WeakMap<RuleSet, { readonly net: NetOptions | undefined }>()

/** The settings of the net that a set asks for; undefined where it asks for none. */
export function netOf(set: RuleSet): NetOptions | undefined {
  const known = nets.get(set)
  if (known !== undefined) return known.net
  const found = set.rules.flatMap(rule => (rule.kind === 'levels' && rule.net ? [rule.net] : []))[0]
  nets.set(set, { net: found })
  return found
}
