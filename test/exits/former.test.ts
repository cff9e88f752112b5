import { expect } from 'chai'
import type { HoldingKey } from '../../src/domain/holding.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import { FormerHoldings } from '../../src/exits/former.ts'
import type { Notice } from '../../src/exits/notices.ts'

const ACME: HoldingKey = { instrument: instrumentId('ACME') }
const HOUR = 3_600_000
const five = (side: 'long' | 'short', now = 0) => ({ side, quantity: 5, now })

/** Reports on a holding; gives whether orders of ours have left its units. */
function explains(former: FormerHoldings, key: HoldingKey, quantity: number, now: number): boolean {
  former.observe(key, quantity, now)
  return former.isOversold(key)
}

describe('FormerHoldings', () => {
  let notices: Notice[]
  let former: FormerHoldings

  beforeEach(() => {
    notices = []
    former = new FormerHoldings(notice => notices.push(notice))
  })

  it('reports once an order that arrives when its position is closed', () => {
    former.remember(ACME, five('long'))
    expect([explains(former, ACME, -4, 10), explains(former, ACME, -4, 20)]).to.deep.equal([
      true,
      true,
    ])
    expect(notices).to.deep.equal([{ kind: 'holding-oversold', holding: ACME, quantity: -4 }])
    expect(former.oversold()).to.deep.equal([ACME])
  })

  it('mirrors that for a short', () => {
    former.remember(ACME, five('short'))
    expect([explains(former, ACME, -4, 10), explains(former, ACME, 4, 20)]).to.deep.equal([
      false,
      true,
    ])
  })

  it('leaves the side of the position, and other holdings, to others', () => {
    former.remember(ACME, five('long'))
    const other = { instrument: instrumentId('GLOBEX') }
    expect([explains(former, ACME, 4, 10), explains(former, other, -4, 10)]).to.deep.equal([
      false,
      false,
    ])
    expect(notices).to.deep.equal([])
  })

  it('is content again when it is put right', () => {
    former.remember(ACME, five('long'))
    explains(former, ACME, -4, 10)
    expect(explains(former, ACME, 0, 20)).to.equal(false)
    expect(former.oversold()).to.deep.equal([])
  })

  it('takes a holding for foreign an hour later, unless it was wrong before', () => {
    const other = { instrument: instrumentId('GLOBEX') }
    for (const key of [ACME, other]) former.remember(key, five('long'))
    explains(former, ACME, -4, 10)
    expect(explains(former, ACME, -4, HOUR)).to.equal(true)
    expect(explains(former, other, -4, HOUR)).to.equal(false)
  })

  it('takes more than all that our orders have closed for foreign', () => {
    former.remember(ACME, five('long'))
    expect([explains(former, ACME, -6, 10), explains(former, ACME, -5, 20)]).to.deep.equal([
      false,
      true,
    ])
    expect(explains(former, ACME, -7, 30), 'once it is ours it stays so').to.equal(true)
    former.named(ACME, 'short')
    former.remember(ACME, five('long', 40))
    former.remember(ACME, five('long', 50))
    expect(explains(former, ACME, -10, 60)).to.equal(true)
  })

  it('leaves alone what a position on the other side names', () => {
    former.remember(ACME, five('long'))
    explains(former, ACME, -5, 10)
    former.named(ACME, 'long')
    expect(former.oversold()).to.deep.equal([ACME])
    former.named(ACME, 'short')
    expect([former.oversold(), explains(former, ACME, -5, 20)]).to.deep.equal([[], false])
  })

  it('stays on the wrong side from the position on that has just closed, and reports it once', () => {
    former.remember(ACME, five('long'))
    former.inherit(ACME)
    expect(former.oversold()).to.deep.equal([ACME])
    explains(former, ACME, -4, 10)
    expect(notices).to.deep.equal([])
    explains(former, ACME, 0, 20)
    expect(former.oversold()).to.deep.equal([])
  })

  it('knows nothing of what an earlier process has left before a report or a list', () => {
    const other = { instrument: instrumentId('GLOBEX') }
    for (const key of [ACME, other]) {
      former.remember(key, five('long'))
      former.missed(key)
    }
    expect(former.notRead()).to.deep.equal([ACME, other])
    explains(former, ACME, 0, 10)
    expect(former.notRead()).to.deep.equal([other])
    former.listed()
    expect(former.notRead()).to.deep.equal([])
  })

  it('leaves what is not known to the position that names the holding next', () => {
    former.remember(ACME, five('long'))
    former.missed(ACME)
    former.named(ACME, 'long')
    expect(former.notRead()).to.deep.equal([])
  })
})
