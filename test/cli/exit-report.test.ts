import { expect } from 'chai'
import { ExitReport, type ExitLine } from '../../src/cli/exit-report.ts'
import type { Decision } from '../../src/domain/decision.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Fill } from '../../src/domain/order.ts'
import type { Position } from '../../src/domain/position.ts'
import { EXIT_REASONS } from '../../src/domain/reason.ts'
import type { RecordedTick } from '../../src/feeds/replay.ts'

const position = (id: string, over: Partial<Position> = {}): Position => ({
  id: positionId(id),
  instrument: instrumentId('BTC'),
  side: 'long',
  quantity: 2,
  entryPrice: 100,
  openedAt: 0,
  multiplier: 1,
  priceSource: 'trade',
  ...over,
})

const decision = (id: string, over: Partial<Decision> = {}): Decision =>
  ({
    positionId: positionId(id),
    instrument: instrumentId('BTC'),
    side: 'long',
    reason: 'stop-loss',
    matched: ['stop-loss'],
    at: 5,
    tick: null,
    level: 95,
    best: 100,
    ...over,
  }) as Decision

const fill = (id: string, price: number): Fill => ({ positionId: positionId(id), price }) as Fill

const tick: RecordedTick = { instrument: instrumentId('BTC'), ts: 5, price: 94, file: 1, index: 7 }

function report(fileNames?: readonly string[]) {
  const lines: ExitLine[] = []
  const positions = new Map(['a', 'b', 'c'].map(id => [positionId(id), position(id)]))
  const exits = new ExitReport(positions, fileNames, line => lines.push(line))
  return { exits, lines, ids: () => lines.map(line => line.positionId as string) }
}

describe('ExitReport', () => {
  it('keeps the order of decision when fills come in another order', () => {
    const { exits, ids } = report()
    exits.decided(decision('a'), null)
    exits.decided(decision('b'), null)
    exits.filled(fill('b', 94))
    expect(ids()).to.deep.equal([])
    exits.filled(fill('a', 94))
    expect(ids()).to.deep.equal(['a', 'b'])
  })

  it('reports at the end the lines that wait behind an exit without a fill', () => {
    const { exits, ids } = report()
    exits.decided(decision('a'), null)
    exits.decided(decision('b'), null)
    exits.filled(fill('b', 94))
    exits.finish()
    expect(ids()).to.deep.equal(['b'])
    expect([...exits.waiting]).to.deep.equal(['a'])
  })

  it('reports a second fill of a position only once', () => {
    const { exits, ids } = report()
    exits.decided(decision('a'), null)
    exits.filled(fill('a', 94))
    exits.filled(fill('a', 93))
    expect(ids()).to.deep.equal(['a'])
    expect(exits.exits).to.equal(1)
  })

  it('names the file of a tick only where there are several', () => {
    const one = report()
    one.exits.decided(decision('a'), tick)
    one.exits.filled(fill('a', 94))
    expect(Object.keys(one.lines[0]!.tick!)).to.deep.equal(['index', 'instrument', 'ts', 'price'])
    const several = report(['x.csv', 'y.csv'])
    several.exits.decided(decision('a'), tick)
    several.exits.filled(fill('a', 94))
    expect(several.lines[0]!.tick).to.deep.equal({
      file: 'y.csv',
      index: 7,
      instrument: 'BTC',
      ts: 5,
      price: 94,
    })
  })

  it('counts every reason, also those without an exit, and adds up exactly', () => {
    const { exits } = report()
    for (const [id, price] of [
      ['a', 100.1],
      ['b', 100.2],
    ] as const) {
      exits.decided(decision(id, { reason: 'take-profit' }), null)
      exits.filled(fill(id, price))
    }
    expect(Object.keys(exits.byReason)).to.deep.equal([...EXIT_REASONS])
    expect(exits.byReason['take-profit']).to.equal(2)
    expect(exits.profitAmount).to.equal(0.6)
  })
})
