import { expect } from 'chai'
import type { NetOptions } from '../../src/domain/resting-stop.ts'
import { noNetAt } from '../../src/nets/support.ts'
import { FUTURES, STOPS } from '../support/net-venue.ts'

const NET: NetOptions = { beyondPct: 2, minMovePct: 0.5, everyMs: 1_000, limitPct: 5 }
const why = (but: object, net = NET): string | undefined =>
  noNetAt({ ...FUTURES, listsOrders: false, ...but }, net)

describe('noNetAt', () => {
  it('names what a venue lacks to hold a net whose outcome can be proved', () => {
    expect(why({})).to.equal(undefined)
    expect(why({ restingStop: undefined })).to.include('restingStop')
    for (const lookup of ['open-only', 'none'])
      expect(why({ lookup })).to.include('lookup: complete')
  })

  it('wants reduce-only orders, or a list that shows an orphan', () => {
    expect(why({ reduceOnly: false })).to.include('openOrders')
    expect(why({ reduceOnly: false, listsOrders: true })).to.equal(undefined)
  })

  it('names a trigger and a distance that the venue does not offer', () => {
    expect(why({}, { ...NET, trigger: 'mark' })).to.include('last')
    const restingStop = { ...STOPS, maxDistancePct: 2 }
    expect(why({ restingStop })).to.include('largest distance, 2 %')
    expect(why({ restingStop }, { ...NET, beyondPct: 1.9 })).to.equal(undefined)
  })
})
