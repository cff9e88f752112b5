import { expect } from 'chai'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Position } from '../../src/domain/position.ts'
import { HoldingGroup } from '../../src/exits/holding-group.ts'
import { aPosition } from '../support/builders.ts'

const P1 = positionId('p1')
const around = {
  apartMs: 10,
  shareOf: ({ id, side, openedAt, quantity }: Position) => ({
    ...{ positionId: id, side, openedAt, owned: quantity, underWay: 0 },
  }),
  tell: () => undefined,
  beyond: () => undefined,
}

describe('HoldingGroup', () => {
  it('lets a position close nothing because of a list, which may be long out of date', () => {
    const group = new HoldingGroup({ instrument: instrumentId('ACME') }, 0)
    group.own(aPosition({ quantity: 4 }), 0)
    const held = (quantity: number) => ({ kind: 'held', quantity, ageMs: 0 }) as const
    group.take(held(4), { askedAt: 100, isNamed: false }, around)
    expect([group.allowance(P1), group.isWhole]).to.deep.equal([undefined, false])
    group.take(held(4), { askedAt: 110, isNamed: true }, around)
    expect([group.allowance(P1), group.isWhole]).to.deep.equal([4, true])
    group.take(held(2), { askedAt: 120, isNamed: true }, around)
    expect(group.allowance(P1)).to.equal(2)
    group.take(held(4), { askedAt: 130, isNamed: false }, around)
    expect([group.allowance(P1), group.isWhole]).to.deep.equal([2, false])
    group.take(held(1), { askedAt: 140, isNamed: false }, around)
    expect(group.allowance(P1)).to.equal(1)
  })
})
