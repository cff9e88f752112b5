import { expect } from 'chai'
import { CallDesk } from '../../src/actors/call-desk.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Broker } from '../../src/ports/broker.ts'
import type { Quotes } from '../../src/ports/quotes.ts'
import { forceOpen, reset } from '../../src/resilience/breaker-hand.ts'
import { breakerOptions } from '../../src/resilience/breaker-options.ts'
import { throttleOptions } from '../../src/resilience/throttle.ts'
import { LiveSystem } from '../../src/system/live.ts'
import type { Venue } from '../../src/system/live-options.ts'
import { pacedBroker } from '../../src/system/paced-broker.ts'
import { aPosition } from '../support/builders.ts'
import { FakeTimers } from '../support/fake-timers.ts'
import { anOrder } from '../support/http-broker.ts'
import { MemoryKeeper } from '../support/memory-keeper.ts'
import { TestVenue } from '../support/test-venue.ts'
import { until } from '../support/until.ts'

describe('pacedBroker', () => {
  let timers: FakeTimers
  let sent: string[]
  let broker: Broker
  let awaited = ''
  let areOrdersAwaited = false
  const { signal } = new AbortController()

  beforeEach(() => {
    timers = new FakeTimers()
    sent = []
    const plain = breakerOptions.parse({})
    const desk = new CallDesk({
      limits: [],
      breakers: { orders: plain, account: plain, quotes: plain },
      throttle: throttleOptions.parse({ startRate: 1, maxRate: 1 }),
      ...{ laneBound: 100, callTimeoutMs: Infinity, timers },
      monotonic: timers.monotonic,
      now: timers.monotonic,
      random: () => 0.5,
      load: () => ({ averageCycleMs: 0, loopDelayMs: 0 }),
    })
    const note = (what: string) => () => {
      sent.push(what)
      return new Promise<never>(() => undefined)
    }
    const venue = {
      placeExit: note('exit'),
      orderByClientId: note('order'),
      holding: ({ instrument }: { instrument: string }) => note(instrument)(),
      holdings: note('list'),
      openOrders: note('orders'),
      quotes: (instruments: readonly string[]) => note(instruments.join(' '))(),
    } as unknown as Broker
    broker = pacedBroker(venue, {
      desk,
      mayLeave: () => true,
      isWanted: () => true,
      urgencyOf: () => 1,
      isAwaited: ({ instrument }) => instrument === awaited,
      areOrdersAwaited: () => areOrdersAwaited,
    })
  })

  const waitFor = (calls: number): void => {
    for (let second = 0; second < calls; second++) timers.pass(1_000)
  }

  it('sends exits, then what became of orders, then holdings, then prices', () => {
    void broker.holding({ instrument: instrumentId('FIRST') }, signal)
    void broker.quotes([instrumentId('A')], signal)
    void broker.holding({ instrument: instrumentId('B') }, signal)
    void broker.orderByClientId(anOrder().clientOrderId, signal)
    void broker.placeExit(anOrder(), signal)
    waitFor(4)
    expect(sent).to.deep.equal(['FIRST', 'exit', 'order', 'B', 'A'])
  })

  it('asks first for what an exit waits to know, also where that came up later', () => {
    for (const name of ['A', 'B', 'C', 'D'])
      void broker.holding({ instrument: instrumentId(name) }, signal)
    void broker.holdings(signal)
    awaited = 'C'
    waitFor(1)
    awaited = ''
    waitFor(3)
    expect(sent).to.deep.equal(['A', 'C', 'B', 'D', 'list'])
  })

  it('asks for the working orders first while an exit may wait to know them', () => {
    void broker.holdings(signal)
    void broker.holding({ instrument: instrumentId('A') }, signal)
    areOrdersAwaited = true
    void broker.openOrders!(signal)
    waitFor(1)
    areOrdersAwaited = false
    expect(sent).to.deep.equal(['list', 'orders'])
  })

  it('asks for prices that wait together in one call, each instrument once', () => {
    void broker.holding({ instrument: instrumentId('FIRST') }, signal)
    for (const name of ['A', 'B', 'A']) void broker.quotes([instrumentId(name)], signal)
    waitFor(3)
    expect(sent).to.deep.equal(['FIRST', 'A B'])
  })
})

describe('pacedBroker of a live system', () => {
  let account: TestVenue
  let now = 1_000
  const clock = { now: () => now, monotonic: () => now }
  const plain = breakerOptions.parse({})
  let desk: CallDesk
  let system: LiveSystem

  beforeEach(async () => {
    account = new TestVenue()
    desk = new CallDesk({
      limits: [],
      breakers: { orders: plain, account: plain, quotes: plain },
      throttle: throttleOptions.parse({ startRate: 1_000, maxRate: 1_000 }),
      ...{ laneBound: 100, callTimeoutMs: Infinity, timers: new FakeTimers() },
      ...{ monotonic: clock.monotonic, now: clock.now, random: () => 0.5 },
      load: () => ({ averageCycleMs: 0, loopDelayMs: 0 }),
    })
    const venue = (quotes: Quotes): Venue => {
      const paced = pacedBroker(account.venue(quotes) as unknown as Broker, {
        desk,
        mayLeave: () => true,
        isWanted: order => system.isWanted(order),
        urgencyOf: () => 1,
        isAwaited: () => false,
        areOrdersAwaited: () => false,
      })
      return { ...paced, priced: () => undefined }
    }
    system = await LiveSystem.open({
      ...{ keeper: new MemoryKeeper(), venue, clock, beforeGuard: account.deposit },
      callTimeoutMs: Infinity,
      onLine: () => undefined,
      onFatal: error => expect.fail(error.message),
    })
    await system.add(aPosition(), { stopLoss: { pct: 10 } }, 'test')
    desk.handle('orders', forceOpen)
    system.byHand.exit(positionId('p1'), 'manual')
    await until(() => desk.limits.some(({ lanes }) => lanes.queues.exits.length > 0))
  })

  afterEach(() => system.stop())

  function closeBreaker(): void {
    desk.handle('orders', reset)
    now += 1_000
    desk.cycle()
  }

  it('sends what has waited for the breaker', () => {
    closeBreaker()
    expect(account.placed).to.equal(1)
  })

  it('sends no exit of a position that was released while the exit waited for the breaker', async () => {
    await system.release(positionId('p1'), 'test')
    await until(() => system.core.book.exits.record(positionId('p1')) === undefined)
    closeBreaker()
    expect(account.placed).to.equal(0)
  })
})
