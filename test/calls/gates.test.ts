import { expect } from 'chai'
import { aged, gatesSnapshot } from '../../src/calls/gates-snapshot.ts'
import { CallGates, type GatesOptions, type Grant } from '../../src/calls/gates.ts'
import type { CallLimit, EndpointGroup } from '../../src/domain/venue.ts'
import { RateLimited } from '../../src/errors.ts'
import { forceOpen, reset } from '../../src/resilience/breaker-hand.ts'
import { breakerOptions } from '../../src/resilience/breaker-options.ts'
import { retryInMs, state } from '../../src/resilience/breaker.ts'
import { throttleOptions } from '../../src/resilience/throttle.ts'

describe('CallGates', () => {
  let now: number

  beforeEach(() => (now = 0))

  function open(but: Partial<GatesOptions> = {}): CallGates {
    const plain = breakerOptions.parse({ jitter: 0 })
    return new CallGates({
      limits: [],
      breakers: { orders: plain, account: plain, quotes: plain },
      throttle: throttleOptions.parse({ startRate: 50 }),
      monotonic: () => now,
      random: () => 0.5,
      load: () => ({ averageCycleMs: 0, loopDelayMs: 0, failureShare: 0 }),
      ...but,
    })
  }

  function grantOf(gates: CallGates, group: EndpointGroup): Grant {
    now += 100
    const grant = gates.ask({ group, isUrgent: group === 'orders' })
    if (grant.kind !== 'granted') throw new Error(`no grant: ${JSON.stringify(grant)}`)
    return grant
  }

  function trip(gates: CallGates, group: EndpointGroup): void {
    for (let index = 0; index < 5; index++) gates.settle(grantOf(gates, group), 'failure', false)
    expect(state(gates.breaker(group), now)).to.equal('open')
  }

  const waitOf = (gates: CallGates, group: EndpointGroup) => retryInMs(gates.breaker(group), now)

  it('open for a second where exits failed, twice as long the next time, and for longer otherwise', () => {
    const gates = open()
    trip(gates, 'orders')
    trip(gates, 'quotes')
    expect([waitOf(gates, 'orders'), waitOf(gates, 'quotes')]).to.deep.equal([500, 10_000])
    now += 1_000
    gates.settle(grantOf(gates, 'orders'), 'failure', false)
    expect(waitOf(gates, 'orders')).to.equal(2_000)
  })

  it('keep the rest of a limit for exits once the venue reports that 95 % of it are used', () => {
    const gates = open({ limits: [{ name: 'all', groups: ['orders', 'account', 'quotes'] }] })
    const leaves = (isUrgent: boolean): boolean => {
      now += 100
      return gates.ask({ group: 'account', isUrgent }).kind === 'granted'
    }
    gates.used({ groups: ['account'], share: 0.94, resetInMs: 5_000 })
    expect(leaves(false)).to.equal(true)
    gates.used({ groups: ['account'], share: 0.95, resetInMs: 5_000 })
    expect([leaves(false), leaves(true)]).to.deep.equal([false, true])
    now += 5_000
    expect(leaves(false)).to.equal(true)
    // A window that never ends, or has ended, is none.
    gates.used({ groups: ['account'], share: 1, resetInMs: Infinity })
    gates.used({ groups: ['account'], share: 1, resetInMs: -1 })
    now += 60_000
    expect(leaves(false)).to.equal(true)
  })

  it('freeze a rate until the last breaker of its groups is closed', () => {
    const gates = open()
    trip(gates, 'orders')
    trip(gates, 'quotes')
    const { rate } = gates.of('orders').throttle
    now += 1_000
    gates.settle(grantOf(gates, 'orders'), 'success', false)
    expect([gates.of('orders').throttle.isFrozen, gates.of('orders').throttle.rate]).to.deep.equal([
      true,
      rate,
    ])
    gates.handle('quotes', reset)
    expect(gates.of('orders').throttle).to.include({ isFrozen: false, rate: rate / 2 })
  })

  it('take no token for a call that the breaker refuses', () => {
    const gates = open({ throttle: throttleOptions.parse({ startRate: 1 }) })
    gates.handle('quotes', forceOpen)
    expect(gates.ask({ group: 'quotes', isUrgent: false }).kind).to.equal('breaker')
    expect(gates.ask({ group: 'account', isUrgent: false }).kind).to.equal('granted')
  })

  it('return a permit that the throttle has no token for', () => {
    const gates = open({ throttle: throttleOptions.parse({ startRate: 10 }) })
    trip(gates, 'quotes')
    now += 10_000
    grantOf(gates, 'account')
    expect(gates.ask({ group: 'quotes', isUrgent: false }).kind).to.equal('throttle')
    now += 1_000
    expect(gates.ask({ group: 'quotes', isUrgent: false }).kind).to.equal('granted')
  })

  it('open every group of a limit until the end of a ban', () => {
    const gates = open({ limits: [{ name: 'trading', groups: ['orders', 'account'] }] })
    const ban = new RateLimited('banned', { retryAfterMs: 90_000, isBan: true })
    gates.rateLimited(grantOf(gates, 'account'), ban)
    expect(
      ['orders', 'account', 'quotes'].map(group => waitOf(gates, group as EndpointGroup)),
    ).to.deep.equal([90_000, 90_000, 0])
  })

  it('delay an exit by the wait that exits were given, and for a header alone only briefly', () => {
    const gates = open()
    const wait = new RateLimited('429', { retryAfterMs: 3_600_000 })
    const waits: number[] = []
    for (let refusal = 0; refusal < 5; refusal++) {
      gates.rateLimited(grantOf(gates, 'orders'), wait)
      const answer = gates.ask({ group: 'orders', isUrgent: true })
      if (answer.kind !== 'venue-wait') throw new Error(`no wait: ${answer.kind}`)
      waits.push(answer.retryInMs)
      now += answer.retryInMs
    }
    expect(waits).to.deep.equal([5_000, 10_000, 20_000, 40_000, 60_000])
    gates.settle(grantOf(gates, 'orders'), 'success', false)
    gates.rateLimited(grantOf(gates, 'orders'), new RateLimited('429', { retryAfterMs: 900 }))
    expect(gates.ask({ group: 'orders', isUrgent: true })).to.deep.equal({
      kind: 'venue-wait',
      retryInMs: 900,
    })
  })

  it('delay no exit, and no query that one waits for, by the wait that a poll was given', () => {
    const gates = open()
    const wait = new RateLimited('429', { retryAfterMs: 3_600_000 })
    gates.rateLimited(grantOf(gates, 'quotes'), wait)
    now += 1_000
    expect(gates.ask({ group: 'account', isUrgent: true }).kind).to.equal('granted')
    now += 1_000
    expect(gates.ask({ group: 'orders', isUrgent: true }).kind).to.equal('granted')
    expect(gates.ask({ group: 'quotes', isUrgent: false })).to.include({ kind: 'throttle' })
  })

  describe('when a group answers again', () => {
    it('let the others try at once, however long their breakers rest', () => {
      const gates = open()
      trip(gates, 'orders')
      trip(gates, 'quotes')
      now += 1_000
      expect(gates.settle(grantOf(gates, 'orders'), 'success', false)).to.equal(true)
      expect(state(gates.breaker('orders'), now)).to.equal('closed')
      expect(gates.ask({ group: 'quotes', isUrgent: false }).kind).to.equal('throttle')
      now += 1_000
      expect(gates.ask({ group: 'quotes', isUrgent: false }).kind).to.equal('granted')
    })

    it('let the others try as soon as an exit could, also where its breaker never opened', () => {
      const gates = open()
      gates.settle(grantOf(gates, 'account'), 'failure', false)
      trip(gates, 'quotes')
      expect(gates.settle(grantOf(gates, 'account'), 'success', false)).to.equal(true)
      expect(waitOf(gates, 'quotes')).to.equal(900)
    })

    it('leave a group alone that fails by itself while others are answered all the time', () => {
      const gates = open()
      trip(gates, 'quotes')
      for (let call = 0; call < 5; call++) {
        expect(gates.settle(grantOf(gates, 'account'), 'success', false)).to.equal(false)
      }
      expect(waitOf(gates, 'quotes')).to.equal(9_500)
    })

    it('end the ban of its own limit, and of no other', () => {
      const trading: CallLimit = { name: 'trading', groups: ['orders', 'account'] }
      const gates = open({ limits: [trading] })
      const ban = new RateLimited('banned', { retryAfterMs: 90_000, isBan: true })
      gates.rateLimited(grantOf(gates, 'account'), ban)
      gates.rateLimited(grantOf(gates, 'quotes'), ban)
      now += 5_000
      gates.settle(grantOf(gates, 'orders'), 'success', false)
      expect([waitOf(gates, 'account'), waitOf(gates, 'quotes')]).to.deep.equal([0, 84_900])
    })
  })

  it('try new credentials at once, and the old ones seldom', () => {
    let hasNewCredentials = false
    const gates = open({ hasNewCredentials: () => hasNewCredentials })
    for (const group of ['orders', 'quotes'] as const) {
      gates.settle(grantOf(gates, group), 'denied', false)
    }
    now += 500
    expect(gates.shutForMs({ group: 'orders', isUrgent: true })).to.equal(400)
    hasNewCredentials = true
    expect(gates.shutForMs({ group: 'orders', isUrgent: true })).to.equal(0)
    expect(gates.shutForMs({ group: 'quotes', isUrgent: false })).to.equal(0)
  })

  describe('of a new process', () => {
    /** The remaining state of these gates when a new process starts `downMs` later. */
    const afterwards = (gates: CallGates, downMs: number): CallGates => {
      const past = aged(gatesSnapshot.parse(JSON.parse(JSON.stringify(gates.snapshot()))), downMs)
      now = 0
      return open({ past })
    }

    it('are as open as they were, for the remaining time', () => {
      const gates = open()
      trip(gates, 'quotes')
      gates.handle('account', forceOpen)
      const again = afterwards(gates, 4_000)
      expect([waitOf(again, 'quotes'), waitOf(again, 'account')]).to.deep.equal([6_000, Infinity])
      expect(again.of('quotes').throttle.isFrozen).to.equal(true)
    })

    it('probe before they close, however long no process was running', () => {
      const gates = open()
      trip(gates, 'quotes')
      const again = afterwards(gates, 3_600_000)
      expect(state(again.breaker('quotes'), now)).to.equal('half-open')
    })

    it('start anew for a limit that was not known', () => {
      const gates = open({ limits: [{ name: 'old', groups: ['orders'], perSecond: 1 }] })
      const again = afterwards(gates, 0)
      expect(again.all.map(({ limit }) => limit.name)).to.deep.equal(['default'])
    })
  })
})
