import { z } from 'zod'
import { plusPercent, ratioOfSums, sum } from '../../domain/decimal.ts'
import { isAtLeast, signOf, type Position } from '../../domain/position.ts'
import type { Levels, RuleDefinition, RuleSubject, RuleWarning } from '../rule.ts'
import {
  always,
  ascending,
  atMostOne,
  exactlyOne,
  pctFromZero,
  positiveAmount,
  positivePct,
  price,
  priceAtProfit,
  unreachable,
  unusualPct,
  uselessTiers,
} from './options.ts'
import { tieredStop } from './tiers.ts'

const distancePct = positivePct.lt(100)

const options = z
  .strictObject({
    /** Distance in percent of the best price (or of the entry price, see `basis`). */
    distancePct: distancePct.optional(),
    /** Distance in price points. */
    distance: positiveAmount.optional(),
    /** The distance by best profit: each tier holds from `atPct` on. */
    tiers: z
      .array(z.strictObject({ atPct: pctFromZero, distancePct }))
      .min(1)
      .optional(),
    /** What percentages of distance refer to; default the best price. */
    basis: z.enum(['best', 'entry']).optional(),
    /** Best profit in percent of the entry price from which the stop trails; default at once. */
    activateAtPct: pctFromZero.optional(),
    /** Best price from which the stop trails. */
    activateAtPrice: price.optional(),
  })
  .superRefine(exactlyOne(['distancePct', 'distance', 'tiers']), always)
  .superRefine(atMostOne(['activateAtPct', 'activateAtPrice']), always)
  .superRefine(atMostOne(['distance', 'basis']), always)
  .superRefine(ascending('tiers', 'atPct'), always)

export type TrailingStopOptions = z.infer<typeof options>

function activation(position: Entry, given: TrailingStopOptions): number | undefined {
  if (given.activateAtPrice !== undefined) return given.activateAtPrice
  return given.activateAtPct === undefined
    ? undefined
    : priceAtProfit(position, given.activateAtPct)
}

type Entry = Pick<Position, 'side' | 'entryPrice'>
type Distance = { readonly distancePct: number }

/** The best price less a percentage of itself. */
const belowBest = ({ side }: Entry, best: number, { distancePct }: Distance): number =>
  plusPercent(best, -signOf(side) * distancePct)

/** The best price less a percentage of the entry price. */
const belowBestByEntry = (
  { side, entryPrice }: Entry,
  best: number,
  { distancePct }: Distance,
): number => ratioOfSums(best, 100, -signOf(side) * entryPrice, distancePct, 100)

const levelOf = ({ basis }: TrailingStopOptions) =>
  basis === 'entry' ? belowBestByEntry : belowBest

/** Levels of the stop while it is active. */
function trail(given: TrailingStopOptions): (position: Position, best: number) => Levels {
  const { distance, distancePct, tiers } = given
  const levelAt = levelOf(given)
  if (tiers !== undefined) return (position, best) => tieredStop(tiers, position, best, levelAt)
  if (distance !== undefined) {
    return ({ side }, best) => ({ stop: sum(best, -signOf(side) * distance) })
  }
  const only = { distancePct: distancePct! }
  return (position, best) => ({ stop: levelAt(position, best, only) })
}

function warnings(given: TrailingStopOptions, subject: RuleSubject): RuleWarning[] {
  const { distance, tiers = [] } = given
  return [
    ...unusualPct('distancePct', given.distancePct),
    ...unusualPct('activateAtPct', given.activateAtPct),
    ...unreachable('activateAtPct', given.activateAtPct, subject),
    ...tiers.flatMap(({ atPct, distancePct: each }, index) => [
      ...unusualPct(`tiers[${index}].atPct`, atPct),
      ...unreachable(`tiers[${index}].atPct`, atPct, subject),
      ...unusualPct(`tiers[${index}].distancePct`, each),
    ]),
    ...uselessTiers({ path: 'tiers', tiers }, subject, levelOf(given)),
    ...(distance === undefined ? [] : tooWide(distance, given, subject)),
  ]
}

/** A warning if the stop of a long is not above 0 when it becomes active. */
function tooWide(
  distance: number,
  given: TrailingStopOptions,
  subject: RuleSubject,
): RuleWarning[] {
  const { entryPrice } = subject
  const from = Math.max(activation(subject, given) ?? entryPrice, entryPrice)
  if (subject.side === 'short' || distance < from) return []
  const expected = `price points, fewer than the ${from} from which the stop trails`
  return [{ path: 'distance', found: String(distance), expected }]
}

/** Follows the best price at a distance once it is active. */
export const trailingStop: RuleDefinition<TrailingStopOptions> = {
  name: 'trailingStop',
  reason: 'trailing-stop',
  summary: 'follows the best price at a distance',
  options,
  rule: given => {
    const active = trail(given)
    return {
      kind: 'levels',
      reason: 'trailing-stop',
      arm: (position, best) => {
        const from = activation(position, given)
        if (from !== undefined && !isAtLeast(position.side, best, from)) return { ratchet: from }
        return active(position, best)
      },
    }
  },
  warnings,
}
