import { expect } from 'chai'
import { instrumentId } from '../../../src/domain/ids.ts'
import type { Position } from '../../../src/domain/position.ts'
import type { Levels, Rule } from '../../../src/risk/rule.ts'
import { aPosition, aRuleSet } from '../../support/builders.ts'

type Options = Record<string, unknown>

const ruleOf = (name: string, options: Options): Rule => aRuleSet({ [name]: options }).rules[0]!

function levelsOf(
  name: string,
  options: Options,
  at: { best?: number; now?: number } & Partial<Position> = {},
): Levels {
  const { best, now = 0, ...but } = at
  const rule = ruleOf(name, options)
  if (rule.kind !== 'levels') throw new Error(`${name} has no levels`)
  const position = aPosition(but)
  return rule.arm(position, best ?? position.entryPrice, now)
}

const ms = (text: string): number => Date.parse(text)

describe('stopLoss', () => {
  it('stops at an exact loss in percent, on either side', () => {
    expect(levelsOf('stopLoss', { pct: 2 })).to.deep.equal({ stop: 98 })
    expect(levelsOf('stopLoss', { pct: 2 }, { side: 'short' })).to.deep.equal({ stop: 102 })
    expect(levelsOf('stopLoss', { pct: 10 }, { entryPrice: 1.1 })).to.deep.equal({ stop: 0.99 })
  })

  it('stops at a price', () => {
    expect(levelsOf('stopLoss', { price: 97.3 })).to.deep.equal({ stop: 97.3 })
  })

  it('stops at a loss of the whole position in money', () => {
    const position = { quantity: 2, multiplier: 50 }
    expect(levelsOf('stopLoss', { amount: 250 }, position)).to.deep.equal({ stop: 97.5 })
    const short = { ...position, side: 'short' as const }
    expect(levelsOf('stopLoss', { amount: 250 }, short)).to.deep.equal({ stop: 102.5 })
  })
})

describe('takeProfit', () => {
  it('has a target in percent, at a price or of an amount', () => {
    expect(levelsOf('takeProfit', { pct: 10 }, { entryPrice: 70 })).to.deep.equal({ target: 77 })
    expect(levelsOf('takeProfit', { pct: 3 }, { side: 'short' })).to.deep.equal({ target: 97 })
    expect(levelsOf('takeProfit', { price: 111 })).to.deep.equal({ target: 111 })
    expect(levelsOf('takeProfit', { amount: 30 }, { quantity: 10 })).to.deep.equal({ target: 103 })
  })

  it('has no target before the first age of its schedule, and then the one in force', () => {
    const schedule = [
      { afterMs: 60_000, pct: 3 },
      { afterMs: 300_000, pct: -1 },
    ]
    const at = (now: number) => levelsOf('takeProfit', { schedule }, { openedAt: 1_000, now })
    expect(at(60_999)).to.deep.equal({ rearmAt: 61_000 })
    expect(at(61_000)).to.deep.equal({ target: 103, rearmAt: 301_000 })
    expect(at(301_000)).to.deep.equal({ target: 99 })
  })
})

describe('trailingStop', () => {
  it('follows the best price at once, or when its activation is reached, inclusively', () => {
    expect(levelsOf('trailingStop', { distancePct: 5 }, { best: 120 })).to.deep.equal({ stop: 114 })
    const late = { distancePct: 5, activateAtPct: 10 }
    expect(levelsOf('trailingStop', late, { best: 109.99 })).to.deep.equal({ ratchet: 110 })
    expect(levelsOf('trailingStop', late, { best: 110 })).to.deep.equal({ stop: 104.5 })
    const priced = { distance: 3, activateAtPrice: 95 }
    const short = { side: 'short' as const }
    expect(levelsOf('trailingStop', priced, short)).to.deep.equal({ ratchet: 95 })
    expect(levelsOf('trailingStop', priced, { ...short, best: 95 })).to.deep.equal({ stop: 98 })
  })

  it('can keep its distance as a percentage of the entry price', () => {
    const options = { distancePct: 5, basis: 'entry' }
    expect(levelsOf('trailingStop', options, { best: 120 })).to.deep.equal({ stop: 115 })
  })

  it('keeps the tightest stop of the tiers it passed when the next one is wider', () => {
    const tiers = [
      { atPct: 5, distancePct: 2 },
      { atPct: 10, distancePct: 4 },
    ]
    const at = (best: number) => levelsOf('trailingStop', { tiers }, { best })
    expect(at(104)).to.deep.equal({ ratchet: 105 })
    expect(at(108)).to.deep.equal({ stop: 105.84, ratchet: 110 })
    expect(at(111), '2 % below 110, not 4 % below 111').to.deep.equal({ stop: 107.8 })
    expect(at(115), '4 % below 115').to.deep.equal({ stop: 110.4 })
  })
})

describe('profitLock', () => {
  const steps = [
    { atPct: 2, lockPct: 0 },
    { atPct: 5, lockPct: 3 },
  ]

  it('locks in the highest step that was reached and returns the price of the next', () => {
    expect(levelsOf('profitLock', { steps }, { best: 101 })).to.deep.equal({ ratchet: 102 })
    expect(levelsOf('profitLock', { steps }, { best: 102 })).to.deep.equal({
      stop: 100,
      ratchet: 105,
    })
    expect(levelsOf('profitLock', { steps }, { best: 120 })).to.deep.equal({ stop: 103 })
    expect(levelsOf('profitLock', { steps }, { best: 95, side: 'short' })).to.deep.equal({
      stop: 97,
    })
  })
})

describe('peakDrawdown', () => {
  it('gives back points of the entry price', () => {
    const options = { dropPoints: 5, activateAtPct: 10 }
    const entryPrice = 200
    expect(levelsOf('peakDrawdown', options, { entryPrice })).to.deep.equal({ ratchet: 220 })
    expect(levelsOf('peakDrawdown', options, { entryPrice, best: 250 })).to.deep.equal({
      stop: 240,
    })
  })
})

describe('profitFloor', () => {
  it('keeps a share of the best profit once it is active', () => {
    const options = { keepPct: 70, activateAtPct: 5 }
    expect(levelsOf('profitFloor', options, { best: 104 })).to.deep.equal({ ratchet: 105 })
    expect(levelsOf('profitFloor', options, { best: 110 })).to.deep.equal({ stop: 107 })
    const short = { best: 90, side: 'short' as const }
    expect(levelsOf('profitFloor', options, short)).to.deep.equal({ stop: 93 })
  })
})

describe('maxHold', () => {
  it('exits at an age', () => {
    const levels = levelsOf('maxHold', { ms: 3_600_000 }, { openedAt: 5 })
    expect(levels).to.deep.equal({ exitAt: 3_600_005 })
  })
})

describe('sessionEnd', () => {
  const newYork = { at: '15:55', timezone: 'America/New_York' }

  it('exits at the first end of a session strictly after the position opened', () => {
    const at = (openedAt: string, options: Options = {}) =>
      levelsOf('sessionEnd', { ...newYork, ...options }, { openedAt: ms(openedAt) })
    // Friday, in summer time; the same to the millisecond is too late; then over the weekend.
    expect(at('2024-08-09T19:54:59.999Z')).to.deep.equal({ exitAt: ms('2024-08-09T19:55Z') })
    expect(at('2024-08-09T19:55Z')).to.deep.equal({ exitAt: ms('2024-08-12T19:55Z') })
    expect(at('2024-08-09T19:55Z', { days: 'all' })).to.deep.equal({
      exitAt: ms('2024-08-10T19:55Z'),
    })
    expect(at('2024-08-09T19:55Z', { days: ['wed'] })).to.deep.equal({
      exitAt: ms('2024-08-14T19:55Z'),
    })
    expect(at('2024-08-09T19:55Z', { holidays: ['2024-08-12'] })).to.deep.equal({
      exitAt: ms('2024-08-13T19:55Z'),
    })
  })

  it('with a least profit takes it from the end of a session until the next session’s day', () => {
    const options = { ...newYork, minProfitAmount: 50 }
    const openedAt = ms('2024-08-09T15:00Z')
    const at = (now: string, side: 'long' | 'short' = 'long') =>
      levelsOf('sessionEnd', options, { side, openedAt, quantity: 10, now: ms(now) })
    const friday = ms('2024-08-09T19:55Z')
    const monday = ms('2024-08-12T04:00Z')
    const mondayEnd = ms('2024-08-12T19:55Z')
    expect(at('2024-08-09T19:54Z')).to.deep.equal({ rearmAt: friday })
    expect(at('2024-08-09T19:55Z')).to.deep.equal({ target: 105, rearmAt: monday })
    expect(at('2024-08-11T12:00Z', 'short')).to.deep.equal({ target: 95, rearmAt: monday })
    expect(at('2024-08-12T04:00Z')).to.deep.equal({ rearmAt: mondayEnd })
    expect(at('2024-08-12T19:55Z')).to.deep.equal({
      target: 105,
      rearmAt: ms('2024-08-13T04:00Z'),
    })
  })

  it('answers for the past of a position as it did then', () => {
    const rule = ruleOf('sessionEnd', { ...newYork, minProfitAmount: 50 })
    if (rule.kind !== 'levels') throw new Error('no levels')
    const position = aPosition({ openedAt: ms('2024-08-09T15:00Z') })
    const times = [
      '2024-08-09T15:00Z',
      '2024-08-09T20:00Z',
      '2024-08-12T12:00Z',
      '2024-09-02T20:00Z',
    ]
    const ask = () => times.map(time => rule.arm(position, 100, ms(time)))
    const forward = ask()
    expect(times.toReversed().map(time => rule.arm(position, 100, ms(time)))).to.deep.equal(
      forward.toReversed(),
    )
  })
})

describe('underlying', () => {
  const boundsOf = (options: Options, anchor?: number) => {
    const rule = ruleOf('underlying', options)
    if (rule.kind !== 'underlying') throw new Error('not on an underlying')
    return { ...rule.bounds(anchor), needsAnchor: rule.needsAnchor }
  }

  it('has prices of its own, or percentages of a price', () => {
    expect(boundsOf({ below: 5200 })).to.deep.equal({ below: 5200, needsAnchor: false })
    expect(boundsOf({ risePct: 1, fallPct: 2, from: 5000 })).to.deep.equal({
      below: 4900,
      above: 5050,
      needsAnchor: false,
    })
  })

  it('takes percentages of the first tick when no price is given, and has no bound before it', () => {
    expect(boundsOf({ fallPct: 1.5 })).to.deep.equal({ needsAnchor: true })
    expect(boundsOf({ fallPct: 1.5, above: 5400 }, 5340)).to.deep.equal({
      below: 5259.9,
      above: 5400,
      needsAnchor: true,
    })
  })

  it('watches the instrument it names, or that of the position', () => {
    expect(ruleOf('underlying', { below: 1, instrument: 'SPX' })).to.include({
      instrument: instrumentId('SPX'),
    })
    expect(ruleOf('underlying', { below: 1 })).not.to.have.property('instrument')
  })
})

describe('staleQuote', () => {
  it('only alerts unless its action is to exit', () => {
    expect(ruleOf('staleQuote', { afterMs: 'auto' })).to.include({
      afterMs: 'auto',
      action: 'alert',
    })
    expect(ruleOf('staleQuote', { afterMs: 30_000, action: 'exit' })).to.include({ action: 'exit' })
  })
})
