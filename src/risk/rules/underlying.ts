import { z } from 'zod'
import { plusPercent } from '../../domain/decimal.ts'
import { instrumentId } from '../../domain/ids.ts'
import type { RuleDefinition } from '../rule.ts'
import { always, atMostOne, positivePct, price, unusualPct } from './options.ts'

const LEVELS = ['below', 'above', 'risePct', 'fallPct'] as const

const options = z
  .strictObject({
    /** The watched instrument; default the position's `underlying`. */
    instrument: z.string().min(1).optional(),
    /** Exit at or below this price of the watched instrument. */
    below: price.optional(),
    /** Exit at or above this price of the watched instrument. */
    above: price.optional(),
    /** Exit when it has risen by so many percent of `from`. */
    risePct: positivePct.optional(),
    /** Exit when it has fallen by so many percent of `from`. */
    fallPct: positivePct.optional(),
    /** Base of the percentages, a price; default its first tick since the position opened. */
    from: price.optional(),
  })
  .superRefine((given, context) => {
    if (LEVELS.some(name => given[name] !== undefined)) return
    context.addIssue({ code: 'custom', path: [], message: `at least one of ${LEVELS.join(', ')}` })
  })
  .superRefine(atMostOne(['below', 'fallPct']), always)
  .superRefine(atMostOne(['above', 'risePct']), always)
  .superRefine(({ below, above }, context) => {
    if (below === undefined || above === undefined || below < above) return
    context.addIssue({
      code: 'custom',
      path: ['above'],
      message: `a price above \`below\` ${below}`,
    })
  })

export type UnderlyingOptions = z.infer<typeof options>

/** Exits on the price of another instrument. The direction is always spelled out. */
export const underlying: RuleDefinition<UnderlyingOptions> = {
  name: 'underlying',
  reason: 'underlying',
  summary: 'exits on the price of another instrument',
  options,
  rule: ({ instrument, below, above, risePct, fallPct, from }) => ({
    kind: 'underlying',
    reason: 'underlying',
    ...(instrument !== undefined && { instrument: instrumentId(instrument) }),
    needsAnchor: from === undefined && (risePct !== undefined || fallPct !== undefined),
    bounds: anchor => {
      const base = from ?? anchor
      const low = fallPct !== undefined && base !== undefined ? plusPercent(base, -fallPct) : below
      const high = risePct !== undefined && base !== undefined ? plusPercent(base, risePct) : above
      return {
        ...(low !== undefined && { below: low }),
        ...(high !== undefined && { above: high }),
      }
    },
  }),
  warnings: ({ risePct, fallPct, from }) => [
    ...(from !== undefined && risePct === undefined && fallPct === undefined
      ? [
          {
            path: 'from',
            found: String(from),
            expected: 'risePct or fallPct with it: nothing else is counted from it',
          },
        ]
      : []),
    ...unusualPct('risePct', risePct),
    ...unusualPct('fallPct', fallPct),
    ...(fallPct !== undefined && fallPct >= 100
      ? [
          {
            path: 'fallPct',
            found: String(fallPct),
            expected: 'less than 100: a price never falls so far',
          },
        ]
      : []),
  ],
}
