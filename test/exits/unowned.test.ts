import { expect } from 'chai'
import type { HoldingKey } from '../../src/domain/holding.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Notice } from '../../src/exits/notices.ts'
import { Unowned } from '../../src/exits/unowned.ts'

const P1 = positionId('p1')
const ACME: HoldingKey = { instrument: instrumentId('ACME') }

describe('Unowned', () => {
  /** Reports of what is held, once all positions are known. */
  const hold = (unowned: Unowned, ...quantities: number[]): void => {
    unowned.begin()
    quantities.forEach((quantity, since) => unowned.update({ key: ACME, quantity, since }))
  }

  it('reports nothing before the positions of the account are known', () => {
    const notices: Notice[] = []
    const unowned = new Unowned('alert', notice => notices.push(notice))
    unowned.update({ key: ACME, quantity: 3, since: 0 })
    expect([notices, unowned.all()]).to.deep.equal([[], []])
    hold(unowned, 3)
    expect(notices).to.have.length(1)
  })

  it('reports what no position guards when there is more of it, and forgets what has gone', () => {
    const notices: Notice[] = []
    const unowned = new Unowned('alert', notice => notices.push(notice))
    hold(unowned, 0, 3, 3, 2, 4)
    const quantities = notices.map(notice => 'quantity' in notice && notice.quantity)
    expect(quantities).to.deep.equal([3, 4])
    hold(unowned, 0)
    expect(unowned.all()).to.deep.equal([])
  })

  it('remembers what a person has released', () => {
    const notices: Notice[] = []
    const unowned = new Unowned('alert', notice => notices.push(notice))
    unowned.release(ACME, P1, 2)
    hold(unowned, 2)
    expect(notices).to.deep.equal([])
    hold(unowned, 5)
    expect(unowned.all()).to.deep.equal([{ key: ACME, quantity: 3, since: 0 }])
  })

  it('counts what was released no more once the same position is named again', () => {
    const unowned = new Unowned('alert', () => undefined)
    unowned.release(ACME, P1, 2)
    unowned.owned(ACME, positionId('p2'), 5)
    hold(unowned, 3)
    expect(unowned.all().map(({ quantity }) => quantity)).to.deep.equal([1])
    unowned.owned(ACME, P1, 6)
    hold(unowned, 2)
    expect(unowned.all().map(({ quantity }) => quantity)).to.deep.equal([2])
  })

  it('reports one that has changed its side, and shorts as negative', () => {
    const notices: Notice[] = []
    const unowned = new Unowned('alert', notice => notices.push(notice))
    hold(unowned, 3, -2)
    const quantities = notices.map(notice => 'quantity' in notice && notice.quantity)
    expect(quantities).to.deep.equal([3, -2])
    unowned.release(ACME, P1, 1)
    hold(unowned, -4)
    expect(unowned.all().map(({ quantity }) => quantity)).to.deep.equal([-3])
  })

  it('says nothing where it is off', () => {
    const unowned = new Unowned('off', () => expect.fail('a notice'))
    hold(unowned, 3)
    expect(unowned.all()).to.deep.equal([])
  })
})
