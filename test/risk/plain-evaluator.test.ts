import { existsSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Position, Side } from '../../src/domain/position.ts'
import type { ExitReason } from '../../src/domain/reason.ts'
import type { Tick } from '../../src/domain/tick.ts'
import { compileRuleSet } from '../../src/risk/rule-set.ts'
import type { Levels, Rule, RuleSet } from '../../src/risk/rule.ts'
import { evaluatePlainly, type PlainEvent } from '../support/plain-evaluator.ts'
import { scenario } from '../support/scenarios.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

const aPosition = (changes: Partial<Position> = {}): Position => ({
  id: positionId('p'),
  instrument: instrumentId('X'),
  side: 'long',
  quantity: 1,
  entryPrice: 100,
  openedAt: 0,
  multiplier: 1,
  priceSource: 'trade',
  ...changes,
})

/** A rule with the given levels, whatever the position. */
const levels = (
  reason: ExitReason,
  given: Levels | ((best: number, now: number) => Levels),
): Rule => ({
  kind: 'levels',
  reason,
  arm: (_, best, now) => (typeof given === 'function' ? given(best, now) : given),
})

/** Trails the best price by `distance` points. */
const trail = (distance: number, side: Side = 'long'): Rule =>
  levels('trailing-stop', best => ({ stop: side === 'long' ? best - distance : best + distance }))

const stopAt = (stop: number): Rule => levels('stop-loss', { stop })
const targetAt = (target: number): Rule => levels('take-profit', { target })
const holdUntil = (exitAt: number): Rule => levels('max-hold', { exitAt })
const stale = (afterMs: number | 'auto'): Rule => ({
  kind: 'stale-quote',
  reason: 'stale-quote',
  afterMs,
  action: 'exit',
})
const watchU = (below: number, above: number): Rule => ({
  kind: 'underlying',
  reason: 'underlying',
  instrument: instrumentId('U'),
  needsAnchor: false,
  bounds: () => ({ below, above }),
})

const rules = (...given: Rule[]): RuleSet => ({
  names: given.map(rule => rule.reason),
  rules: given,
})

/** A tick of X, or of another instrument, or with a quote. */
const tick = (at: number, price: number, more: Partial<Tick> | string = {}): PlainEvent => {
  const changes = typeof more === 'string' ? { instrument: instrumentId(more) } : more
  return { at, tick: { instrument: instrumentId('X'), ts: at, price, ...changes } }
}

/** Evaluates one position. */
function run(position: Position, given: Rule[], events: PlainEvent[]) {
  const { decisions, open } = evaluatePlainly([{ position, ruleSet: rules(...given) }], events)
  return { exit: decisions[0], open: open[0] }
}

describe('The plain evaluator, on prices', () => {
  it('exits a long at its stop and not a hundredth above it', () => {
    const { exit } = run(aPosition(), [stopAt(95)], [tick(1, 95.01), tick(2, 95), tick(3, 90)])
    expect(exit).to.deep.equal({
      positionId: 'p',
      reason: 'stop-loss',
      matched: ['stop-loss'],
      at: 2,
      seq: 1,
      level: 95,
      fillPrice: 95,
      best: 100,
    })
  })

  it('exits a short at its stop and not a hundredth below it', () => {
    const short = aPosition({ side: 'short' })
    const { exit } = run(short, [stopAt(105)], [tick(1, 104.99), tick(2, 106)])
    expect(exit).to.include({ reason: 'stop-loss', seq: 1, level: 105, fillPrice: 106, best: 100 })
  })

  it('exits at a target, inclusive, on both sides', () => {
    const long = run(aPosition(), [targetAt(110)], [tick(1, 109.99), tick(2, 110)])
    expect(long.exit).to.include({ reason: 'take-profit', seq: 1, level: 110, best: 110 })
    const short = run(
      aPosition({ side: 'short' }),
      [targetAt(90)],
      [tick(1, 90.01), tick(2, 89), tick(3, 80)],
    )
    expect(short.exit).to.include({ reason: 'take-profit', seq: 1, level: 90, fillPrice: 89 })
  })

  it('trails the best price, which the tick itself raises before it is tested', () => {
    const path = [tick(1, 104), tick(2, 110), tick(3, 105.5), tick(4, 105)]
    const { exit } = run(aPosition(), [trail(5)], path)
    expect(exit).to.include({ seq: 3, level: 105, best: 110 })
    const mirrored = [tick(1, 96), tick(2, 90), tick(3, 94.5), tick(4, 95)]
    const short = run(aPosition({ side: 'short' }), [trail(5, 'short')], mirrored)
    expect(short.exit).to.include({ seq: 3, level: 95, best: 90 })
  })

  it('starts the best price at the entry price, however bad the first tick', () => {
    const { open } = run(aPosition(), [trail(5)], [tick(1, 97)])
    expect(open).to.deep.equal({
      positionId: 'p',
      stop: 95,
      target: null,
      best: 100,
      exiting: false,
    })
  })

  it('does not count ticks before the position was opened, and counts the one at that time', () => {
    const position = aPosition({ openedAt: 10 })
    const path = [tick(9, 120), tick(9, 90), tick(10, 96), tick(11, 95)]
    const { exit } = run(position, [trail(5)], path)
    expect(exit).to.include({ seq: 3, level: 95, best: 100 })
    expect(run(position, [trail(5)], [tick(10, 95)]).exit).to.include({ seq: 0 })
  })

  it('lists the exits of one tick in the order of the positions', () => {
    const ids = ['b', 'a', 'c'].map(positionId)
    const { decisions } = evaluatePlainly(
      ids.map(id => ({ position: aPosition({ id }), ruleSet: rules(stopAt(95)) })),
      [tick(1, 94)],
    )
    expect(decisions.map(decision => decision.positionId)).to.deep.equal(ids)
  })

  it('ignores ticks of other instruments', () => {
    expect(run(aPosition(), [stopAt(95)], [tick(1, 1, 'Y')]).open).to.include({ best: 100 })
  })
})

describe('The plain evaluator, on quotes', () => {
  it('compares a long with the bid', () => {
    const long = aPosition({ priceSource: 'quote' })
    const path = [tick(1, 95, { bid: 96, ask: 97 }), tick(2, 99, { bid: 95, ask: 99 })]
    const { exit } = run(long, [stopAt(95)], path)
    expect(exit).to.include({ seq: 1, fillPrice: 95, best: 100 })
  })

  it('compares a short with the ask', () => {
    const short = aPosition({ side: 'short', priceSource: 'quote' })
    const path = [tick(1, 106, { bid: 103, ask: 104 }), tick(2, 99, { bid: 98, ask: 105 })]
    const { exit } = run(short, [stopAt(105)], path)
    expect(exit).to.include({ seq: 1, fillPrice: 105, best: 100 })
  })

  it('takes the trade price when the quote is crossed or its side is missing', () => {
    const long = aPosition({ priceSource: 'quote' })
    const crossed = run(long, [stopAt(95)], [tick(1, 98, { bid: 94, ask: 93 })])
    expect(crossed.exit).to.equal(undefined)
    const missing = run(long, [stopAt(95)], [tick(1, 94, { ask: 99 })])
    expect(missing.exit).to.include({ seq: 0, fillPrice: 94 })
  })
})

describe('The plain evaluator, on the order of reasons', () => {
  it('names every match, the stop loss before the target before the trail', () => {
    const given = [trail(2), targetAt(95), stopAt(96)]
    const { exit } = run(aPosition(), given, [tick(1, 95)])
    expect(exit?.matched).to.deep.equal(['stop-loss', 'take-profit', 'trailing-stop'])
    expect(exit).to.include({ reason: 'stop-loss', level: 96 })
  })

  it('names no rule that does not match at that tick', () => {
    const { exit } = run(aPosition(), [trail(2), stopAt(96)], [tick(1, 97)])
    expect(exit?.matched).to.deep.equal(['trailing-stop'])
  })

  it('puts the tightest of the trailing rules first, for a long the highest', () => {
    const given = [
      levels('trailing-stop', { stop: 97 }),
      levels('profit-lock', { stop: 99 }),
      levels('peak-drawdown', { stop: 96 }),
      levels('profit-floor', { stop: 98 }),
    ]
    const { exit } = run(aPosition(), given, [tick(1, 96)])
    expect(exit?.matched).to.deep.equal([
      'profit-lock',
      'profit-floor',
      'trailing-stop',
      'peak-drawdown',
    ])
    expect(exit).to.include({ reason: 'profit-lock', level: 99 })
  })

  it('puts the tightest of the trailing rules first, for a short the lowest', () => {
    const given = [
      levels('trailing-stop', { stop: 103 }),
      levels('profit-floor', { stop: 101 }),
      levels('peak-drawdown', { stop: 102 }),
    ]
    const { exit } = run(aPosition({ side: 'short' }), given, [tick(1, 104)])
    expect(exit?.matched).to.deep.equal(['profit-floor', 'peak-drawdown', 'trailing-stop'])
  })

  it('keeps the order of the reasons where trailing rules are equally tight', () => {
    const given = [
      levels('profit-floor', { stop: 98 }),
      levels('peak-drawdown', { stop: 98 }),
      levels('profit-lock', { stop: 98 }),
      levels('trailing-stop', { stop: 98 }),
    ]
    const { exit } = run(aPosition(), given, [tick(1, 98)])
    expect(exit?.matched).to.deep.equal([
      'trailing-stop',
      'profit-lock',
      'peak-drawdown',
      'profit-floor',
    ])
  })

  it('exits at a session’s end through a target like through any price', () => {
    const sessionEnd = levels('session-end', (_, now) => (now >= 5 ? { target: 101 } : {}))
    const path = [tick(4, 102), tick(6, 100.5), tick(7, 101)]
    const { exit } = run(aPosition(), [sessionEnd], path)
    expect(exit).to.include({ reason: 'session-end', at: 7, seq: 2, level: 101 })
    const both = run(aPosition(), [targetAt(101), sessionEnd], [tick(5, 101)])
    expect(both.exit?.matched).to.deep.equal(['session-end', 'take-profit'])
  })
})

describe('The plain evaluator, on time', () => {
  it('fires a deadline before a later event, at the price before it', () => {
    const { exit } = run(aPosition(), [holdUntil(10)], [tick(9, 101), tick(11, 50)])
    expect(exit).to.deep.equal({
      positionId: 'p',
      reason: 'max-hold',
      matched: ['max-hold'],
      at: 10,
      seq: null,
      level: null,
      fillPrice: 101,
      best: 101,
    })
  })

  it('fires a deadline before an event of another instrument or one without a tick', () => {
    for (const later of [tick(11, 1, 'Y'), { at: 11 }]) {
      const { exit } = run(aPosition(), [holdUntil(10)], [tick(9, 101), later])
      expect(exit).to.include({ at: 10, seq: null, fillPrice: 101 })
    }
  })

  it('tests a deadline with the first tick of its own instrument at that very time', () => {
    const given = [holdUntil(10), stopAt(95)]
    const path = [tick(9, 101), { at: 10 }, tick(10, 1, 'Y'), tick(10, 95), tick(10, 90)]
    const { exit } = run(aPosition(), given, path)
    expect(exit?.matched).to.deep.equal(['stop-loss', 'max-hold'])
    expect(exit).to.include({ at: 10, seq: 3, level: 95, fillPrice: 95 })
  })

  it('gives a deadline that leads the match no tick and no level, but that tick’s price', () => {
    const sessionEnd = levels('session-end', { exitAt: 10 })
    const { exit } = run(aPosition(), [targetAt(105), sessionEnd], [tick(9, 101), tick(10, 106)])
    expect(exit?.matched).to.deep.equal(['session-end', 'take-profit'])
    expect(exit).to.include({ at: 10, seq: null, level: null, fillPrice: 106, best: 106 })
  })

  it('fires a deadline at the last event’s time, and none later', () => {
    const due = run(aPosition(), [holdUntil(10)], [tick(9, 101), tick(10, 1, 'Y')])
    expect(due.exit).to.include({ at: 10, fillPrice: 101 })
    const later = run(aPosition(), [holdUntil(11)], [tick(9, 101), tick(10, 1, 'Y')])
    expect(later.exit).to.equal(undefined)
    expect(later.open).to.include({ exiting: false })
  })

  it('fires deadlines by time, then in the order of the positions, before the tick', () => {
    const { decisions } = evaluatePlainly(
      [
        { position: aPosition({ id: positionId('a') }), ruleSet: rules(holdUntil(12)) },
        { position: aPosition({ id: positionId('b') }), ruleSet: rules(holdUntil(11)) },
        { position: aPosition({ id: positionId('c') }), ruleSet: rules(holdUntil(12)) },
        { position: aPosition({ id: positionId('d') }), ruleSet: rules(stopAt(95)) },
      ],
      [tick(10, 100), tick(20, 95)],
    )
    expect(decisions.map(one => one.positionId)).to.deep.equal(['b', 'a', 'c', 'd'])
  })

  it('decides once for several deadlines of one time', () => {
    const given = [holdUntil(10), levels('session-end', { exitAt: 10 }), stale(10)]
    const { exit } = run(aPosition(), given, [tick(0, 100), tick(11, 100)])
    expect(exit?.matched).to.deep.equal(['session-end', 'max-hold', 'stale-quote'])
  })

  it('fills an exit that was decided before the first tick at that tick', () => {
    const { exit } = run(aPosition(), [holdUntil(10)], [tick(11, 7, 'Y'), tick(12, 103)])
    expect(exit).to.include({ at: 10, seq: null, fillPrice: 103, best: 100 })
  })

  it('fills at the price shown before the position was opened when there is no later one', () => {
    const position = aPosition({ openedAt: 5 })
    const { exit } = run(position, [holdUntil(10)], [tick(4, 120), { at: 11 }])
    expect(exit).to.include({ at: 10, fillPrice: 120, best: 100 })
  })

  it('leaves a position open and exiting when its instrument never has a tick', () => {
    const given = [holdUntil(10), stopAt(95)]
    const { exit, open } = run(aPosition(), given, [tick(11, 7, 'Y')])
    expect(exit).to.equal(undefined)
    expect(open).to.deep.equal({
      positionId: 'p',
      stop: 95,
      target: null,
      best: 100,
      exiting: true,
    })
  })

  it('exits no position by a level that moves in time until a tick is evaluated', () => {
    const tightens = levels('take-profit', (_, now) => ({ target: now >= 10 ? 101 : 110 }))
    const { exit } = run(aPosition(), [tightens], [tick(9, 102), { at: 12 }, tick(13, 101.5)])
    expect(exit).to.include({ at: 13, seq: 2, level: 101, fillPrice: 101.5, best: 102 })
    expect(run(aPosition(), [tightens], [tick(10, 101)]).exit).to.include({ at: 10, level: 101 })
  })

  it('shows an open position with its tightest stop and nearest target at the end', () => {
    const given = [
      stopAt(90),
      trail(5),
      targetAt(130),
      levels('session-end', (_, now) => (now >= 10 ? { target: 120 } : {})),
    ]
    const events = [tick(1, 108), { at: 10 }]
    expect(run(aPosition(), given, events).open).to.include({ stop: 103, target: 120, best: 108 })
    const short = aPosition({ side: 'short' })
    const mirrored = [stopAt(110), trail(5, 'short'), targetAt(70), targetAt(80)]
    expect(run(short, mirrored, [tick(1, 92)]).open).to.include({ stop: 97, target: 80, best: 92 })
  })
})

describe('The plain evaluator, on quiet instruments', () => {
  it('exits when nothing came for the limit since the last tick of its own instrument', () => {
    const path = [tick(0, 100), tick(29_000, 100), tick(30_000, 1, 'Y'), tick(59_001, 100)]
    const { exit } = run(aPosition(), [stale(30_000)], path)
    expect(exit).to.include({ reason: 'stale-quote', at: 59_000, seq: null, fillPrice: 100 })
  })

  it('counts from the opening when the last tick is older', () => {
    const position = aPosition({ openedAt: 10_000 })
    const { exit } = run(position, [stale(30_000)], [tick(5_000, 99), tick(50_000, 98)])
    expect(exit).to.include({ at: 40_000, fillPrice: 99 })
  })

  it('exits at the tick that arrives exactly at the limit', () => {
    const { exit } = run(aPosition(), [stale(30_000)], [tick(0, 100), tick(30_000, 101)])
    expect(exit).to.include({ reason: 'stale-quote', at: 30_000, seq: null, fillPrice: 101 })
  })

  it('exits no position when the action is not to exit', () => {
    const alert: Rule = { ...stale(10), action: 'alert' } as Rule
    expect(run(aPosition(), [alert], [tick(0, 100), tick(99, 100)]).exit).to.equal(undefined)
  })

  it('waits 15 minutes while it knows no gap', () => {
    const events = [tick(0, 100), { at: 15 * MINUTE - 1 }]
    expect(run(aPosition(), [stale('auto')], events).exit).to.equal(undefined)
    const { exit } = run(aPosition(), [stale('auto')], [tick(0, 100), { at: 15 * MINUTE }])
    expect(exit).to.include({ at: 15 * MINUTE })
  })

  it('waits three times the largest gap, those before the opening included', () => {
    const position = aPosition({ openedAt: 45 * SECOND })
    const path = [tick(0, 1), tick(20 * SECOND, 1), tick(30 * SECOND, 1), tick(50 * SECOND, 100)]
    // Gaps of 20, 10 and 20 s: quiet is 60 s, from 50 s on.
    const { exit } = run(position, [stale('auto')], [...path, { at: 111 * SECOND }])
    expect(exit).to.include({ at: 110 * SECOND })
  })

  it('waits at least 10 seconds and at most 15 minutes', () => {
    const busy = [tick(0, 100), tick(SECOND, 100), { at: 12 * SECOND }]
    expect(run(aPosition(), [stale('auto')], busy).exit).to.include({ at: 11 * SECOND })
    const quiet = [tick(0, 100), tick(10 * MINUTE, 100), { at: 26 * MINUTE }]
    expect(run(aPosition(), [stale('auto')], quiet).exit).to.include({ at: 25 * MINUTE })
  })

  it('forgets a gap after 200 more', () => {
    const busy = (ticks: number): PlainEvent[] =>
      Array.from({ length: ticks }, (_, index) => tick(60 * SECOND + index * SECOND, 100))
    const after = (ticks: number): PlainEvent[] => [tick(0, 100), ...busy(ticks), { at: 9e9 }]
    // The gap of 60 s, then `ticks` − 1 gaps of 1 s.
    const kept = run(aPosition(), [stale('auto')], after(200)).exit
    expect(kept).to.include({ at: (60 + 199 + 180) * SECOND })
    const forgotten = run(aPosition(), [stale('auto')], after(201)).exit
    expect(forgotten).to.include({ at: (60 + 200 + 10) * SECOND })
  })
})

describe('The plain evaluator, on an underlying', () => {
  it('exits at a bound of the other instrument, at the last price of its own', () => {
    const path = [tick(1, 103), tick(2, 50.01, 'U'), tick(3, 50, 'U')]
    const { exit } = run(aPosition(), [watchU(50, 60)], path)
    expect(exit).to.deep.equal({
      positionId: 'p',
      reason: 'underlying',
      matched: ['underlying'],
      at: 3,
      seq: 2,
      level: 50,
      fillPrice: 103,
      best: 103,
    })
  })

  it('exits at the upper bound in the same direction for a short', () => {
    const short = aPosition({ side: 'short' })
    const { exit } = run(short, [watchU(50, 60)], [tick(1, 97), tick(2, 61, 'U')])
    expect(exit).to.include({ seq: 1, level: 60, fillPrice: 97, best: 97 })
  })

  it('compares the other instrument’s trade price, whatever the price source', () => {
    const quoted = aPosition({ priceSource: 'quote' })
    const event = tick(2, 55, { instrument: instrumentId('U'), bid: 50, ask: 60 })
    expect(run(quoted, [watchU(50, 60)], [tick(1, 100), event]).exit).to.equal(undefined)
  })

  it('watches the position’s underlying when the rule names none', () => {
    const { instrument: _, ...unnamed } = watchU(50, 60) as Extract<Rule, { kind: 'underlying' }>
    const option = aPosition({ underlying: instrumentId('V') })
    const path = [tick(1, 100), tick(2, 1, 'U'), tick(3, 50, 'V')]
    expect(run(option, [unnamed], path).exit).to.include({ seq: 2 })
  })

  it('keeps the first price at or after the opening as its base, and tests that tick too', () => {
    const fall: Rule = {
      kind: 'underlying',
      reason: 'underlying',
      instrument: instrumentId('U'),
      needsAnchor: true,
      bounds: anchor => ({ below: anchor! - 5 }),
    }
    const position = aPosition({ openedAt: 5 })
    const path = [tick(4, 80, 'U'), tick(5, 60, 'U'), tick(6, 70, 'U'), tick(7, 55.5, 'U')]
    const fills = [tick(8, 55, 'U'), tick(8, 100)]
    const { exit } = run(position, [fall], [tick(1, 90), ...path, ...fills])
    expect(exit).to.include({ at: 8, seq: 5, level: 55, fillPrice: 90 })
    const atOnce = { ...fall, bounds: (anchor?: number) => ({ below: anchor! + 5 }) } as Rule
    const first = run(position, [atOnce], [tick(1, 90), tick(4, 80, 'U'), tick(5, 60, 'U')])
    expect(first.exit).to.include({ seq: 2, level: 65 })
  })

  it('does not count the other instrument’s ticks before the opening', () => {
    const position = aPosition({ openedAt: 5 })
    const { exit } = run(position, [watchU(50, 60)], [tick(1, 100), tick(4, 40, 'U')])
    expect(exit).to.equal(undefined)
  })

  it('fires no deadline at a tick of the other instrument at that time', () => {
    const given = [holdUntil(10), watchU(50, 60), stopAt(95)]
    const path = [tick(9, 100), tick(10, 55, 'U'), tick(10, 94)]
    const { exit } = run(aPosition(), given, path)
    expect(exit?.matched).to.deep.equal(['stop-loss', 'max-hold'])
  })

  it('joins a deadline of that time to a bound that matches', () => {
    const path = [tick(9, 100), tick(10, 49, 'U'), tick(10, 94)]
    const { exit } = run(aPosition(), [holdUntil(10), watchU(50, 60), stopAt(95)], path)
    expect(exit?.matched).to.deep.equal(['underlying', 'max-hold'])
    expect(exit).to.include({ at: 10, seq: 1, level: 50, fillPrice: 100 })
    const sessionEnd = levels('session-end', { exitAt: 10 })
    const led = run(aPosition(), [sessionEnd, watchU(50, 60)], path)
    expect(led.exit?.matched).to.deep.equal(['session-end', 'underlying'])
    expect(led.exit).to.include({ at: 10, seq: null, level: null, fillPrice: 100 })
  })

  it('fills at the first tick of its own instrument when there was none before', () => {
    const path = [tick(1, 49, 'U'), tick(2, 97)]
    const { exit } = run(aPosition(), [watchU(50, 60), stopAt(98)], path)
    expect(exit).to.include({ reason: 'underlying', at: 1, seq: 0, fillPrice: 97, best: 100 })
  })
})

interface Example {
  readonly name: string
  readonly side: Side
  readonly entryPrice: number
  readonly rules: Record<string, unknown>
  readonly prices: readonly number[]
  readonly timesMs: readonly number[]
  readonly expect: { reason: ExitReason; index: number; price: number; level?: number } | null
  readonly stop?: number
}

const EXAMPLES = new URL('../../../shared/conformance/exit-examples.jsonl', import.meta.url)

describe('The plain evaluator, on examples from well-known trading systems', function () {
  if (!existsSync(EXAMPLES)) {
    it(`has no examples here: ${EXAMPLES.pathname} is not part of the repository`)
    return
  }
  const lines = readFileSync(EXAMPLES, 'utf8').trim().split('\n')
  for (const example of lines.map(line => JSON.parse(line) as Example)) {
    it(`agrees with ${example.name}`, () => agree(example))
  }
})

function agree({ side, entryPrice, rules, prices, timesMs, expect: expected, stop }: Example) {
  const position = aPosition({ side, entryPrice })
  // What the bad-tick filter drops still moves the time and keeps its index.
  const events = prices.map((price, index): PlainEvent => {
    const at = timesMs[index]!
    return price > 0 ? tick(at, price) : { at }
  })
  const { decisions, open } = evaluatePlainly(
    [{ position, ruleSet: compileRuleSet(rules).ruleSet! }],
    events,
  )
  if (expected === null) {
    expect(decisions).to.deep.equal([])
    expect(open[0]?.stop).to.equal(stop)
    return
  }
  const { reason, index, price, level = null } = expected
  expect(decisions[0]).to.include({
    reason,
    level,
    fillPrice: price,
    seq: level === null ? null : index,
  })
  expect(decisions[0]?.at).to.equal(timesMs[index])
}

describe('The plain evaluator, on random scenarios', () => {
  it('decides for each position as if it were alone, and the same when asked again', () => {
    fc.assert(
      fc.property(scenario(), ({ positions, events }) => {
        const together = evaluatePlainly(positions, events)
        for (const { position, ruleSet } of positions) {
          // A copy is a position that no rule has seen before: rules have no memory that matters.
          const alone = evaluatePlainly([{ position: { ...position }, ruleSet }], events)
          const ofThis = ({ positionId: id }: { positionId: string }): boolean => id === position.id
          expect(alone.decisions).to.deep.equal(together.decisions.filter(ofThis))
          expect(alone.open).to.deep.equal(together.open.filter(ofThis))
        }
      }),
    )
  })

  it('decides for every reason that a rule can give, by price, time and both', () => {
    const drawn = fc.sample(scenario(), { numRuns: 500, seed: 1 })
    const decisions = drawn.flatMap(each => evaluatePlainly(each.positions, each.events).decisions)
    const reasons = new Set(decisions.map(({ reason }) => reason))
    expect([...reasons].toSorted()).to.deep.equal([
      'max-hold',
      'peak-drawdown',
      'profit-floor',
      'profit-lock',
      'session-end',
      'stale-quote',
      'stop-loss',
      'take-profit',
      'trailing-stop',
      'underlying',
    ])
    const joint = decisions.filter(({ matched, level }) => matched.length > 1 && level !== null)
    expect(joint.some(({ matched }) => matched.includes('max-hold'))).to.equal(true)
  })
})
