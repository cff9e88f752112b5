import { expect } from 'chai'
import fc from 'fast-check'
import { waitOf } from '../../../src/brokers/http/retry-after.ts'

const NOW = Date.parse('Tue, 24 Nov 2026 02:00:00 GMT')
const BOUNDS = { retryAfterMs: 3_600_000, banMs: 86_400_000 }
const waitFor = (retryAfter: string, headers = {}) =>
  waitOf({ 'retry-after': retryAfter, ...headers }, NOW, BOUNDS)

describe('waitOf', () => {
  const GARBAGE = ['-5', '', 'soon', '1.5', '1e3', 'NaN', '0x10', '١', '5, 6', '9'.repeat(40)]
  for (const garbage of GARBAGE) {
    it(`counts a retry-after of ’${garbage.slice(0, 9)}’, and ignores it`, () => {
      expect(waitFor(garbage)).to.deep.equal({ isBan: false, oddities: 1 })
    })
  }

  it('waits for nothing and counts nothing without a header', () => {
    expect(waitOf({}, NOW, BOUNDS)).to.deep.equal({ isBan: false, oddities: 0 })
  })

  it('accepts seconds, also none and an hour of them', () => {
    expect(waitFor('0')).to.deep.equal({ retryAfterMs: 0, isBan: false, oddities: 0 })
    expect(waitFor(' 120 ')).to.include({ retryAfterMs: 120_000, oddities: 0 })
    expect(waitFor('3600')).to.include({ retryAfterMs: 3_600_000, oddities: 0 })
  })

  it('waits no longer than the bound, and counts longer ones', () => {
    expect(waitFor('3601')).to.include({ retryAfterMs: 3_600_000, oddities: 1 })
    expect(waitFor('1795481790699')).to.include({ retryAfterMs: 3_600_000, oddities: 1 })
    expect(waitFor('Fri, 31 Dec 9999 23:59:59 GMT')).to.include({ retryAfterMs: 3_600_000 })
    const ban = waitOf({ 'ban-until': String(NOW + 1e10) }, NOW, BOUNDS)
    expect(ban).to.deep.equal({ retryAfterMs: 86_400_000, isBan: true, oddities: 1 })
  })

  it('accepts a date, and does not wait for one in the past', () => {
    expect(waitFor('Tue, 24 Nov 2026 02:00:07 GMT')).to.include({ retryAfterMs: 7_000 })
    expect(waitFor('Tuesday, 24-Nov-26 02:00:07 GMT')).to.include({ retryAfterMs: 7_000 })
    expect(waitFor('Mon, 23 Nov 2026 02:00:00 GMT')).to.include({ retryAfterMs: 0, oddities: 0 })
    expect(waitFor('Tue, 24 Foo 2026 02:00:07 GMT')).to.include({ oddities: 1 })
  })

  it('compares dates and bans with the clock of the server, whatever this machine’s says', () => {
    const date = 'Tue, 24 Nov 2026 05:00:00 GMT'
    const wait = waitFor('Tue, 24 Nov 2026 05:00:30 GMT', { date })
    expect(wait).to.include({ retryAfterMs: 30_000 })
    const ban = waitOf({ 'ban-until': String(Date.parse(date) + 60_000), date }, NOW, BOUNDS)
    expect(ban).to.deep.equal({ retryAfterMs: 60_000, isBan: true, oddities: 0 })
  })

  it('ignores a date far from this machine’s clock, such as that of a cache', () => {
    const until = String(NOW + 1_000)
    for (const date of ['Sat, 01 Jan 2000 00:00:00 GMT', 'Fri, 01 Jan 2100 00:00:00 GMT']) {
      const ban = waitOf({ 'ban-until': until, date }, NOW, BOUNDS)
      expect(ban, date).to.deep.equal({ retryAfterMs: 1_000, isBan: true, oddities: 0 })
      const wait = waitFor('Tue, 24 Nov 2026 02:00:07 GMT', { date })
      expect(wait, date).to.include({ retryAfterMs: 7_000 })
    }
  })

  it('takes the longer of a wait and a ban, and reads no ban from seconds', () => {
    const both = { 'retry-after': '600', 'ban-until': String(NOW + 60_000) }
    expect(waitOf(both, NOW, BOUNDS)).to.include({ retryAfterMs: 600_000, isBan: true })
    const seconds = waitOf({ 'ban-until': String(NOW / 1000) }, NOW, BOUNDS)
    expect(seconds).to.deep.equal({ isBan: false, oddities: 1 })
  })

  it('never waits less than nothing or longer than the bounds, whatever the headers say', () => {
    const number = fc.oneof(fc.integer(), fc.bigInt(), fc.double()).map(String)
    const date = fc.date({ noInvalidDate: true }).map(each => each.toUTCString())
    const header = fc.option(fc.oneof(fc.string(), number, date), { nil: undefined })
    fc.assert(
      fc.property(header, header, header, (retryAfter, banUntil, served) => {
        const headers = {
          ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
          ...(banUntil !== undefined && { 'ban-until': banUntil }),
          ...(served !== undefined && { date: served }),
        }
        const { retryAfterMs = 0, isBan } = waitOf(headers, NOW, BOUNDS)
        expect(retryAfterMs).to.be.within(0, isBan ? BOUNDS.banMs : BOUNDS.retryAfterMs)
      }),
    )
  })
})
