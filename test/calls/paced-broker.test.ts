import { setMaxListeners } from 'node:events'
import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import type { Venue } from '../../src/account/options.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { CallDesk } from '../../src/calls/call-desk.ts'
import { pacedBroker } from '../../src/calls/paced-broker.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Broker } from '../../src/ports/broker.ts'
import type { JournalLine } from '../../src/ports/journal-lines.ts'
import type { Quotes } from '../../src/ports/quotes.ts'
import { forceOpen, reset } from '../../src/resilience/breaker-hand.ts'
import { breakerOptions } from '../../src/resilience/breaker-options.ts'
import { throttleOptions } from '../../src/resilience/throttle.ts'
import { exitView } from '../../src/views/exit-view.ts'
import { aPosition } from '../support/builders.ts'
import { FakeTimers } from '../support/fake-timers.ts'
import { anOrder } from '../support/http-broker.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'
import { until } from '../support/until.ts'

describe('pacedBroker', () => {
  let timers: FakeTimers
  let sent: string[]
  let broker: Broker
  let awaited = ''
  let areOrdersAwaited = false
  const { signal } = new AbortController()
  // All calls of a test wait under it.
  setMaxListeners(0, signal)

  beforeEach(() => {
    timers = new FakeTimers()
    sent = []
    const plain = breakerOptions.parse({})
    const desk = new CallDesk({
      limits: [],
      breakers: { orders: plain, account: plain, quotes: plain },
      throttle: throttleOptions.parse({ startRate: 1, maxRate: 1 }),
      laneBound: 100,
      callTimeoutMs: Infinity,
      timers,
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
      placeStop: note('stop'),
      orderByClientId: note('order'),
      holding: ({ instrument }: { instrument: string }) => note(instrument)(),
      holdings: note('list'),
      openOrders: note('orders'),
      quotes: (instruments: readonly string[]) => note(instruments.join(' '))(),
    } as unknown as Broker
    broker = pacedBroker(venue, {
      desk,
      maySendNow: () => true,
      urgencyOf: () => 1,
      isAwaited: ({ instrument }) => instrument === awaited,
      areOrdersAwaited: () => areOrdersAwaited,
    })
  })

  const waitFor = (calls: number): void => {
    for (let second = 0; second < calls; second++) timers.pass(1_000)
  }

  it('sends a resting stop after every exit and cancel, though it came first', () => {
    const stop = { ...anOrder(), trigger: { price: 80, by: 'last' } } as const
    void broker.holding({ instrument: instrumentId('FIRST') }, signal)
    void broker.placeStop!(stop, signal)
    void broker.placeExit(anOrder(), signal)
    waitFor(2)
    expect(sent).to.deep.equal(['FIRST', 'exit', 'stop'])
  })

  it('sends exits, then order queries, then holding queries, then price queries', () => {
    void broker.holding({ instrument: instrumentId('FIRST') }, signal)
    void broker.quotes([instrumentId('A')], signal)
    void broker.holding({ instrument: instrumentId('B') }, signal)
    void broker.orderByClientId(anOrder().clientOrderId, signal)
    void broker.placeExit(anOrder(), signal)
    waitFor(4)
    expect(sent).to.deep.equal(['FIRST', 'exit', 'order', 'B', 'A'])
  })

  it('first sends the query that an exit waits for, also where that need arose later', () => {
    for (const name of ['A', 'B', 'C', 'D'])
      void broker.holding({ instrument: instrumentId(name) }, signal)
    void broker.holdings(signal)
    awaited = 'C'
    waitFor(1)
    awaited = ''
    waitFor(3)
    expect(sent).to.deep.equal(['A', 'C', 'B', 'D', 'list'])
  })

  it('queries the working orders first while an exit may wait for them', () => {
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

describe('pacedBroker of an account', () => {
  const ACME = instrumentId('ACME')
  let venue: TestVenue
  let lines: JournalLine[]
  let now = 1_000
  const clock = { now: () => now, monotonic: () => now }
  const plain = breakerOptions.parse({})
  let desk: CallDesk
  let account: Account

  beforeEach(async () => {
    venue = new TestVenue()
    lines = []
    desk = new CallDesk({
      limits: [],
      breakers: { orders: plain, account: plain, quotes: plain },
      throttle: throttleOptions.parse({ startRate: 1_000, maxRate: 1_000 }),
      laneBound: 100,
      callTimeoutMs: Infinity,
      timers: new FakeTimers(),
      monotonic: clock.monotonic,
      now: clock.now,
      random: () => 0.5,
      load: () => ({ averageCycleMs: 0, loopDelayMs: 0 }),
    })
    const pacedVenue = (quotes: Quotes): Venue => {
      const paced = pacedBroker(venue.venue(quotes) as unknown as Broker, {
        desk,
        maySendNow: () => true,
        urgencyOf: () => 1,
        isAwaited: () => false,
        areOrdersAwaited: () => false,
      })
      return { ...paced, priced: () => undefined }
    }
    account = await openAccount({
      keeper: new MemoryRepository(),
      venue: pacedVenue,
      clock,
      beforeGuard: venue.deposit,
      timers: machineTimers,
      callTimeoutMs: Infinity,
      onLine: line => lines.push(line),
      onFatal: error => expect.fail(error.message),
    })
    await account.add(aPosition({ quantity: 5 }), { stopLoss: { pct: 10 } }, 'test')
    desk.handle('orders', forceOpen)
    account.manualExits.exit(positionId('p1'), 'manual')
    await until(() => {
      now++
      desk.cycle()
      return desk.limits.some(({ lanes }) => lanes.queues.exits.length > 0)
    })
  })

  afterEach(() => account.stop())

  function closeBreaker(): void {
    desk.handle('orders', reset)
    now += 1_000
    desk.cycle()
  }

  /** Runs so many monitoring cycles, with everything that follows from each. */
  async function cycles(count: number): Promise<void> {
    for (let done = 0; done < count; done++) {
      now += 500
      account.cycle()
      for (let turn = 0; turn < 8; turn++) {
        now++
        desk.cycle()
        await new Promise(setImmediate)
      }
    }
  }
  const view = (accountWhy?: string) => {
    const times = { steadyMs: account.clock.steady(), monotonicMs: now }
    return exitView({ account, waits: { account, desk, accountWhy, ...times } }, positionId('p1'))
  }
  const stateOf = (): string | undefined => view()?.state
  const isOpen = (): boolean => account.state.positions.get(positionId('p1'))?.state === 'open'

  it('shows an order as queued while it waits for the breaker, and sends it then', async () => {
    expect(stateOf()).to.equal('queued')
    expect(view()?.waitsFor).to.equal('a person: the circuit breaker of orders was opened by hand')
    expect(view('the kill switch is halt')?.waitsFor).to.equal(
      'the account: the kill switch is halt',
    )
    now++
    desk.handle('orders', reset)
    expect(venue.placed).to.equal(1)
    await cycles(2)
    expect([...venue.fills.values()].map(({ quantity }) => quantity)).to.deep.equal([5])
    expect(isOpen()).to.equal(false)
  })

  it('sends nothing of a position that was closed by hand while its exit waited for the breaker', async () => {
    venue.trade(ACME, -5)
    await cycles(4)
    expect(isOpen()).to.equal(false)
    closeBreaker()
    await cycles(4)
    expect(venue.placed).to.equal(0)
    expect(lines.map(({ kind }) => kind)).to.include('exit-closed')
  })

  it('sends the remaining quantity of a position that was partly closed while its exit waited', async () => {
    venue.trade(ACME, -2)
    await cycles(4)
    closeBreaker()
    await cycles(4)
    expect(isOpen()).to.equal(false)
    expect([...venue.fills.values()].map(({ quantity }) => quantity)).to.deep.equal([3])
  })

  it('queries the holding again before an order is sent that has waited', async () => {
    venue.trade(ACME, -5)
    now += 1_001
    closeBreaker()
    await cycles(4)
    expect([venue.placed, isOpen()]).to.deep.equal([0, false])
  })

  it('waits for an answer about the holding when orders work again before queries do', async () => {
    venue.isDown = true
    venue.trade(ACME, -5)
    now += 1_001
    closeBreaker()
    await cycles(70)
    expect([venue.placed, stateOf()]).to.deep.equal([0, 'intended'])
    expect(lines.filter(({ kind }) => kind === 'exit-unverified')).to.have.length(1)
    venue.isDown = false
    await cycles(4)
    expect([venue.placed, isOpen()]).to.deep.equal([0, false])
  })

  it('sends no exit of a position that was released while the exit waited for the breaker', async () => {
    await account.release(positionId('p1'), 'test')
    await until(() => account.engine.book.exits.record(positionId('p1')) === undefined)
    closeBreaker()
    expect(venue.placed).to.equal(0)
  })
})
