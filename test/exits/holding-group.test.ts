import { expect } from 'chai'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Position } from '../../src/domain/position.ts'
import { HoldingGroup } from '../../src/exits/holding-group.ts'
import { aPosition } from '../support/builders.ts'

const P1 = positionId('p1')
const around = {
  apartMs: 10,
  shareOf: ({ id, side, openedAt, quantity }: Position) => ({
    positionId: id,
    side,
    openedAt,
    owned: quantity,
    underWay: 0,
  }),
  notify: () => undefined,
  drifted: () => undefined,
  followOverOrders: () => undefined,
  mayExplain: () => false,
  beyond: () => undefined,
}

describe('HoldingGroup', () => {
  it('reports a rise to the exit that holds its lock, unless answers only overtook each other', () => {
    const rises: [string, string][] = []
    const watched = {
      ...around,
      drifted: (id: string, { kind }: { kind: string }) => rises.push([id, kind]),
    }
    const group = new HoldingGroup({ instrument: instrumentId('ACME') }, 0)
    group.own(aPosition({ quantity: 4 }), 0)
    const report = (quantity: number, askedAt: number, isNamed = true): unknown =>
      group.take({ kind: 'held', quantity, ageMs: 0 }, { askedAt, isNamed, now: askedAt }, watched)
    report(4, 10)
    group.lock(P1, 4, 10)
    report(1, 30)
    report(4, 39)
    report(9, 50, false)
    expect(rises).to.deep.equal([])
    report(4, 51)
    expect(rises).to.deep.equal([['p1', 'risen']])
  })

  it('takes no rise for a purchase of unknown origin that a position explains which came', () => {
    const rises: string[] = []
    const watched = { ...around, drifted: (id: string) => rises.push(id) }
    const group = new HoldingGroup({ instrument: instrumentId('ACME') }, 0)
    group.own(aPosition({ quantity: 4 }), 0)
    const report = (quantity: number, askedAt: number): unknown =>
      group.take(
        { kind: 'held', quantity, ageMs: 0 },
        { askedAt, isNamed: true, now: askedAt },
        watched,
      )
    group.lock(P1, 4, 10)
    expect(group.own(aPosition({ id: positionId('p2'), quantity: 3 }), 20)).to.equal(3)
    for (const at of [29, 30, 45]) report(at === 29 ? 4 : 7, at)
    expect(rises).to.deep.equal([])
    report(8, 60)
    expect(rises).to.deep.equal(['p1'])
  })

  it('lets a position close nothing because of a list, which may be long out of date', () => {
    const group = new HoldingGroup({ instrument: instrumentId('ACME') }, 0)
    group.own(aPosition({ quantity: 4 }), 0)
    const held = (quantity: number) => ({ kind: 'held', quantity, ageMs: 0 }) as const
    group.take(held(4), { askedAt: 100, isNamed: false, now: 100 }, around)
    expect([group.allowance(P1), group.balance.isWhole]).to.deep.equal([undefined, false])
    group.take(held(4), { askedAt: 110, isNamed: true, now: 110 }, around)
    expect([group.allowance(P1), group.balance.isWhole]).to.deep.equal([4, true])
    group.take(held(2), { askedAt: 120, isNamed: true, now: 120 }, around)
    expect(group.allowance(P1)).to.equal(2)
    group.take(held(4), { askedAt: 130, isNamed: false, now: 130 }, around)
    expect([group.allowance(P1), group.balance.isWhole]).to.deep.equal([2, false])
    group.take(held(1), { askedAt: 140, isNamed: false, now: 140 }, around)
    expect(group.allowance(P1)).to.equal(1)
  })
})
