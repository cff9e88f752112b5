import { expect } from 'chai'
import { untestedIn, untestedText } from '../../src/cli/untested.ts'
import { parsePositions } from '../../src/config/positions-file.ts'
import type { Position } from '../../src/domain/position.ts'

/** Positions opened at 0 in a replay that ended at 10,000, where `prices` are times of last prices. */
function lines(
  positions: readonly object[],
  { prices = { ACME: 10_000 }, best = 100, at = 10_000 }: Given = {},
): string[] {
  const text = JSON.stringify({
    positions: positions.map((each, index) => ({
      id: `p${index}`,
      instrument: 'ACME',
      side: 'long',
      quantity: 1,
      entryPrice: 100,
      openedAt: 0,
      ...each,
    })),
  })
  const { entries } = parsePositions({ source: 'here', text })
  return untestedIn({
    entries,
    endAt: 10_000,
    reached: () => ({ best, at }),
    position: id => entries.find(({ position }) => position.id === id)!.position as Position,
    pricedAt: name => prices[name] ?? -Infinity,
  }).map(untestedText)
}

interface Given {
  readonly prices?: Readonly<Record<string, number>>
  readonly best?: number
  readonly at?: number
}

describe('untestedIn', () => {
  it('names instruments and underlyings without a tick, and not their rules too', () => {
    const rules = { trailingStop: { distancePct: 1, activateAtPct: 5 } }
    const watching = { underlying: { instrument: 'INDEX', below: 90 } }
    expect(lines([{ instrument: 'NONE', rules }, { rules: watching }])).to.deep.equal([
      'NONE had no tick: what depends on it was not tested (p0)',
      'INDEX had no tick: what depends on it was not tested (p1)',
    ])
  })

  it('names positions that opened after the last row, or after the last tick', () => {
    const rules = { stopLoss: { pct: 1 } }
    const late = [20_000, 20_001].map(openedAt => ({ openedAt, rules }))
    expect(lines(late)).to.deep.equal([
      '2 positions not tested: opened after the last row (p0, p1)',
    ])
    expect(lines([{ openedAt: 9_000, rules }], { prices: { ACME: 8_999 } })).to.deep.equal([
      '1 position not tested: no tick of the instrument after the opening (p0)',
    ])
  })

  it('names rules whose activation the price never reached, and not those that it reached', () => {
    const rules = {
      stopLoss: { pct: 5 },
      trailingStop: { distancePct: 1, activateAtPct: 5 },
      profitLock: { steps: [{ atPct: 2, lockPct: 1 }] },
    }
    expect(lines([{ rules }], { best: 104 })).to.deep.equal([
      'trailingStop of 1 position not tested: the price never reached its activation (p0)',
    ])
    expect(lines([{ rules }], { best: 105 })).to.deep.equal([])
  })

  it('names deadlines after the last row, and not those that another exit forestalled', () => {
    const of = (ms: number): object => ({ rules: { maxHold: { ms } } })
    expect(lines([of(10_001)])).to.deep.equal([
      'maxHold of 1 position not tested: its time lies after the last row (p0)',
    ])
    expect(lines([of(9_000)], { at: 500 })).to.deep.equal([])
    const session = { sessionEnd: { at: '15:55', timezone: 'UTC', days: 'all' } }
    expect(lines([{ rules: session }])).to.deep.equal([
      'sessionEnd of 1 position not tested: its time lies after the last row (p0)',
    ])
  })

  it('names an underlying whose last tick was before the position opened', () => {
    const rules = { underlying: { instrument: 'INDEX', fallPct: 1 } }
    const prices = { ACME: 10_000, INDEX: 4_999 }
    expect(lines([{ openedAt: 5_000, rules }], { prices })).to.deep.equal([
      'underlying of 1 position not tested: INDEX had no tick after the position was opened (p0)',
    ])
  })

  it('shows a few ids of many', () => {
    const rules = { maxHold: { ms: 60_000 } }
    const [line] = lines(Array.from({ length: 7 }, () => ({ rules })))
    expect(line).to.contain('maxHold of 7 positions').and.contain('(p0, p1, p2, p3, p4, …)')
  })
})
