import { expect } from 'chai'
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { isAtLeast, signOf, type Position } from '../../../src/domain/position.ts'
import { EXIT_REASONS } from '../../../src/domain/reason.ts'
import type { LevelRule, Levels, Rule } from '../../../src/risk/rule.ts'
import { RULES } from '../../../src/risk/rules/registry.ts'
import { ages, histories, ruleOptions, type Options } from '../../support/arbitraries.ts'
import { aRuleSet } from '../../support/builders.ts'
import { runs } from '../../support/runs.ts'

const CASES = { numRuns: runs(200) }

const ruleOf = (name: string, options: Options): Rule => aRuleSet({ [name]: options }).rules[0]!

const LEVEL_RULES = RULES.map(({ name }) => name).filter(
  name => name !== 'underlying' && name !== 'staleQuote',
)

const levelRule = (name: string, options: Options): LevelRule => {
  const rule = ruleOf(name, options)
  if (rule.kind !== 'levels') throw new Error(`${name} has no levels`)
  return rule
}

describe('every rule', () => {
  it('has options to be generated, and a reason of its own', () => {
    expect(Object.keys(ruleOptions)).to.have.members(RULES.map(({ name }) => name))
    const reasons = RULES.map(({ reason }) => reason)
    expect(new Set(reasons).size).to.equal(RULES.length)
    expect(EXIT_REASONS).to.include.members(reasons)
  })

  for (const { name, reason } of RULES) {
    it(`${name} makes a rule of its reason from any valid options`, () => {
      fc.assert(
        fc.property(ruleOptions[name]!, options => {
          expect(ruleOf(name, options).reason).to.equal(reason)
        }),
        { numRuns: 100 },
      )
    })
  }
})

describe('levels', () => {
  for (const name of LEVEL_RULES) {
    it(`of ${name} never loosen when the best price improves, and have targets and times that do not depend on it`, () => {
      fc.assert(
        fc.property(ruleOptions[name]!, histories, ages, (options, { position, bests }, age) => {
          const rule = levelRule(name, options)
          const all = bests.map(best => rule.arm(position, best, position.openedAt + age))
          all.slice(1).forEach((levels, index) => {
            const before = all[index]!
            if (before.stop !== undefined) {
              const isKept = isAtLeast(position.side, levels.stop!, before.stop)
              expect(isKept, `${before.stop} → ${levels.stop}`).to.equal(true)
            }
            const { target, exitAt, rearmAt } = before
            expect([levels.target, levels.exitAt, levels.rearmAt]).to.deep.equal([
              target,
              exitAt,
              rearmAt,
            ])
          })
        }),
        CASES,
      )
    })

    it(`of ${name} keep their formula until the ratchet, which is ahead`, () => {
      fc.assert(
        fc.property(ruleOptions[name]!, histories, ages, (options, { position, bests }, age) => {
          const rule = levelRule(name, options)
          const now = position.openedAt + age
          for (const [index, best] of bests.entries()) {
            const { ratchet, stop } = rule.arm(position, best, now)
            if (ratchet !== undefined) {
              expect(isAtLeast(position.side, best, ratchet), `${ratchet} passed`).to.equal(false)
            }
            for (const later of bests.slice(index)) {
              if (ratchet !== undefined && isAtLeast(position.side, later, ratchet)) break
              const then = rule.arm(position, later, now)
              expect(then.ratchet).to.equal(ratchet)
              expect(then.stop === undefined).to.equal(stop === undefined)
            }
          }
        }),
        CASES,
      )
    })

    it(`of ${name} do not change by time before rearmAt`, () => {
      const later = fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), {
        minLength: 1,
        maxLength: 4,
      })
      fc.assert(
        fc.property(ruleOptions[name]!, histories, ages, later, (options, history, age, parts) => {
          const rule = levelRule(name, options)
          const { position, bests } = history
          const now = position.openedAt + age
          const best = bests.at(-1)!
          const levels = rule.arm(position, best, now)
          const until = levels.rearmAt ?? now + 20 * 86_400_000
          expect(until).to.be.above(now)
          for (const part of [...parts, 1]) {
            const then = Math.min(until - 1, now + Math.floor(part * (until - now)))
            expect(rule.arm(position, best, then)).to.deep.equal(levels)
          }
          // Evaluated for the past again, as a catch-up after a crash does: the same answer as
          // before.
          expect(rule.arm(position, best, now)).to.deep.equal(levels)
        }),
        CASES,
      )
    })
  }
})

// ---- every stop and target against the simplest reading of the docs, in a decimal library

const Exact = Decimal.clone({ precision: 60 })

interface Row {
  readonly atPct: number
  readonly distancePct: number
  readonly dropPoints: number
  readonly lockPct: number
}

/** One position and a best profit, and the results in exact decimals. */
class Reading {
  private readonly sign: Decimal
  private readonly entry: Decimal
  private readonly best: Decimal
  private readonly units: Decimal

  constructor({ side, entryPrice, quantity, multiplier }: Position, best: number) {
    this.sign = new Exact(signOf(side))
    this.entry = new Exact(entryPrice)
    this.best = new Exact(best)
    this.units = new Exact(quantity).times(multiplier)
  }

  atProfit = (pct: number | Decimal): Decimal =>
    this.entry.plus(this.sign.times(this.entry).times(pct).div(100))

  atAmount = (amount: number): Decimal =>
    this.entry.plus(this.sign.times(new Exact(amount).div(this.units)))

  bestProfit = (): Decimal =>
    this.best.minus(this.entry).times(this.sign).div(this.entry).times(100)

  givingBack = (from: Decimal, points: Decimal.Value): Decimal =>
    from.minus(this.sign.times(points))

  percentOf = (base: Decimal, pct: number): Decimal => base.times(pct).div(100)

  hasProfit = (pct: number | undefined): boolean => pct === undefined || this.bestProfit().gte(pct)

  /** Tightest of what the tiers reached so far have given, each at the end of its range. */
  tiered(tiers: readonly Row[], level: (from: Decimal, tier: Row) => Decimal): Decimal | undefined {
    const levels = tiers
      .filter(({ atPct }) => this.hasProfit(atPct))
      .map((tier, index) => {
        const next = tiers[index + 1]
        const end = next && this.hasProfit(next.atPct) ? this.atProfit(next.atPct) : this.best
        return level(end, tier)
      })
    return levels.reduce<Decimal | undefined>(
      (kept, each) => (kept === undefined || each.minus(kept).times(this.sign).gt(0) ? each : kept),
      undefined,
    )
  }

  trailing(given: Record<string, number> & { tiers?: Row[]; basis?: string }): Decimal | undefined {
    const { activateAtPct, activateAtPrice, distance } = given
    if (!this.hasProfit(activateAtPct)) return undefined
    if (activateAtPrice !== undefined && this.best.minus(activateAtPrice).times(this.sign).lt(0)) {
      return undefined
    }
    const level = (from: Decimal, { distancePct }: Pick<Row, 'distancePct'>): Decimal => {
      const base = given.basis === 'entry' ? this.entry : from
      return this.givingBack(from, this.percentOf(base, distancePct))
    }
    if (given.tiers !== undefined) return this.tiered(given.tiers, level)
    if (distance !== undefined) return this.givingBack(this.best, distance)
    return level(this.best, { distancePct: given['distancePct']! })
  }
}

/** The stop or the target of each rule, computed from its options in the simplest way. */
const READINGS: Readonly<
  Record<string, (given: never, reading: Reading, ageMs: number) => Decimal | undefined>
> = {
  stopLoss: ({ pct, price, amount }: Record<string, number>, reading) => {
    if (price !== undefined) return new Exact(price)
    return pct === undefined ? reading.atAmount(-amount!) : reading.atProfit(-pct)
  },
  takeProfit: (
    given: Record<string, number> & { schedule?: { afterMs: number; pct: number }[] },
    reading,
    ageMs,
  ) => {
    if (given.schedule !== undefined) {
      const due = given.schedule.filter(({ afterMs }) => afterMs <= ageMs).at(-1)
      return due && reading.atProfit(due.pct)
    }
    if (given['price'] !== undefined) return new Exact(given['price'])
    return given['pct'] === undefined
      ? reading.atAmount(given['amount']!)
      : reading.atProfit(given['pct'])
  },
  trailingStop: (given: never, reading) => reading.trailing(given),
  profitLock: ({ steps }: { steps: Row[] }, reading) =>
    reading.tiered(steps, (_from, { lockPct }) => reading.atProfit(lockPct)),
  peakDrawdown: (given: { dropPoints: number; tiers?: Row[]; activateAtPct?: number }, reading) => {
    if (!reading.hasProfit(given.activateAtPct)) return undefined
    const level = (from: Decimal, { dropPoints }: Pick<Row, 'dropPoints'>): Decimal =>
      reading.givingBack(from, reading.percentOf(reading.atProfit(0), dropPoints))
    if (given.tiers !== undefined) return reading.tiered(given.tiers, level)
    return level(reading.atProfit(reading.bestProfit()), given)
  },
  profitFloor: ({ keepPct, activateAtPct }: Record<string, number>, reading) =>
    reading.hasProfit(activateAtPct)
      ? reading.atProfit(reading.bestProfit().times(keepPct!).div(100))
      : undefined,
}

describe('a stop or a target', () => {
  for (const [name, read] of Object.entries(READINGS)) {
    it(`of ${name} is the exact decimal that its options define`, () => {
      fc.assert(
        fc.property(ruleOptions[name]!, histories, ages, (options, { position, bests }, age) => {
          const rule = levelRule(name, options)
          for (const best of bests) {
            const levels: Levels = rule.arm(position, best, position.openedAt + age)
            const expected = read(options as never, new Reading(position, best), age)
            const level = name === 'takeProfit' ? levels.target : levels.stop
            expect(level).to.equal(expected && Number(expected.toPrecision(45)))
          }
        }),
        { numRuns: runs(500) },
      )
    })
  }
})
