import { expect } from 'chai'
import { instrumentId } from '../../src/domain/ids.ts'
import {
  claimOf,
  holdingKeyOf,
  isReportedTwice,
  holdingName,
  reported,
  unknownHolding,
} from '../../src/exits/holding-state.ts'

const byName = (askedAt: number) => ({ askedAt, isNamed: true, apartMs: 10 })
const flat = (ageMs: number) => ({ kind: 'flat', ageMs }) as const
const held = (quantity: number, ageMs = 0) => ({ kind: 'held', quantity, ageMs }) as const

describe('claimOf', () => {
  it('claims nothing of an unknown holding, of no number and of no time', () => {
    expect(claimOf({ kind: 'unknown' }, 10)).to.equal(undefined)
    expect(claimOf(held(NaN), 10)).to.equal(undefined)
    expect(claimOf(held(1, Infinity), 10)).to.equal(undefined)
  })

  it('dates a report from the time at which the venue knew it, never later than the question', () => {
    expect(claimOf(flat(4), 10)).to.deep.equal({ quantity: 0, at: 6 })
    expect(claimOf(held(-2, -5), 10)).to.deep.equal({ quantity: -2, at: 10 })
  })
})

describe('reported', () => {
  it('changes nothing by an answer that is older than what is known, whenever it was asked', () => {
    const known = reported(unknownHolding(0), held(5), byName(100))
    expect(reported(known, flat(51), byName(150)).known).to.deep.equal(known.known)
    expect(reported(known, flat(50), byName(150)).known).to.include({ quantity: 0, at: 100 })
  })

  it('takes a slow answer by name that a list has overtaken, where the list says the same', () => {
    const listed = reported(unknownHolding(0), held(5), { ...byName(100), isNamed: false })
    const slow = reported(listed, held(5), byName(60))
    expect([slow.byName?.at, slow.known?.isNamed]).to.deep.equal([60, true])
    const again = reported(
      reported(slow, held(5), { ...byName(150), isNamed: false }),
      held(5),
      byName(110),
    )
    expect(isReportedTwice(again.byName, 60, 10)).to.equal(true)
    expect(reported(listed, held(4), byName(60)).byName).to.equal(undefined)
  })

  it('takes one state of a cache that is reported again and again for one answer', () => {
    const once = reported(unknownHolding(0), flat(0), byName(100))
    const again = reported(once, flat(50), byName(150))
    expect(isReportedTwice(again.byName, 0, 10)).to.equal(false)
    expect(isReportedTwice(reported(again, flat(50), byName(160)).byName, 0, 10)).to.equal(true)
  })

  it('counts a holding as unknown whose answers are all from long ago', () => {
    const cached = reported(unknownHolding(0), held(5, 40_000), byName(50_000))
    expect(cached.unknownSince).to.equal(0)
    expect(reported(cached, held(5), byName(60_000)).unknownSince).to.equal(null)
    expect(reported(unknownHolding(0), held(5, 20_000), byName(50_000)).unknownSince).to.equal(null)
  })
})

describe('the holding of a position', () => {
  const position = { instrument: instrumentId('ACME'), side: 'long', product: 'margin' } as const

  it('is separate for each product only where the venue separates holdings by it', () => {
    expect(holdingKeyOf(position, { holdings: 'net' })).to.deep.equal({ instrument: 'ACME' })
    const key = holdingKeyOf(position, { holdings: 'net', products: true })
    expect(key).to.deep.equal({ instrument: 'ACME', product: 'margin' })
    expect(holdingName(key)).not.to.equal(holdingName({ ...key, product: 'delivery' }))
  })

  it('has a side and a product where the venue holds both sides side by side', () => {
    const key = holdingKeyOf(position, { holdings: 'sides', products: true })
    const short = holdingKeyOf(
      { ...position, side: 'short' },
      { holdings: 'sides', products: true },
    )
    expect(key).to.deep.equal({ instrument: 'ACME', side: 'long', product: 'margin' })
    expect(holdingName(key)).not.to.equal(holdingName(short))
  })
})
