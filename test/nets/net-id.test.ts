import { expect } from 'chai'
import { positionId } from '../../src/domain/ids.ts'
import { isNetId } from '../../src/domain/resting-stop.ts'
import { netId } from '../../src/nets/net-id.ts'

const ONE = { storeId: 's', account: 'a', positionId: positionId('p'), generation: 1, n: 1 }

describe('netId', () => {
  it('is the same in every process, and another one for each net of each store', () => {
    expect(netId(ONE, 36)).to.equal(netId({ ...ONE }, 36))
    const others = [
      { ...ONE, storeId: 't' },
      { ...ONE, account: 'b' },
      { ...ONE, positionId: positionId('q') },
      { ...ONE, generation: 2 },
      { ...ONE, n: 2 },
    ]
    expect(new Set([ONE, ...others].map(each => netId(each, 36))).size).to.equal(6)
  })

  it('differs from ids of exits, also where a venue takes only short ids', () => {
    for (const length of [16, 20, 36]) {
      expect(netId(ONE, length)).to.match(/^wkn[0-9a-f]+$/)
      expect(netId(ONE, length).length).to.be.at.most(length)
      expect(isNetId(netId(ONE, length))).to.equal(true)
    }
  })
})
