import { expect } from 'chai'
import fc from 'fast-check'
import { plusPercent } from '../../src/domain/decimal.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import { signOf, type Position } from '../../src/domain/position.ts'
import { ruleChanges } from '../../src/risk/rule-change.ts'
import { histories, ruleOptions, type Options } from '../support/arbitraries.ts'
import { aPosition, aRuleSet } from '../support/builders.ts'
import { evaluatePlainly, type PlainEvent } from '../support/plain-evaluator.ts'
import { runs } from '../support/runs.ts'

const INDEX = instrumentId('INDEX')
const HOUR = 3_600_000

/** What the change of one rule from `before` to `after` loosens; undefined: nothing. */
function loosenedBy(
  name: string,
  [before, after]: readonly [object, object],
  {
    position = aPosition(),
    best = position.entryPrice,
    at = position.openedAt,
    anchor,
  }: {
    position?: Position
    best?: number
    at?: number
    anchor?: number
  } = {},
): string | undefined {
  const sets = [before, after].map(options => aRuleSet({ [name]: options }))
  const [change] = ruleChanges(sets[0]!, sets[1]!, { position, best, at, anchor })
  return change?.loosens
}

describe('a change of one rule', () => {
  const short = aPosition({ side: 'short' })

  it('loosens with a farther stop or target, on either side', () => {
    expect(loosenedBy('stopLoss', [{ pct: 5 }, { pct: 6 }])).to.equal('a stop at 94 in place of 95')
    expect(loosenedBy('stopLoss', [{ pct: 5 }, { pct: 6 }], { position: short })).to.match(/106/)
    expect(loosenedBy('takeProfit', [{ pct: 5 }, { pct: 6 }])).to.match(/target at 106 in place/)
    expect(loosenedBy('stopLoss', [{ pct: 5 }, { price: 95 }])).to.equal(undefined)
    expect(loosenedBy('stopLoss', [{ pct: 5 }, { pct: 4 }], { position: short })).to.equal(
      undefined,
    )
  })

  it('loosens with a later activation, as long as neither has begun', () => {
    const change = [
      { distancePct: 5, activateAtPct: 1 },
      { distancePct: 5, activateAtPct: 2 },
    ] as const
    expect(loosenedBy('trailingStop', change)).to.match(/^no stop in place of 95.95 at a best/)
    expect(loosenedBy('trailingStop', change, { best: 103 })).to.equal(undefined)
    expect(loosenedBy('trailingStop', [change[1], change[0]])).to.equal(undefined)
  })

  it('loosens where it depends on a future best price', () => {
    const near = {
      tiers: [
        { atPct: 0, distancePct: 5 },
        { atPct: 10, distancePct: 1 },
      ],
    }
    expect(loosenedBy('trailingStop', [near, { distancePct: 5 }])).to.match(
      /at a best price of 110/,
    )
    // Tighter at either end, but not where the level that the first tier leaves behind is
    // overtaken.
    const straight = { distancePct: 10 }
    const bent = {
      basis: 'entry',
      tiers: [
        { atPct: 0, distancePct: 10 },
        { atPct: 1, distancePct: 15 },
      ],
    }
    expect(loosenedBy('trailingStop', [straight, bent])).to.match(/^a stop at 91 in place of 95.4/)
  })

  it('loosens with a later time, whichever rule counts it', () => {
    expect(loosenedBy('maxHold', [{ ms: HOUR }, { ms: HOUR + 1 }])).to.match(/^a deadline at/)
    const schedule = (ms: number) => ({
      schedule: [
        { afterMs: 0, pct: 9 },
        { afterMs: ms, pct: 1 },
      ],
    })
    expect(loosenedBy('takeProfit', [schedule(HOUR), schedule(HOUR + 1)])).to.match(
      /^a target at 109/,
    )
    expect(loosenedBy('takeProfit', [schedule(HOUR), schedule(HOUR - 1)])).to.equal(undefined)
    const close = (at: string, but = {}) => ({ at, timezone: 'UTC', days: 'all', ...but })
    expect(loosenedBy('sessionEnd', [close('15:55'), close('16:00')])).to.match(/16:00/)
    expect(loosenedBy('sessionEnd', [close('16:00'), close('15:55')])).to.equal(undefined)
    const waits = close('15:55', { minProfitAmount: 1 })
    expect(loosenedBy('sessionEnd', [close('15:55'), waits])).to.equal('it waits for a profit')
    expect(loosenedBy('sessionEnd', [waits, close('15:55')])).to.equal(undefined)
    const more = close('15:55', { minProfitAmount: 2 })
    expect(loosenedBy('sessionEnd', [waits, more])).to.match(/minProfitAmount 2/)
  })

  it('loosens with a farther bound of another instrument, or with another instrument', () => {
    const on = (bounds: object) => ({ instrument: 'INDEX', ...bounds })
    expect(loosenedBy('underlying', [on({ below: 90 }), on({ below: 89 })])).to.match(/bound below/)
    const both = on({ below: 90, above: 110 })
    expect(loosenedBy('underlying', [both, on({ below: 90 })])).to.equal(
      'no bound above in place of 110',
    )
    expect(loosenedBy('underlying', [on({ below: 90 }), both])).to.equal(undefined)
    const other = { instrument: 'DAX', below: 90 }
    expect(loosenedBy('underlying', [on({ below: 90 }), other])).to.match(/instrument DAX/)
    expect(loosenedBy('underlying', [on({ fallPct: 2 }), on({ fallPct: 3 })])).to.match(/below/)
    expect(loosenedBy('underlying', [on({ fallPct: 3 }), on({ fallPct: 2 })])).to.equal(undefined)
    const unlike = [on({ fallPct: 5 }), on({ below: 94 })] as const
    expect(loosenedBy('underlying', unlike)).to.match(/may be farther/)
    expect(loosenedBy('underlying', unlike, { anchor: 98 })).to.equal(undefined)
  })

  it('loosens with a weaker act on a stale quote, or a longer wait for it', () => {
    const exit = { afterMs: 1_000, action: 'exit' }
    expect(loosenedBy('staleQuote', [exit, { afterMs: 1_000 }])).to.match(/alert in place of exit/)
    expect(loosenedBy('staleQuote', [exit, { ...exit, afterMs: 2_000 }])).to.match(/2000/)
    expect(loosenedBy('staleQuote', [exit, { ...exit, afterMs: 'auto' }])).to.match(/auto/)
    expect(loosenedBy('staleQuote', [{ afterMs: 1_000 }, exit])).to.equal(undefined)
  })
})

/** Prices of the own instrument as percent of the entry price, of the other, and time that passes. */
const paths = fc.array(
  fc.record({
    afterMs: fc.constantFrom(0, 1, 5_000, HOUR, 26 * HOUR),
    pct: fc.integer({ min: -160, max: 240 }).map(quarter => quarter / 4),
    index: fc.option(fc.constantFrom(1, 40, 95, 100, 101, 120, 5_000)),
  }),
  { minLength: 1, maxLength: 30 },
)

describe('rules that count as not looser', () => {
  for (const [name, options] of Object.entries(ruleOptions)) {
    // Half of the pairs differ in one option: arbitrary pairs can seldom be compared.
    const pairs = fc.tuple(options, options, fc.nat()).map(([a, b, which]): [Options, Options] => {
      const keys = Object.keys(a).filter(key => key in b)
      const key = keys[which % (2 * keys.length || 1)]
      return key === undefined ? [a, b] : [a, { ...a, [key]: b[key] }]
    })

    it(`never exit later by any path of prices: ${name}`, () => {
      fc.assert(
        fc.property(pairs, histories, fc.nat(5 * HOUR), paths, ([a, b], history, ageMs, path) => {
          const { position } = history
          const best = history.bests.at(-1)!
          const at = position.openedAt + ageMs
          const sets = [soundSet(name, a), soundSet(name, b)]
          fc.pre(sets[0] !== undefined && sets[1] !== undefined)
          const reached = { position, best, at, anchor: 100 }
          const changes = ruleChanges(sets[0], sets[1], reached)
          fc.pre(changes.every(({ loosens }) => loosens === undefined))
          const events = eventsOf(position, { best, at, path })
          const [before, after] = sets.map(ruleSet => {
            const { decisions, open } = evaluatePlainly([{ position, ruleSet: ruleSet! }], events)
            return decisions[0] ?? (open[0]!.exiting ? { at: -Infinity, seq: 0 } : NEVER)
          })
          // The change came while the position was open, under rules that let it stay open.
          fc.pre(before!.at > at && after!.at > at)
          if (after!.at > before!.at) expect.fail(`exit at ${after!.at}, not ${before!.at}`)
          if (after!.at === before!.at)
            expect(after!.seq ?? -1).to.be.at.most(before!.seq ?? Infinity)
        }),
        { numRuns: runs(75), maxSkipsPerRun: 2_000 },
      )
    })
  }
})

const NEVER = { at: Infinity, seq: Infinity }

/** Undefined where options of two sets are incompatible. */
function soundSet(name: string, options: Options) {
  try {
    return aRuleSet({ [name]: { ...options, ...(name === 'underlying' && { instrument: INDEX }) } })
  } catch {
    return undefined
  }
}

function eventsOf(
  position: Position,
  {
    best,
    at,
    path,
  }: {
    best: number
    at: number
    path: readonly { afterMs: number; pct: number; index: number | null }[]
  },
): PlainEvent[] {
  const { instrument, openedAt, entryPrice } = position
  const tick = (when: number, name: typeof instrument, price: number): PlainEvent => ({
    at: when,
    tick: { instrument: name, ts: when, price },
  })
  let now = at
  const later = path.flatMap(({ afterMs, pct, index }) => {
    now += afterMs + 1
    const price = plusPercent(entryPrice, signOf(position.side) * pct)
    return [
      ...(price > 0 ? [tick(now, instrument, price)] : []),
      ...(index === null ? [] : [tick(now, INDEX, index)]),
    ]
  })
  return [
    tick(openedAt, INDEX, 100),
    tick(openedAt, instrument, best),
    tick(at, instrument, best),
    ...later,
    { at: now + 1 },
  ]
}
