import { instrumentId, positionId } from '../domain/ids.ts'
import { isAtLeast, signOf, type Position, type Side } from '../domain/position.ts'
import { sfc32, type Random } from '../domain/random.ts'
import type { LevelRule, Levels } from '../risk/rule.ts'

/** What is asked of a rule: price histories of positions, the same for the same seed. */
export interface RuleTestOptions {
  readonly seed: number
  /** Histories that are drawn for each example of options. */
  readonly cases: number
}

/** A history in which a rule has not kept a property, for a person. */
export interface Counterexample {
  readonly property: string
  readonly found: string
  readonly side: Side
  readonly entryPrice: number
  readonly bests: readonly number[]
  readonly now: number
}

/** A position, and how its best price improves; the first one is its entry price. */
interface PriceHistory {
  readonly position: Position
  readonly bests: readonly number[]
  readonly now: number
}

const DAY_MS = 86_400_000
const OPENED_AT = 1_700_000_000_000

/**
 * Drives a rule through drawn histories; undefined: it has kept every property in all of them. Histories that are easy
 * to read come first, so that a counterexample is one of them wherever one is enough.
 */
export function counterexample(
  rule: LevelRule,
  { seed, cases }: RuleTestOptions,
): Counterexample | undefined {
  const random = sfc32(seed)
  const through = { long: { all: 0, exits: 0 }, short: { all: 0, exits: 0 } }
  for (let index = 0; index < cases; index++) {
    const side = index % 2 === 0 ? 'long' : 'short'
    const history = index < PLAIN.length * 2 ? plain(side, PLAIN[index >> 1]!) : drawn(side, random)
    const wrong = wrongIn(rule, history, random)
    const { position, bests, now } = history
    const { entryPrice } = position
    if (wrong !== undefined) return { ...wrong, side, entryPrice, bests, now }
    const { stop } = rule.arm(position, entryPrice, now)
    if (stop === undefined) continue
    through[side].all++
    if (isAtLeast(side, stop, entryPrice)) through[side].exits++
  }
  return mirrored(through)
}

interface Counted {
  readonly all: number
  readonly exits: number
}

/** A rule that forgets the side gives one of the two a stop that exits it where it was entered. */
function mirrored({ long, short }: Readonly<Record<Side, Counted>>): Counterexample | undefined {
  const always = ({ all, exits }: Counted): boolean => all > 0 && exits === all
  const never = ({ all, exits }: Counted): boolean => all > 0 && exits === 0
  const side = always(short) && never(long) ? 'short' : 'long'
  if (side === 'long' && !(always(long) && never(short))) return undefined
  return {
    property: 'is mirrored for a short',
    found: `each stop of a ${side} is at or beyond the entry price, and none of the other side is`,
    side,
    entryPrice: 100,
    bests: [100],
    now: OPENED_AT,
  }
}

type Wrong = Pick<Counterexample, 'property' | 'found'>

function wrongIn(rule: LevelRule, history: PriceHistory, random: Random): Wrong | undefined {
  const { position, bests, now } = history
  let all: Levels[]
  try {
    all = bests.map(best => rule.arm(position, best, now))
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error)
    return { property: 'gives levels that are finite numbers', found }
  }
  return (
    unequal(rule, history, all, random) ??
    loosened(history, all) ??
    formless(history, all) ??
    early(rule, history, all.at(-1)!, random)
  )
}

/** The same question again, in another order, has the same answer. */
function unequal(rule: LevelRule, history: PriceHistory, all: readonly Levels[], random: Random) {
  const { position, bests, now } = history
  for (let times = 0; times < bests.length; times++) {
    const index = Math.floor(random() * bests.length)
    const again = rule.arm(position, bests[index]!, now)
    if (textOf(again) === textOf(all[index]!)) continue
    return {
      property: 'is pure: the same question has the same answer',
      found: `${textOf(again)} in place of ${textOf(all[index]!)} at the best price ${bests[index]!}`,
    }
  }
  return undefined
}

/** A better best price loosens no stop, and moves neither target nor times. */
function loosened({ position, bests }: PriceHistory, all: readonly Levels[]): Wrong | undefined {
  for (let index = 1; index < all.length; index++) {
    const [before, after] = [all[index - 1]!, all[index]!]
    const at = `from the best price ${bests[index - 1]!} to ${bests[index]!}`
    if (before.stop !== undefined) {
      const isKept = after.stop !== undefined && isAtLeast(position.side, after.stop, before.stop)
      const found = `the stop goes from ${before.stop} to ${after.stop ?? 'none'} ${at}`
      if (!isKept) return { property: 'never loosens', found }
    }
    for (const field of ['target', 'exitAt', 'rearmAt'] as const) {
      if (before[field] === after[field]) continue
      const found = `${field} goes from ${before[field] ?? 'none'} to ${after[field] ?? 'none'} ${at}`
      return { property: 'has targets and times that do not depend on the best price', found }
    }
  }
  return undefined
}

/** Before the next `ratchet` a stop neither appears nor goes. */
function formless({ position, bests }: PriceHistory, all: readonly Levels[]): Wrong | undefined {
  const { side } = position
  for (let index = 0; index + 1 < all.length; index++) {
    const { ratchet, stop } = all[index]!
    const property = 'names the best price at which its levels change form as ratchet'
    if (ratchet !== undefined && isAtLeast(side, bests[index]!, ratchet))
      return { property, found: `the ratchet ${ratchet} at the best price ${bests[index]!}` }
    if (ratchet !== undefined && isAtLeast(side, bests[index + 1]!, ratchet)) continue
    if ((all[index + 1]!.stop === undefined) === (stop === undefined)) continue
    const found = `a stop that appears at ${bests[index + 1]!}, with the ratchet ${ratchet ?? 'none'}`
    return { property, found }
  }
  return undefined
}

/** Time alone changes nothing before `rearmAt`. */
function early(
  rule: LevelRule,
  history: PriceHistory,
  levels: Levels,
  random: Random,
): Wrong | undefined {
  const { position, bests, now } = history
  const best = bests.at(-1)!
  const until = levels.rearmAt ?? now + 20 * DAY_MS
  const property = 'changes by time alone at rearmAt, and not before'
  if (until <= now) return { property, found: `rearmAt ${until} at ${now}` }
  for (const part of [random(), 1]) {
    const then = Math.min(until - 1, now + Math.floor(part * (until - now)))
    const later = rule.arm(position, best, then)
    if (textOf(later) === textOf(levels)) continue
    return { property, found: `${textOf(levels)} becomes ${textOf(later)} at ${then}` }
  }
  return undefined
}

const textOf = (levels: Levels): string => JSON.stringify(levels)

/** Improvements of the best price in the histories that are easy to read, percent of the entry price. */
const PLAIN = [
  [0, 1, 2, 5, 10],
  [0, 10, 50, 100],
] as const

function plain(side: Side, improvements: readonly number[]): PriceHistory {
  const position = positionOf(side, 100)
  const bests = improvements.map(pct => (side === 'long' ? 100 + pct : 100 * (100 / (100 + pct))))
  return { position, bests, now: OPENED_AT }
}

function drawn(side: Side, random: Random): PriceHistory {
  const entryPrice = Number((10 ** (random() * 7 - 2)).toPrecision(6))
  const sign = signOf(side)
  const bests = [entryPrice]
  for (let step = 0; step < 5; step++) {
    const share = random() * (random() < 0.2 ? 0.9 : 0.03)
    const last = bests.at(-1)!
    bests.push(sign === 1 ? last * (1 + share) : last * (1 - share))
  }
  const now = OPENED_AT + Math.floor(random() * 30 * DAY_MS)
  return { position: positionOf(side, entryPrice), bests, now }
}

const positionOf = (side: Side, entryPrice: number): Position =>
  Object.freeze({
    id: positionId('tested'),
    instrument: instrumentId('ACME'),
    side,
    quantity: 3,
    entryPrice,
    multiplier: 1,
    openedAt: OPENED_AT,
    priceSource: 'trade' as const,
  })
