import { expect } from 'chai'
import { CallGates, type GatesOptions, type Grant } from '../../src/calls/gates.ts'
import { SharedLimits } from '../../src/calls/shared-limits.ts'
import type { EndpointGroup } from '../../src/domain/venue.ts'
import { RateLimited } from '../../src/errors.ts'
import { breakerOptions } from '../../src/resilience/breaker-options.ts'
import { state } from '../../src/resilience/breaker.ts'
import { throttleOptions } from '../../src/resilience/throttle.ts'

describe('SharedLimits', () => {
  let now: number
  let shared: SharedLimits

  beforeEach(() => {
    now = 0
    shared = new SharedLimits()
  })

  function open(account: string, name?: string, but: Partial<GatesOptions> = {}): CallGates {
    const plain = breakerOptions.parse({ jitter: 0 })
    return new CallGates({
      limits: [{ name: 'all', groups: ['orders', 'account', 'quotes'] }],
      breakers: { orders: plain, account: plain, quotes: plain },
      throttle: throttleOptions.parse({ startRate: 10 }),
      monotonic: () => now,
      random: () => 0.5,
      load: () => ({ averageCycleMs: 0, loopDelayMs: 0, failureShare: 0 }),
      ...(name !== undefined && {
        shareOf: (limit, own) => shared.shareOf(name, limit, account, own),
      }),
      ...but,
    })
  }

  function grantOf(gates: CallGates, group: EndpointGroup = 'quotes'): Grant {
    now += 1_000
    const grant = gates.ask({ group, isUrgent: group === 'orders' })
    if (grant.kind !== 'granted') throw new Error(`no grant: ${JSON.stringify(grant)}`)
    return grant
  }

  const rateOf = (gates: CallGates): number => gates.of('quotes').throttle.rate
  const refusal = (retryAfterMs: number, isBan = false): RateLimited =>
    new RateLimited('429', { retryAfterMs, isBan })

  it('slow an account by a refusal of another only where both share a limit', () => {
    const [a, b, c] = [open('a', 'office'), open('b', 'office'), open('c')]
    grantOf(b)
    grantOf(c)
    const before = [rateOf(a), rateOf(b), rateOf(c)]
    a.rateLimited(grantOf(a), refusal(5_000))
    expect([rateOf(a), rateOf(b)].every((rate, index) => rate < before[index]!)).to.equal(true)
    expect(rateOf(c)).to.equal(before[2])
    expect(b.ask({ group: 'quotes', isUrgent: false })).to.include({ kind: 'throttle' })
    expect(c.ask({ group: 'quotes', isUrgent: false })).to.include({ kind: 'granted' })
  })

  it('ban every account of the address, and make its exits wait as long as one of them was asked to', () => {
    const [a, b, c] = [open('a', 'office'), open('b', 'office'), open('c')]
    a.rateLimited(grantOf(a, 'orders'), refusal(3_000))
    expect(b.ask({ group: 'orders', isUrgent: true }).kind).to.equal('venue-wait')
    expect(c.ask({ group: 'orders', isUrgent: true }).kind).to.equal('granted')
    now += 60_000
    a.settle(grantOf(a, 'orders'), 'success', false)
    expect(b.ask({ group: 'orders', isUrgent: true }).kind).to.equal('throttle')
    a.rateLimited(grantOf(a), refusal(60_000, true))
    expect(state(b.breaker('quotes'), now)).to.equal('open')
    expect(state(c.breaker('quotes'), now)).to.equal('closed')
  })

  it('leave the rate to the other accounts while the breaker of one is open', () => {
    const [a, b] = [open('a', 'office'), open('b', 'office')]
    const trip = (gates: CallGates): void => {
      for (let index = 0; index < 5; index++) gates.settle(grantOf(gates), 'failure', false)
    }
    trip(a)
    expect(state(a.breaker('quotes'), now)).to.equal('open')
    expect(b.of('quotes').throttle.isFrozen).to.equal(false)
    const before = rateOf(b)
    now += 10_000
    a.settle(grantOf(a), 'success', false)
    expect(rateOf(b)).to.be.at.least(before)
    trip(a)
    trip(b)
    expect(b.of('quotes').throttle.isFrozen).to.equal(true)
  })

  it('let an exit of one account pass the polls of another', () => {
    const [a, b] = [open('a', 'office'), open('b', 'office')]
    grantOf(a)
    const exit = b.ask({ group: 'orders', isUrgent: true })
    expect(exit.kind).to.equal('throttle')
    now += 100
    // A token has come; the poll of the other account asks first.
    expect(a.ask({ group: 'quotes', isUrgent: false }).kind).to.equal('throttle')
    expect(b.ask({ group: 'orders', isUrgent: true }).kind).to.equal('granted')
  })

  it('go on with the stricter of what an earlier process has kept at each account', () => {
    const earlier = open('a')
    grantOf(earlier)
    const fast = earlier.snapshot()
    earlier.rateLimited(grantOf(earlier), refusal(30_000))
    const slow = earlier.snapshot()
    const [a, b] = [open('a', 'office', { past: fast }), open('b', 'office', { past: slow })]
    expect(rateOf(a)).to.equal(rateOf(b))
    expect(rateOf(a)).to.equal(slow.throttles['all']!.rate)
    now += 5_000
    expect(a.ask({ group: 'quotes', isUrgent: false }).kind).to.equal('throttle')
  })
})
