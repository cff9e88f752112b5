import { expect } from 'chai'
import { VirtualSystem } from '../../src/app/virtual.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { JournalEvent } from '../../src/ports/journal.ts'
import { aPosition, aRuleSet, aSabotagedRuleSet } from '../support/builders.ts'

const STOP = aRuleSet({ stopLoss: { pct: 5 } })

describe('VirtualSystem', () => {
  let journal: JournalEvent[]
  let system: VirtualSystem

  beforeEach(() => {
    journal = []
    system = new VirtualSystem({ journal: event => journal.push(event) })
  })

  const tick = (ts: number, price: number, name = 'ACME') =>
    system.row({ instrument: instrumentId(name), ts, price })
  const kinds = (): string[] => journal.map(event => event.kind)

  it('replaces a monitor that crashes on the very tick that exits, and exits once', async () => {
    const { set, sabotage } = aSabotagedRuleSet(STOP)
    system.guard(aPosition(), set)
    await system.ready()
    await tick(1, 100)
    sabotage(1)
    await tick(2, 90)
    await tick(3, 100)
    await system.finish()
    expect(kinds()).to.deep.equal(['monitor-restarted', 'exit-intended', 'exit-filled'])
    const filled = journal.find(event => event.kind === 'exit-filled')
    expect(filled?.fill.price).to.equal(90)
  })

  it('exits on the last stop where a monitor crashes permanently, and every other position as usual', async () => {
    const { set, sabotage } = aSabotagedRuleSet(STOP)
    system.guard(aPosition({ id: positionId('bad') }), set)
    system.guard(aPosition({ id: positionId('good') }), STOP)
    await system.ready()
    await tick(1, 100)
    sabotage(Infinity)
    await tick(2, 90)
    await system.finish()
    const filled = journal.flatMap(event => (event.kind === 'exit-filled' ? [event.fill] : []))
    expect(filled.map(fill => fill.positionId)).to.have.members(['good', 'bad'])
    expect(filled.map(fill => fill.price)).to.deep.equal([90, 90])
  })

  it('fills at the last row what was due before the first, and reports it', async () => {
    system.guard(aPosition(), aRuleSet({ maxHold: { ms: 10 } }))
    await system.ready()
    await tick(50, 1, 'ELSEWHERE')
    await tick(60, 95)
    await system.finish()
    expect(kinds()).to.deep.equal(['exit-intended', 'exit-filled'])
  })

  it('holds a jump back until the next tick confirms it', async () => {
    system = new VirtualSystem({ journal: event => journal.push(event), maxJumpPct: 5 })
    system.guard(aPosition(), STOP)
    await system.ready()
    for (const [ts, price] of [
      [1, 100],
      [2, 50],
      [3, 100],
    ] as const) {
      await tick(ts, price)
    }
    expect([kinds(), system.badTicks]).to.deep.equal([[], 1])
    await tick(4, 50)
    await tick(5, 51)
    await system.finish()
    const filled = journal.find(event => event.kind === 'exit-filled')
    expect([filled?.decision.tick?.price, filled?.fill.price]).to.deep.equal([50, 50])
  })

  it('decides deadlines that fall into one gap by their time, then in the order of the file', async () => {
    // Found by the property test: the second position opens later, but is due at the same time.
    const hold = (id: string, openedAt: number, ms: number): void =>
      system.guard(aPosition({ id: positionId(id), openedAt }), aRuleSet({ maxHold: { ms } }))
    hold('later opened', 12, 10)
    hold('earlier opened', 11, 11)
    hold('first due', 13, 5)
    await system.ready()
    await tick(1, 100)
    await tick(99, 100)
    await system.finish()
    const decided = journal.flatMap(event =>
      event.kind === 'exit-intended' ? [event.decision] : [],
    )
    expect(decided.map(({ positionId: id, at }) => [id, at])).to.deep.equal([
      ['first due', 18],
      ['later opened', 22],
      ['earlier opened', 22],
    ])
  })

  it('reports the standing of an open position, and none of a closed one', async () => {
    system.guard(aPosition(), STOP)
    system.guard(aPosition({ id: positionId('p2'), entryPrice: 50 }), STOP)
    await system.ready()
    await tick(1, 120)
    await tick(2, 94)
    await system.finish()
    expect(system.standing(positionId('p1'))).to.equal(undefined)
    expect(system.standing(positionId('p2'))).to.deep.equal({ best: 120, stop: 47.5, target: null })
  })
})
