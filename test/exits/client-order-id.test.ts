import { expect } from 'chai'
import { positionId } from '../../src/domain/ids.ts'
import { clientOrderId, hasOurPrefix, type ExitAttempt } from '../../src/exits/client-order-id.ts'

const attempt: ExitAttempt = {
  storeId: 's1',
  account: 'main',
  positionId: positionId('p1'),
  generation: 1,
  attempt: 1,
}

describe('clientOrderId', () => {
  it('is the same for the same attempt, in every process and release', () => {
    expect(clientOrderId({ ...attempt })).to.equal(clientOrderId(attempt))
    expect(clientOrderId(attempt)).to.equal('wk0d5384f92bfd7e502a670212')
  })

  it('is what it was for an exit that began when stores had no id', () => {
    const kept = { ...attempt, storeId: '' }
    expect(clientOrderId(kept)).to.equal('wkc87d48c3a79e75c5809ee01e')
  })

  it('differs in each part of the attempt', () => {
    const ids = [
      attempt,
      { ...attempt, storeId: 's2' },
      { ...attempt, storeId: '' },
      { ...attempt, account: 'other' },
      { ...attempt, positionId: positionId('p2') },
      { ...attempt, generation: 2 },
      { ...attempt, attempt: 2 },
    ].map(each => clientOrderId(each))
    expect(new Set(ids).size).to.equal(7)
  })

  it('keeps apart what is alike only when joined', () => {
    const one = clientOrderId({ ...attempt, account: 'a', positionId: positionId('b","c') })
    const two = clientOrderId({ ...attempt, account: 'a","b', positionId: positionId('c') })
    expect(one).not.to.equal(two)
  })

  it('is cut to what a venue takes, and is known as ours all the same', () => {
    const id = clientOrderId(attempt, 16)
    expect(id).to.equal('wk0d5384f92bfd7e')
    expect([hasOurPrefix(id), hasOurPrefix('wk-by-hand'), hasOurPrefix('other')]).to.deep.equal([
      true,
      false,
      false,
    ])
  })
})
