import { expect } from 'chai'
import { CallDesk } from '../../src/actors/call-desk.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import type { Broker } from '../../src/ports/broker.ts'
import { breakerOptions } from '../../src/resilience/breaker-options.ts'
import { throttleOptions } from '../../src/resilience/throttle.ts'
import { pacedBroker } from '../../src/system/paced-broker.ts'
import { FakeTimers } from '../support/fake-timers.ts'
import { anOrder } from '../support/http-broker.ts'

describe('pacedBroker', () => {
  let timers: FakeTimers
  let sent: string[]
  let broker: Broker
  let awaited = ''
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
      quotes: (instruments: readonly string[]) => note(instruments.join(' '))(),
    } as unknown as Broker
    broker = pacedBroker(venue, {
      desk,
      mayLeave: () => true,
      urgencyOf: () => 1,
      isAwaited: ({ instrument }) => instrument === awaited,
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

  it('asks for prices that wait together in one call, each instrument once', () => {
    void broker.holding({ instrument: instrumentId('FIRST') }, signal)
    for (const name of ['A', 'B', 'A']) void broker.quotes([instrumentId(name)], signal)
    waitFor(3)
    expect(sent).to.deep.equal(['FIRST', 'A B'])
  })
})
