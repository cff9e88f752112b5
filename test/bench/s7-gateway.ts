import { actorSystem, send, type Ref } from '../../src/actors/actor.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { CallDesk } from '../../src/calls/call-desk.ts'
import { pacedBroker } from '../../src/calls/paced-broker.ts'
import type { ClientOrderId } from '../../src/domain/order.ts'
import type { Broker } from '../../src/ports/broker.ts'
import { breakerOptions } from '../../src/resilience/breaker-options.ts'
import { throttleOptions } from '../../src/resilience/throttle.ts'
import { bareNact } from './bare-nact.ts'
import { figure, interleaved, perSecond, type Figure } from './report.ts'

const CALLS = 20_000
/** Calls under way at once: fewer than may be in flight. */
const AT_ONCE = { one: 1, ten: 10 }
const ROUNDS = 5
const UNLIMITED = throttleOptions.parse({ startRate: 1e9, maxRate: 1e9 })

/** A broker that knows the answer already. */
const venue = { orderByClientId: () => Promise.resolve({ kind: 'unknown' }) } as unknown as Broker

function aDesk(): CallDesk {
  const plain = breakerOptions.parse({})
  return new CallDesk({
    limits: [],
    breakers: { orders: plain, account: plain, quotes: plain },
    throttle: UNLIMITED,
    laneBound: 1_000,
    callTimeoutMs: 5_000,
    timers: machineTimers,
    monotonic: () => performance.now(),
    now: Date.now,
    random: Math.random,
    load: () => ({ averageCycleMs: 0, loopDelayMs: 0 }),
  })
}

type Message = { readonly kind: 'call'; readonly id: string } | { readonly kind: 'settled' }

/** A message that causes a call, and the message that says how it ended, through everything between. */
async function throughTheDesk(atOnce: number): Promise<number> {
  const actors = actorSystem()
  const broker = pacedBroker(venue, {
    desk: aDesk(),
    maySendNow: () => true,
    isAwaited: () => false,
    areOrdersAwaited: () => false,
    urgencyOf: () => 0,
  })
  const { signal } = new AbortController()
  let settled = 0
  let allSettled = (): void => undefined
  const caller: Ref<Message> = actors.spawn<null, Message>({
    name: 'caller',
    epoch: 1,
    initialState: null,
    handle: (state, message) => {
      if (message.kind === 'call') {
        const call = broker.orderByClientId(message.id as ClientOrderId, signal)
        void call.then(() => send(caller, { kind: 'settled' }))
      } else if (++settled % atOnce === 0) allSettled()
      return state
    },
    onDown: ({ reason }) => {
      throw reason
    },
  })
  for (let call = 0; call < CALLS; call += atOnce) {
    const done = new Promise<void>(resolve => (allSettled = resolve))
    for (let each = 0; each < atOnce; each++) send(caller, { kind: 'call', id: `o${each}` })
    await done
  }
  actors.stopAll()
  return CALLS
}

/** The same number of messages to an actor that does nothing. */
async function bare(atOnce: number): Promise<number> {
  const actors = bareNact(1)
  const bursts = Array.from({ length: CALLS / atOnce }, () => atOnce)
  await actors.tickEach(1, bursts)
  actors.stop()
  return CALLS
}

/** S7: one call from message to `settled`, without a network, against one bare message of nact. */
export async function gateway(): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const [name, atOnce] of Object.entries(AT_ONCE)) {
    const rates = await interleaved(ROUNDS, {
      ours: () => perSecond(() => throughTheDesk(atOnce)),
      bare: () => perSecond(() => bare(atOnce)),
    })
    const title = `S7 call from message to settled, ${name} at once, against a bare message`
    figures.push(figure(title, 'µs', 1e6 / rates.ours, 1e6 / rates.bare))
  }
  return figures
}
