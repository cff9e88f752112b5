import { expect } from 'chai'
import {
  codeTable,
  errorOf,
  rejectionOf,
  type Meaning,
} from '../../../src/brokers/venue/meaning.ts'
import {
  NotSent,
  OutcomeUnknown,
  QueryRefused,
  RateLimited,
  Unauthorized,
} from '../../../src/errors.ts'

const failure = (meaning: Meaning, retryAfterMs?: number) => ({
  meaning,
  message: 'it',
  retryAfterMs,
})

describe('what a code of a venue proves', () => {
  it('is a rejection of the port where the order never lived, and only there', () => {
    const rejections: Partial<Record<Meaning, string>> = {
      'insufficient-quantity': 'insufficient-quantity',
      'nothing-held': 'nothing-held',
      'held-by-orders': 'held-by-orders',
      'market-closed': 'market-closed',
      'would-trigger': 'would-trigger',
      'unknown-instrument': 'unknown-instrument',
      'no-permission': 'no-permission',
      'price-band': 'price-band',
      'below-minimum': 'below-minimum',
      refused: 'refused',
    }
    for (const [meaning, code] of Object.entries(rejections))
      expect(rejectionOf(failure(meaning as Meaning))).to.equal(code)
    const others: Meaning[] = [
      'unknown',
      'not-sent',
      'clock',
      'rate-limited',
      'banned',
      'unauthorized',
      'duplicate',
      'absent',
      'ended',
      'filled',
    ]
    for (const meaning of others) expect(rejectionOf(failure(meaning)), meaning).to.equal(undefined)
  })

  it('is an error of the port otherwise, and unknown where the port has none', () => {
    expect(errorOf(failure('clock'))).to.be.instanceOf(NotSent)
    expect(errorOf(failure('not-sent'))).to.be.instanceOf(NotSent)
    expect(errorOf(failure('unauthorized'))).to.be.instanceOf(Unauthorized)
    expect(errorOf(failure('rate-limited', 5)))
      .to.be.instanceOf(RateLimited)
      .and.include({
        retryAfterMs: 5,
        isBan: false,
      })
    expect(errorOf(failure('banned'))).to.include({ isBan: true, retryAfterMs: undefined })
    for (const meaning of ['unknown-instrument', 'no-permission', 'refused'] as const)
      expect(errorOf(failure(meaning)), meaning).to.be.instanceOf(QueryRefused)
    for (const meaning of ['unknown', 'absent', 'duplicate', 'filled'] as const)
      expect(errorOf(failure(meaning)), meaning).to.not.be.instanceOf(QueryRefused)
    for (const meaning of ['unknown', 'absent', 'duplicate', 'filled', 'refused'] as const)
      expect(errorOf(failure(meaning)), meaning).to.be.instanceOf(OutcomeUnknown)
  })

  it('occurs once in a table', () => {
    expect(codeTable({ refused: '1\n  2', duplicate: '3' })).to.have.property('size', 3)
    expect(() => codeTable({ refused: '1', duplicate: '1' })).to.throw('the code 1 stands twice')
  })
})
