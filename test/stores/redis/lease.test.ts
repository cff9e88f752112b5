import { expect } from 'chai'
import { Lease } from '../../../src/stores/redis/lease.ts'

describe('Lease', () => {
  let at: { monotonic: number; now: number }
  let lease: Lease

  const pass = (ms: number): void => void ((at.monotonic += ms), (at.now += ms))

  beforeEach(() => {
    at = { monotonic: 1_000, now: 50_000 }
    lease = new Lease(900, { monotonic: () => at.monotonic, now: () => at.now })
  })

  it('is not held before it was granted, nor once it was ended', () => {
    expect(lease.isHeld).to.equal(false)
    lease.renewed(lease.instant())
    expect(lease.isHeld).to.equal(true)
    lease.end()
    expect(lease.isHeld).to.equal(false)
  })

  it('ends a third before the server ends it, counted from before the request', () => {
    const sentAt = lease.instant()
    pass(200)
    lease.renewed(sentAt)
    expect(lease.leftMs).to.equal(400)
    pass(399)
    expect(lease.isHeld).to.equal(true)
    pass(1)
    expect(lease.isHeld).to.equal(false)
  })

  it('ends for a machine that was suspended, whose monotonic clock stood still', () => {
    lease.renewed(lease.instant())
    at.now += 600
    expect(lease.isHeld).to.equal(false)
  })

  it('lasts no longer when the wall clock is set back', () => {
    lease.renewed(lease.instant())
    at.now -= 3_600_000
    at.monotonic += 600
    expect(lease.isHeld).to.equal(false)
  })

  it('is renewed several times before it ends', () => {
    expect(lease.renewMs * 4).to.be.at.most(600)
  })
})
