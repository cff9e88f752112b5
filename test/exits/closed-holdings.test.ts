import { expect } from 'chai'
import type { HoldingKey } from '../../src/domain/holding.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import { ClosedHoldings } from '../../src/exits/closed-holdings.ts'
import type { Notice } from '../../src/exits/notices.ts'

const ACME: HoldingKey = { instrument: instrumentId('ACME') }
const HOUR = 3_600_000
const five = (side: 'long' | 'short', now = 0) => ({ side, quantity: 5, now })

/** Reports on a holding; gives whether orders of ours have left its units. */
function explains(closed: ClosedHoldings, key: HoldingKey, quantity: number, now: number): boolean {
  closed.observe(key, quantity, now)
  return closed.isOversold(key)
}

describe('ClosedHoldings', () => {
  let notices: Notice[]
  let closed: ClosedHoldings

  beforeEach(() => {
    notices = []
    closed = new ClosedHoldings(notice => notices.push(notice))
  })

  it('reports once an order that arrives when its position is closed', () => {
    closed.remember(ACME, five('long'))
    expect([explains(closed, ACME, -4, 10), explains(closed, ACME, -4, 20)]).to.deep.equal([
      true,
      true,
    ])
    expect(notices).to.deep.equal([{ kind: 'holding-oversold', holding: ACME, quantity: -4 }])
    expect(closed.oversold()).to.deep.equal([ACME])
  })

  it('mirrors that for a short', () => {
    closed.remember(ACME, five('short'))
    expect([explains(closed, ACME, -4, 10), explains(closed, ACME, 4, 20)]).to.deep.equal([
      false,
      true,
    ])
  })

  it('leaves the side of the position, and other holdings, to others', () => {
    closed.remember(ACME, five('long'))
    const other = { instrument: instrumentId('GLOBEX') }
    expect([explains(closed, ACME, 4, 10), explains(closed, other, -4, 10)]).to.deep.equal([
      false,
      false,
    ])
    expect(notices).to.deep.equal([])
  })

  it('is content again when it is put right', () => {
    closed.remember(ACME, five('long'))
    explains(closed, ACME, -4, 10)
    expect(explains(closed, ACME, 0, 20)).to.equal(false)
    expect(closed.oversold()).to.deep.equal([])
  })

  it('takes a holding for foreign an hour later, unless it was wrong before', () => {
    const other = { instrument: instrumentId('GLOBEX') }
    for (const key of [ACME, other]) closed.remember(key, five('long'))
    explains(closed, ACME, -4, 10)
    expect(explains(closed, ACME, -4, HOUR)).to.equal(true)
    expect(explains(closed, other, -4, HOUR)).to.equal(false)
  })

  it('takes more than all that our orders have closed for foreign', () => {
    closed.remember(ACME, five('long'))
    expect([explains(closed, ACME, -6, 10), explains(closed, ACME, -5, 20)]).to.deep.equal([
      false,
      true,
    ])
    expect(explains(closed, ACME, -7, 30), 'once it is ours it stays so').to.equal(true)
    closed.owned(ACME, 'short')
    closed.remember(ACME, five('long', 40))
    closed.remember(ACME, five('long', 50))
    expect(explains(closed, ACME, -10, 60)).to.equal(true)
  })

  it('leaves alone what a position on the other side names', () => {
    closed.remember(ACME, five('long'))
    explains(closed, ACME, -5, 10)
    closed.owned(ACME, 'long')
    expect(closed.oversold()).to.deep.equal([ACME])
    closed.owned(ACME, 'short')
    expect([closed.oversold(), explains(closed, ACME, -5, 20)]).to.deep.equal([[], false])
  })

  it('stays on the wrong side from the position on that has just closed, and reports it once', () => {
    closed.remember(ACME, five('long'))
    closed.inherit(ACME)
    expect(closed.oversold()).to.deep.equal([ACME])
    explains(closed, ACME, -4, 10)
    expect(notices).to.deep.equal([])
    explains(closed, ACME, 0, 20)
    expect(closed.oversold()).to.deep.equal([])
  })

  it('knows nothing of what an earlier process has left before a report or a list', () => {
    const other = { instrument: instrumentId('GLOBEX') }
    for (const key of [ACME, other]) {
      closed.remember(key, five('long'))
      closed.missed(key)
    }
    expect(closed.notRead()).to.deep.equal([ACME, other])
    explains(closed, ACME, 0, 10)
    expect(closed.notRead()).to.deep.equal([other])
    closed.listed()
    expect(closed.notRead()).to.deep.equal([])
  })

  it('leaves what is not known to the position that names the holding next', () => {
    closed.remember(ACME, five('long'))
    closed.missed(ACME)
    closed.owned(ACME, 'long')
    expect(closed.notRead()).to.deep.equal([])
  })
})
