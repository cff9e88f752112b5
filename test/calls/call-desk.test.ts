import { expect } from 'chai'
import { CallDesk, type CallDeskOptions } from '../../src/calls/call-desk.ts'
import type { DeskCall } from '../../src/calls/call.ts'
import type { CallLimit, EndpointGroup } from '../../src/domain/venue.ts'
import {
  OutcomeUnknown,
  QueryRefused,
  RateLimited,
  Unauthorized,
  type NotSent,
} from '../../src/errors.ts'
import { forceOpen, reset } from '../../src/resilience/breaker-hand.ts'
import { breakerOptions } from '../../src/resilience/breaker-options.ts'
import { retryInMs, state } from '../../src/resilience/breaker.ts'
import { throttleOptions } from '../../src/resilience/throttle.ts'
import { FakeTimers } from '../support/fake-timers.ts'

/** A call that ends when the test says so. */
interface Held {
  readonly operation: string
  readonly signal: AbortSignal
  answer(value?: unknown): void
  fail(error: Error): void
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

describe('CallDesk', () => {
  let timers: FakeTimers
  let sent: Held[]
  let ends: string[]

  beforeEach(() => {
    timers = new FakeTimers()
    sent = []
    ends = []
  })

  function open(but: Partial<CallDeskOptions> = {}): CallDesk {
    const plain = breakerOptions.parse({ jitter: 0 })
    return new CallDesk({
      limits: [],
      breakers: { orders: plain, account: plain, quotes: plain },
      throttle: throttleOptions.parse({ startRate: 50 }),
      laneBound: 3,
      callTimeoutMs: Infinity,
      timers,
      monotonic: timers.monotonic,
      now: timers.monotonic,
      random: () => 0.5,
      load: () => ({ averageCycleMs: 0, loopDelayMs: 0 }),
      ...but,
    })
  }

  function ask(
    desk: CallDesk,
    operation: string,
    but: Partial<DeskCall<unknown>> & { group?: EndpointGroup } = {},
  ): void {
    const { group = 'orders' } = but
    const lane = group === 'orders' ? 'exits' : group === 'account' ? 'orderStatus' : 'quotes'
    const call: DeskCall<unknown> = {
      group,
      lane,
      key: operation,
      operation,
      run: signal =>
        new Promise((resolve, reject) => {
          sent.push({ operation, signal, answer: resolve, fail: reject })
        }),
      ...but,
    }
    desk.submit(call).then(
      () => ends.push(`${operation}: answered`),
      (error: unknown) => ends.push(`${operation}: ${(error as NotSent).code}`),
    )
  }

  const names = (): string[] => sent.map(({ operation }) => operation)

  /** Fails as many calls of a group as its breaker allows. */
  async function trip(
    desk: CallDesk,
    group: EndpointGroup,
    but: Partial<DeskCall<unknown>> = {},
  ): Promise<void> {
    for (let index = 0; index < 5; index++) {
      ask(desk, `trip ${index}`, { ...but, group })
      timers.pass(100)
      sent.at(-1)!.fail(new OutcomeUnknown('timeout'))
      await turn()
    }
    expect(state(desk.gates.breaker(group), timers.now)).to.equal('open')
    sent = []
    ends = []
  }

  it('stays closed where the venue refuses what is asked, again and again', async () => {
    const desk = open()
    for (let index = 0; index < 20; index++) {
      ask(desk, `refused ${index}`, { group: 'account' })
      timers.pass(100)
      sent.at(-1)!.fail(new QueryRefused('no such symbol'))
      await turn()
    }
    expect(state(desk.gates.breaker('account'), timers.now)).to.equal('closed')
    expect(ends).to.have.length(20)
    expect(ends[0]).to.equal('refused 0: OUTCOME_UNKNOWN')
  })

  it('opens for only a second where an exit waits for the answer to a query', async () => {
    const desk = open()
    await trip(desk, 'quotes')
    const waitMs = (group: EndpointGroup): number =>
      retryInMs(desk.gates.breaker(group), timers.now)
    expect(waitMs('quotes')).to.equal(10_000)
    await trip(desk, 'account', { isAwaited: () => true })
    expect(waitMs('account')).to.equal(1_000)
  })

  it('sends exits before all other waiting calls, the greatest value first', async () => {
    const desk = open({ throttle: throttleOptions.parse({ startRate: 1, maxRate: 1 }) })
    ask(desk, 'quote', { group: 'quotes' })
    ask(desk, 'look-up', { group: 'account' })
    ask(desk, 'small', { urgency: 1 })
    ask(desk, 'large', { urgency: 9 })
    expect(names()).to.deep.equal(['quote'])
    for (let second = 0; second < 3; second++) timers.pass(1_000)
    expect(names()).to.deep.equal(['quote', 'large', 'small', 'look-up'])
    await turn()
  })

  describe('with an exit that must be ready when it is due', () => {
    const slow = { throttle: throttleOptions.parse({ startRate: 1, maxRate: 1 }) }
    let turns: boolean[]
    const isReady = (isPaced: boolean): boolean => {
      turns.push(isPaced)
      return isPaced
    }

    beforeEach(() => {
      turns = []
    })

    it('returns it unsent where it is not ready, and the next call gets its token', async () => {
      const desk = open(slow)
      timers.pass(1_000)
      ask(desk, 'old', { isReady: () => false })
      ask(desk, 'next')
      await turn()
      expect([names(), ends]).to.deep.equal([['next'], ['old: NOT_SENT']])
    })

    it('checks it when breaker and limit allow it, and not before', async () => {
      const desk = open(slow)
      ask(desk, 'first')
      ask(desk, 'exit', { isReady })
      timers.pass(900)
      expect(turns).to.deep.equal([])
      timers.pass(200)
      await turn()
      expect([turns, names()]).to.deep.equal([[true], ['first', 'exit']])
    })

    it('passes the reason of a further delay: a call in flight, a breaker, another limit', async () => {
      const desk = open(slow)
      ask(desk, 'first')
      ask(desk, 'large', { urgency: 9 })
      ask(desk, 'small', { urgency: 1, isReady })
      for (let second = 0; second < 3; second++) timers.pass(1_000)
      await turn()
      const held = open()
      held.handle('orders', forceOpen)
      ask(held, 'held', { isReady })
      held.handle('orders', reset)
      await turn()
      const groups: readonly EndpointGroup[] = ['orders']
      const apart = open({ limits: [{ name: 'orders', groups }] })
      ask(apart, 'apart', { isReady })
      await turn()
      expect(turns).to.deep.equal([false, false, false])
      expect(ends.filter(end => end.includes('NOT_SENT'))).to.have.length(3)
    })

    it('returns a permit of the breaker, so that the next exit is the probe', async () => {
      const desk = open()
      await trip(desk, 'orders')
      timers.pass(10_000)
      ask(desk, 'old', { isReady: () => false })
      ask(desk, 'probe')
      await turn()
      expect(names()).to.deep.equal(['probe'])
    })
  })

  it('keeps an exit while its breaker is open, and makes it the next probe', async () => {
    const desk = open()
    await trip(desk, 'orders')
    ask(desk, 'exit')
    expect(names()).to.deep.equal([])
    timers.pass(1_000)
    expect(names()).to.deep.equal(['exit'])
    sent[0]!.answer()
    await turn()
    expect([ends, state(desk.gates.breaker('orders'), timers.now)]).to.deep.equal([
      ['exit: answered'],
      'closed',
    ])
  })

  it('counts an exit that waits for its breaker as refused once', async () => {
    const desk = open()
    desk.handle('orders', forceOpen)
    ask(desk, 'exit')
    for (let round = 0; round < 5; round++) timers.pass(1_000)
    ask(desk, 'other exit')
    desk.cycle()
    expect(desk.gates.breaker('orders').refused).to.equal(1)
    desk.handle('orders', reset)
    timers.pass(1_000)
    expect(names()).to.deep.equal(['exit', 'other exit'])
    await turn()
  })

  it('queries the outcome of orders while the breaker of orders is open', async () => {
    const desk = open()
    await trip(desk, 'orders')
    ask(desk, 'exit')
    ask(desk, 'look-up', { group: 'account' })
    expect(names()).to.deep.equal(['look-up'])
  })

  it('drops a poll that an open breaker refuses; no exit waits for quotes', async () => {
    const desk = open()
    await trip(desk, 'quotes')
    ask(desk, 'quote', { group: 'quotes' })
    ask(desk, 'exit')
    await turn()
    expect([names(), ends]).to.deep.equal([['exit'], ['quote: NOT_SENT']])
  })

  it('slows down when rate limited, without counting it as a failure of the venue', async () => {
    const desk = open()
    for (let index = 0; index < 6; index++) {
      ask(desk, `exit ${index}`)
      timers.pass(1_000)
      sent.at(-1)!.fail(new RateLimited('429'))
      await turn()
    }
    expect(state(desk.gates.breaker('orders'), timers.now)).to.equal('closed')
    expect(desk.limits[0]!.throttle.cuts).to.have.length.greaterThan(0)
  })

  it('keeps the breaker open until a ban ends, and lets one exit probe now and then', async () => {
    const desk = open()
    ask(desk, 'first')
    sent[0]!.fail(new RateLimited('banned', { retryAfterMs: 30_000, isBan: true }))
    await turn()
    ask(desk, 'exit')
    ask(desk, 'other exit')
    ask(desk, 'quote', { group: 'quotes' })
    timers.pass(4_900)
    expect(names()).to.deep.equal(['first'])
    timers.pass(2_000)
    expect(names()).to.deep.equal(['first', 'exit'])
    sent[1]!.fail(new RateLimited('banned', { retryAfterMs: 30_000, isBan: true }))
    await turn()
    timers.pass(9_900)
    expect(names()).to.deep.equal(['first', 'exit'])
    timers.pass(2_000)
    expect(names()).to.deep.equal(['first', 'exit', 'other exit'])
    sent[2]!.answer()
    await turn()
    expect(state(desk.gates.breaker('quotes'), timers.now)).to.equal('half-open')
  })

  it('keeps a query that an exit waits for while its breaker is open, and sends it first', async () => {
    const desk = open()
    await trip(desk, 'account')
    ask(desk, 'list', { group: 'account' })
    ask(desk, 'look-up', { group: 'account', isAwaited: () => true })
    timers.pass(1_000)
    await turn()
    expect([names(), ends]).to.deep.equal([['look-up'], ['list: NOT_SENT']])
  })

  it('sends a query that an exit waits for although a poll was rate limited for half an hour', async () => {
    const desk = open()
    ask(desk, 'quote', { group: 'quotes' })
    sent[0]!.fail(new RateLimited('429', { retryAfterMs: 1_800_000 }))
    await turn()
    ask(desk, 'list', { group: 'account' })
    ask(desk, 'look-up', { group: 'account', isAwaited: () => true })
    ask(desk, 'exit')
    timers.pass(1_000)
    expect(names()).to.deep.equal(['quote', 'exit', 'look-up'])
  })

  it('sends a query that an exit waits for while another one is rate limited', async () => {
    const desk = open()
    ask(desk, 'exit')
    sent[0]!.fail(new RateLimited('429', { retryAfterMs: 60_000 }))
    await turn()
    ask(desk, 'exit')
    ask(desk, 'look-up', { group: 'account', isAwaited: () => true })
    timers.pass(1_000)
    expect(names()).to.deep.equal(['exit', 'look-up'])
  })

  it('reserves places for queries that exits wait for, which hung polls do not use', () => {
    const desk = open({ laneBound: 100 })
    for (let index = 0; index < 30; index++) {
      ask(desk, `poll ${index}`, { group: 'quotes' })
      timers.pass(1_000)
    }
    ask(desk, 'look-up', { group: 'account', isAwaited: () => true })
    timers.pass(1_000)
    expect(names().slice(12)).to.deep.equal(['look-up'])
  })

  it('sends one probe for all exits whose credentials are refused, and all once one is answered', async () => {
    const desk = open({ laneBound: 100 })
    for (let exit = 0; exit < 10; exit++) ask(desk, `exit ${exit}`)
    // Each refused exit comes back, as the gateway repeats it every half second.
    for (let half = 0; half < 120; half++) {
      for (const { operation, fail } of sent.splice(0)) {
        fail(new Unauthorized('401'))
        ends.push(`${operation} was refused`)
        await turn()
        ask(desk, operation)
      }
      timers.pass(500)
    }
    const refused = ends.filter(each => each.endsWith('was refused'))
    expect(refused.length).to.be.within(10, 25)
    while (sent.length === 0) timers.pass(100)
    sent.splice(0)[0]!.answer()
    await turn()
    for (let tenth = 0; tenth < 20; tenth++) timers.pass(100)
    expect(sent).to.have.length(9)
  })

  it('returns calls that may not be sent when they are due', async () => {
    const desk = open({ throttle: throttleOptions.parse({ startRate: 1, maxRate: 1 }) })
    let isWanted = true
    ask(desk, 'first')
    ask(desk, 'held', { isWanted: () => isWanted })
    isWanted = false
    timers.pass(1_000)
    await turn()
    expect([names(), ends]).to.deep.equal([['first'], ['held: NOT_SENT']])
  })

  it('replaces an older call of a slot by a newer one, and bounds each lane', async () => {
    const desk = open()
    desk.handle('account', forceOpen)
    desk.handle('orders', forceOpen)
    ask(desk, 'a', { key: 'same', urgency: 5 })
    ask(desk, 'b', { key: 'same', urgency: 5 })
    for (const [index, name] of ['c', 'd', 'e'].entries()) ask(desk, name, { urgency: index })
    await turn()
    expect(ends).to.deep.equal(['a: NOT_SENT', 'c: NOT_SENT'])
    desk.handle('orders', reset)
    expect(names()).to.deep.equal(['b'])
  })

  it('allows a bounded number of calls in flight, and reserves places for exits', () => {
    const desk = open({
      laneBound: 100,
      throttle: throttleOptions.parse({ startRate: 50, maxRate: 50 }),
    })
    for (let index = 0; index < 30; index++) {
      ask(desk, `poll ${index}`, { group: 'quotes' })
      timers.pass(1_000)
    }
    expect(sent).to.have.length(12)
    for (let index = 0; index < 30; index++) {
      ask(desk, `exit ${index}`)
      timers.pass(1_000)
    }
    expect(sent).to.have.length(20)
  })

  it('applies each declared limit by itself', () => {
    const slow: CallLimit = { name: 'orders', groups: ['orders'], perSecond: 1 }
    const desk = open({ limits: [slow] })
    ask(desk, 'exit 1')
    ask(desk, 'exit 2')
    ask(desk, 'look-up', { group: 'account' })
    expect(names()).to.include('look-up')
    expect(desk.limits.map(({ limit }) => limit.name)).to.deep.equal(['orders', 'default'])
  })

  it('counts a rejection as an answer of a healthy venue: a closed market keeps no breaker half-open', async () => {
    const desk = open()
    await trip(desk, 'orders')
    ask(desk, 'exit', { isRejection: () => true })
    timers.pass(10_000)
    sent[0]!.answer('rejected')
    await turn()
    expect(state(desk.gates.breaker('orders'), timers.now)).to.equal('closed')
  })

  it('closes a breaker that no order probes while its market is closed, as other calls are answered', async () => {
    const desk = open()
    await trip(desk, 'orders')
    for (let minute = 0; minute < 3; minute++) {
      timers.pass(60_000)
      ask(desk, `holdings ${minute}`, { group: 'account' })
      sent.at(-1)!.answer('flat')
      await turn()
    }
    expect(state(desk.gates.breaker('orders'), timers.now)).to.equal('closed')
    expect(desk.gates.of('orders').throttle.isFrozen).to.equal(false)
  })

  it('remembers the last calls, their durations and outcomes', async () => {
    const desk = open()
    for (let index = 0; index < 150; index++) {
      ask(desk, `look-up ${index}`, { group: 'account' })
      timers.pass(100)
      sent.at(-1)!.answer()
      await turn()
    }
    expect(desk.history.last).to.have.length(100)
    expect(desk.history.last.at(-1)).to.deep.include({ group: 'account', outcome: 'ok', ms: 100 })
  })

  it('has returned the place of a call before it reports the call', async () => {
    const inFlight: number[] = []
    const desk: CallDesk = open({
      onCall: () => inFlight.push(desk.limits[0]!.lanes.exitsInFlight),
    })
    ask(desk, 'exit')
    sent[0]!.answer()
    await turn()
    expect(inFlight).to.deep.equal([0])
  })

  it('does not wait for an adapter that ignores its abort signal', async () => {
    const desk = open({ callTimeoutMs: 5 })
    const ended = new Promise(resolve => {
      const never = { run: () => new Promise<never>(() => undefined) }
      const call = { group: 'orders', lane: 'exits', key: 'x', operation: 'x', ...never } as const
      desk.submit(call).catch(resolve)
    })
    expect(await ended).to.be.instanceOf(OutcomeUnknown)
    ask(desk, 'next')
    timers.pass(1_000)
    expect(names()).to.deep.equal(['next'])
  })
})
