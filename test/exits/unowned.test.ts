import { expect } from 'chai'
import type { HoldingKey } from '../../src/domain/holding.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Notice } from '../../src/exits/notices.ts'
import { Unowned } from '../../src/exits/unowned.ts'

const P1 = positionId('p1')
const ACME: HoldingKey = { instrument: instrumentId('ACME') }

describe('Unowned', () => {
  const looked = (unowned: Unowned, ...quantities: number[]): void =>
    quantities.forEach((quantity, since) => unowned.look({ key: ACME, quantity, since }))

  it('tells of what nobody guards when there is more of it, and forgets what has gone', () => {
    const told: Notice[] = []
    const unowned = new Unowned('alert', notice => told.push(notice))
    looked(unowned, 0, 3, 3, 2, 4)
    const quantities = told.map(notice => 'quantity' in notice && notice.quantity)
    expect(quantities).to.deep.equal([3, 4])
    looked(unowned, 0)
    expect(unowned.all()).to.deep.equal([])
  })

  it('remembers what a person has released', () => {
    const told: Notice[] = []
    const unowned = new Unowned('alert', notice => told.push(notice))
    unowned.release(ACME, P1, 2)
    looked(unowned, 2)
    expect(told).to.deep.equal([])
    looked(unowned, 5)
    expect(unowned.all()).to.deep.equal([{ key: ACME, quantity: 3, since: 0 }])
  })

  it('counts what was released no more once the same position is named again', () => {
    const unowned = new Unowned('alert', () => undefined)
    unowned.release(ACME, P1, 2)
    unowned.named(ACME, positionId('p2'), 5)
    looked(unowned, 3)
    expect(unowned.all().map(({ quantity }) => quantity)).to.deep.equal([1])
    unowned.named(ACME, P1, 6)
    looked(unowned, 2)
    expect(unowned.all().map(({ quantity }) => quantity)).to.deep.equal([2])
  })

  it('tells of one that has changed its side, and of shorts as negative', () => {
    const told: Notice[] = []
    const unowned = new Unowned('alert', notice => told.push(notice))
    looked(unowned, 3, -2)
    const quantities = told.map(notice => 'quantity' in notice && notice.quantity)
    expect(quantities).to.deep.equal([3, -2])
    unowned.release(ACME, P1, 1)
    looked(unowned, -4)
    expect(unowned.all().map(({ quantity }) => quantity)).to.deep.equal([-3])
  })

  it('says nothing where it is off', () => {
    const unowned = new Unowned('off', () => expect.fail('told'))
    looked(unowned, 3)
    expect(unowned.all()).to.deep.equal([])
  })
})
