import { expect } from 'chai'
import { instrumentId } from '../../src/domain/ids.ts'
import { compileRuleSet, ruleSetWarnings } from '../../src/risk/rule-set.ts'
import type { RuleSubject } from '../../src/risk/rule.ts'
import { aPosition, aRuleSet } from '../support/builders.ts'

/** The faults of a set as lines: `path: found, expected`. */
const faultsOf = (options: Record<string, unknown>): string[] =>
  (compileRuleSet(options).faults ?? []).map(
    ({ path, found, expected }) => `${path.join('.')}: ${found}, ${expected}`,
  )

/** The warnings of a set as lines: `path: found`. */
const warningsOf = (
  options: Record<string, unknown>,
  subject: Partial<RuleSubject> = {},
): string[] =>
  ruleSetWarnings(aRuleSet(options), aPosition(subject)).map(
    ({ path, found }) => `${path}: ${found}`,
  )

describe('compileRuleSet', () => {
  it('makes the rules in the order of the registry, whatever the order of the config', () => {
    const { names, rules } = aRuleSet({ maxHold: { ms: 60_000 }, stopLoss: { pct: 2 } })
    expect(names).to.deep.equal(['stopLoss', 'maxHold'])
    expect(rules.map(({ reason }) => reason)).to.deep.equal(['stop-loss', 'max-hold'])
  })

  it('gives one object for equal options, in any order of keys', () => {
    const a = aRuleSet({
      trailingStop: { distancePct: 1, activateAtPct: 2 },
      stopLoss: { pct: 2 },
    })
    const b = aRuleSet({
      stopLoss: { pct: 2 },
      trailingStop: { activateAtPct: 2, distancePct: 1 },
    })
    const c = aRuleSet({ stopLoss: { pct: 2 } })
    expect(a).to.equal(b)
    expect(a).not.to.equal(c)
    expect(a.rules[0], 'the rule that both have').to.equal(c.rules[0])
    expect(aRuleSet({ stopLoss: { price: 2 } })).not.to.equal(c)
  })

  it('accepts a set without rules', () => {
    expect(aRuleSet({}).rules).to.deep.equal([])
  })

  it('lists the known rules when it does not know one', () => {
    const [fault, ...others] = faultsOf({ martingale: {} })
    expect(others).to.deep.equal([])
    expect(fault).to.match(/^martingale: the rule "martingale", one of stopLoss, takeProfit, /)
    expect(faultsOf({ 'trailing-stop': {} })[0]).to.contain('trailingStop (rule names are in')
  })

  it('reads no inherited name of an object as a rule', () => {
    expect(faultsOf({ constructor: {} })).to.have.length(1)
    expect(faultsOf(JSON.parse('{ "__proto__": {} }') as Record<string, unknown>)).to.have.length(1)
  })

  it('reports every fault of every rule at once, type faults beside contradictions', () => {
    const faults = faultsOf({
      stopLoss: { pct: '5', price: 95, percent: 5 },
      profitLock: {
        steps: [
          { atPct: 2, lockPct: 2 },
          { atPct: 1, lockPct: 'x' },
        ],
      },
      maxHold: { ms: 0.5 },
      nothing: {},
    })
    expect(faults.map(line => line.replace(/one of stopLoss.*/, 'one of …'))).to.have.members([
      'stopLoss.pct: "5", a number, without quotes',
      'stopLoss.price: 95, exactly one of pct, price, amount, not also pct',
      'stopLoss.percent: the option "percent", one of pct, price, amount',
      'profitLock.steps.0.lockPct: 2, a number below atPct 2: a lock at or above its trigger exits at once',
      'profitLock.steps.1.lockPct: "x", a number',
      'profitLock.steps.1.atPct: 1, a number above the atPct before it, 2',
      'maxHold.ms: 0.5, a whole number',
      'nothing: the rule "nothing", one of …',
    ])
  })

  const FAULTY: readonly [options: Record<string, unknown>, fault: string | RegExp][] = [
    [{ stopLoss: {} }, 'stopLoss: {}, exactly one of pct, price, amount'],
    [{ stopLoss: null }, 'stopLoss: an empty value, a map'],
    [{ stopLoss: { pct: null } }, /^stopLoss\.pct: an empty value, a number/],
    [{ stopLoss: { pct: 0 } }, 'stopLoss.pct: 0, a number above 0'],
    [{ stopLoss: { pct: -2 } }, 'stopLoss.pct: -2, a number above 0'],
    [{ stopLoss: { price: Infinity } }, 'stopLoss.price: Infinity, a number'],
    [
      { takeProfit: { pct: 1, schedule: [{ afterMs: 0, pct: 1 }] } },
      /^takeProfit\.schedule: .*, exactly one of pct, price, amount, schedule, not also pct$/,
    ],
    [
      {
        takeProfit: {
          schedule: [
            { afterMs: 5, pct: 2 },
            { afterMs: 5, pct: 1 },
          ],
        },
      },
      'takeProfit.schedule.1.afterMs: 5, a number above the afterMs before it, 5',
    ],
    [{ takeProfit: { schedule: [] } }, 'takeProfit.schedule: [], at least one entry'],
    [{ trailingStop: { distancePct: 100 } }, 'trailingStop.distancePct: 100, a number below 100'],
    [
      { trailingStop: { distance: 1, basis: 'entry' } },
      'trailingStop.basis: "entry", at most one of distance, basis, not also distance',
    ],
    [
      { trailingStop: { distancePct: 1, basis: 'peak' } },
      'trailingStop.basis: "peak", one of "best", "entry"',
    ],
    [
      { trailingStop: { distancePct: 1, activateAtPct: 1, activateAtPrice: 5 } },
      'trailingStop.activateAtPrice: 5, at most one of activateAtPct, activateAtPrice, not also activateAtPct',
    ],
    [
      {
        trailingStop: {
          tiers: [
            { atPct: 5, distancePct: 2 },
            { atPct: 3, distancePct: 1 },
          ],
        },
      },
      'trailingStop.tiers.1.atPct: 3, a number above the atPct before it, 5',
    ],
    [{ peakDrawdown: {} }, 'peakDrawdown: {}, exactly one of dropPoints, tiers'],
    [
      { profitFloor: { keepPct: 101, activateAtPct: 1 } },
      'profitFloor.keepPct: 101, a number of at most 100',
    ],
    [{ profitFloor: { keepPct: 50 } }, 'profitFloor.activateAtPct: nothing, a number'],
    [
      { sessionEnd: { at: '24:00', timezone: 'UTC' } },
      'sessionEnd.at: "24:00", a time of day from 00:00 to 23:59',
    ],
    [
      { sessionEnd: { at: '16:00', timezone: 'Europe/Bielefeld' } },
      'sessionEnd.timezone: "Europe/Bielefeld", an IANA time zone as Area/City, such as Europe/Berlin, or UTC: EST and the like know no summer time',
    ],
    [
      { sessionEnd: { at: '16:00', timezone: 'UTC', holidays: ['2023-02-29'] } },
      'sessionEnd.holidays.0: "2023-02-29", a date that exists, as YYYY-MM-DD',
    ],
    [
      { sessionEnd: { at: '16:00', timezone: 'UTC', days: ['monday'] } },
      'sessionEnd.days.0: "monday", one of "mon", "tue", "wed", "thu", "fri", "sat", "sun": did you mean mon?',
    ],
    [
      { sessionEnd: { at: '16:00', timezone: 'UTC', days: 5 } },
      'sessionEnd.days: 5, "all", or a list',
    ],
    [
      { underlying: { from: 100 } },
      /^underlying: .*, at least one of below, above, risePct, fallPct$/,
    ],
    [
      { underlying: { below: 90, fallPct: 5 } },
      'underlying.fallPct: 5, at most one of below, fallPct, not also below',
    ],
    [
      { underlying: { below: 100, above: 100 } },
      'underlying.above: 100, a price above `below` 100',
    ],
    [{ staleQuote: { afterMs: 0 } }, 'staleQuote.afterMs: 0, a number above 0'],
    [{ staleQuote: { afterMs: 'soon' } }, 'staleQuote.afterMs: "soon", a number, or "auto"'],
    [
      { staleQuote: { afterMs: 'auto', action: 'panic' } },
      'staleQuote.action: "panic", one of "alert", "poll", "exit"',
    ],
  ]
  for (const [options, fault] of FAULTY) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      const [only, ...others] = faultsOf(options)
      expect(others).to.deep.equal([])
      if (typeof fault === 'string') expect(only).to.equal(fault)
      else expect(only).to.match(fault)
    })
  }

  it('shows options that only a program can hold, without failing over them', () => {
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    expect(faultsOf({ stopLoss: { pct: 10n } })).to.deep.equal(['stopLoss.pct: 10, a number'])
    expect(faultsOf({ stopLoss: { pct: cycle } })).to.deep.equal(['stopLoss.pct: a map, a number'])
    expect(faultsOf({ stopLoss: { pct: [1n] } })).to.deep.equal(['stopLoss.pct: a list, a number'])
    expect(faultsOf({ maxHold: { ms: () => 5 } })).to.deep.equal([
      'maxHold.ms: a function, a number',
    ])
    expect(faultsOf({ maxHold: { ms: NaN } })).to.deep.equal(['maxHold.ms: NaN, a number'])
  })

  it('guesses at a mistyped name inside an option, and lists the names where it cannot', () => {
    const tier = { atPct: 1, distancePct: 2 }
    const schedule = [{ afterms: 1, afterMs: 1, pct: 2 }]
    expect(faultsOf({ takeProfit: { schedule } })).to.deep.equal([
      'takeProfit.schedule.0.afterms: the option "afterms", another name: did you mean afterMs?',
    ])
    expect(faultsOf({ trailingStop: { tiers: [{ ...tier, color: 3 }] } })).to.deep.equal([
      'trailingStop.tiers.0.color: the option "color", one of atPct, distancePct',
    ])
  })

  it('reads no option named __proto__ as the options of another', () => {
    const options = JSON.parse('{ "__proto__": { "price": 95 }, "pct": 5 }') as unknown
    expect(faultsOf({ stopLoss: options })).to.deep.equal([
      'stopLoss.__proto__: the option "__proto__", one of pct, price, amount',
    ])
    expect(faultsOf({ stopLoss: JSON.parse('{ "__proto__": { "pct": 5 } }') })).to.have.length(2)
    expect(({} as Record<string, unknown>)['pct']).to.equal(undefined)
  })

  it('treats an undefined option as absent', () => {
    expect(faultsOf({ stopLoss: { pct: undefined, price: 95 } })).to.deep.equal([])
  })
})

describe('ruleSetWarnings', () => {
  const ORDINARY: readonly [options: Record<string, unknown>, subject?: Partial<RuleSubject>][] = [
    [{ stopLoss: { pct: 0.1 } }],
    [{ stopLoss: { pct: 50 }, takeProfit: { pct: 100 } }],
    [{ stopLoss: { pct: 100 } }, { side: 'short' }],
    [{ peakDrawdown: { tiers: [{ atPct: 10, dropPoints: 109 }] } }],
    [{ peakDrawdown: { dropPoints: 150 } }, { side: 'short' }],
    [{ stopLoss: { price: 99.5 }, takeProfit: { price: 100.5 } }],
    [{ stopLoss: { price: 105 }, takeProfit: { price: 90 } }, { side: 'short' }],
    [{ stopLoss: { amount: 99 } }],
    [{ stopLoss: { amount: 4000 } }, { quantity: 100, multiplier: 0.5 }],
    [{ trailingStop: { distancePct: 0.5, activateAtPct: 0.2 } }],
    [{ trailingStop: { distance: 5, activateAtPrice: 90 } }],
    [
      {
        trailingStop: {
          tiers: [
            { atPct: 0, distancePct: 3 },
            { atPct: 5, distancePct: 2 },
            { atPct: 20, distancePct: 4 },
          ],
        },
      },
    ],
    [{ profitLock: { steps: [{ atPct: 1, lockPct: 0.05 }] } }],
    [
      {
        profitLock: {
          steps: [
            { atPct: 1, lockPct: -2 },
            { atPct: 2, lockPct: 0 },
          ],
        },
      },
    ],
    [{ peakDrawdown: { dropPoints: 20, activateAtPct: 100 } }],
    [{ profitFloor: { keepPct: 50, activateAtPct: 5 } }],
    [{ underlying: { risePct: 1, fallPct: 1.5, from: 100, instrument: 'INDEX' } }],
    [{ sessionEnd: { at: '15:55', timezone: 'America/New_York', minProfitAmount: -50 } }],
    [{ maxHold: { ms: 28_800_000 }, staleQuote: { afterMs: 'auto' } }],
    [{ takeProfit: { schedule: [{ afterMs: 60_000, pct: -1 }] } }],
    [{ takeProfit: { schedule: [{ afterMs: 60_000, pct: -100 }] } }],
    [{ sessionEnd: { at: '15:55', timezone: 'UTC', minProfitAmount: -200 } }],
  ]
  for (const [options, subject] of ORDINARY) {
    it(`has no warning about ${JSON.stringify(options)}`, () => {
      expect(warningsOf(options, subject)).to.deep.equal([])
    })
  }

  const ODD: readonly [
    options: Record<string, unknown>,
    warning: string,
    subject?: Partial<RuleSubject>,
  ][] = [
    [{ stopLoss: { pct: 0.05 } }, 'stopLoss.pct: 0.05'],
    [{ takeProfit: { pct: 200 } }, 'takeProfit.pct: 200'],
    [{ stopLoss: { pct: 100 } }, 'stopLoss.pct: a stop at 0'],
    [{ takeProfit: { pct: 100 } }, 'takeProfit.pct: a target at 0', { side: 'short' }],
    [{ stopLoss: { amount: 100 } }, 'stopLoss.amount: a stop at 0'],
    [{ stopLoss: { price: 100 } }, 'stopLoss.price: a stop at 100'],
    [{ stopLoss: { price: 95 } }, 'stopLoss.price: a stop at 95', { side: 'short' }],
    [{ takeProfit: { price: 95 } }, 'takeProfit.price: a target at 95'],
    [
      { takeProfit: { schedule: [{ afterMs: 0, pct: 0 }] } },
      'takeProfit.schedule[0].pct: a target at 100',
    ],
    [
      { takeProfit: { schedule: [{ afterMs: 5, pct: 120 }] } },
      'takeProfit.schedule[0].pct: 120',
      { side: 'short' },
    ],
    [{ trailingStop: { distance: 100 } }, 'trailingStop.distance: 100'],
    [
      { trailingStop: { distancePct: 2, activateAtPct: 100 } },
      'trailingStop.activateAtPct: 100',
      { side: 'short' },
    ],
    [
      {
        trailingStop: {
          tiers: [
            { atPct: 1, distancePct: 1 },
            { atPct: 5, distancePct: 10 },
            { atPct: 10, distancePct: 2 },
          ],
        },
      },
      'trailingStop.tiers[1]: a stop at 99 at most',
    ],
    [
      {
        profitLock: {
          steps: [
            { atPct: 1, lockPct: 0.5 },
            { atPct: 2, lockPct: 0.5 },
          ],
        },
      },
      'profitLock.steps[1]: a stop at 100.5 at most',
    ],
    [{ profitLock: { steps: [{ atPct: 5, lockPct: -100 }] } }, 'profitLock.steps[0].lockPct: -100'],
    [{ peakDrawdown: { dropPoints: 100 } }, 'peakDrawdown.dropPoints: 100'],
    [
      { peakDrawdown: { tiers: [{ atPct: 10, dropPoints: 110 }] } },
      'peakDrawdown.tiers[0].dropPoints: 110',
    ],
    [{ profitFloor: { keepPct: 0.5, activateAtPct: 5 } }, 'profitFloor.keepPct: 0.5'],
    [{ maxHold: { ms: 300 } }, 'maxHold.ms: 300'],
    [{ staleQuote: { afterMs: 30 } }, 'staleQuote.afterMs: 30'],
    [{ underlying: { fallPct: 100 } }, 'underlying.fallPct: 100'],
    [{ underlying: { below: 90, from: 100 } }, 'underlying.from: 100'],
    [
      { sessionEnd: { at: '15:55', timezone: 'UTC', minProfitAmount: 100 } },
      'sessionEnd.minProfitAmount: 100',
      { side: 'short' },
    ],
  ]
  for (const [options, warning, subject] of ODD) {
    it(`warns of ${JSON.stringify(options)} on a ${subject?.side ?? 'long'}`, () => {
      expect(warningsOf(options, subject)).to.deep.equal([warning])
    })
  }

  it('distinguishes a level that exits at once from one that no price reaches', () => {
    const expected = (options: Record<string, unknown>, subject: Partial<RuleSubject> = {}) =>
      ruleSetWarnings(aRuleSet(options), aPosition(subject)).map(warning => warning.expected)
    expect(expected({ stopLoss: { price: 101 } })).to.deep.equal([
      'a level below the entry price 100 of a long: this one exits at once',
    ])
    expect(expected({ takeProfit: { amount: 100 } }, { side: 'short' })).to.deep.equal([
      'a level above 0: this one can never be reached',
    ])
    // Every price is above a target below 0.
    expect(expected({ takeProfit: { schedule: [{ afterMs: 0, pct: -150 }] } })).to.deep.equal([
      'a level above the entry price 100 of a long: this one exits at once',
    ])
  })

  it('asks whether a fraction was meant to be a percentage, where it may be one', () => {
    const expectedOf = (pct: number): string =>
      ruleSetWarnings(
        aRuleSet({ stopLoss: { pct } }),
        aPosition({ underlying: instrumentId('INDEX') }),
      )[0]!.expected
    expect(expectedOf(0.05)).to.match(/did you mean 5\?$/)
    expect(expectedOf(1e-7)).to.not.include('did you mean')
  })

  it('is compiled once for one object of options', () => {
    const options = { stopLoss: { pct: 5 } }
    expect(compileRuleSet(options)).to.equal(compileRuleSet(options))
  })
})
