import { NotSent, OutcomeUnknown } from '../errors.ts'
import type { Broker } from '../ports/broker.ts'
import type { Timers } from '../ports/timers.ts'

/** What goes wrong with the calls of a broker at the moment. */
export type BrokerFault = 'broker-refuses' | 'broker-times-out' | 'gateway-hangs'

export interface ChaosBrokerParts {
  readonly timers: Timers
  /** Aborts when chaos ends: what it holds back goes on. */
  readonly ended: AbortSignal
  /** The fault that holds, and for how long yet, ms. */
  fault(): { readonly kind: BrokerFault; readonly leftMs: number } | undefined
  /** Told of each call that it hits. */
  hit(kind: BrokerFault): void
}

/** The calls that are hit. */
export type ChosenCalls = Pick<Broker, 'placeExit' | 'orderByClientId' | 'cancel'>

const CALLS = new Set<string | symbol>(['placeExit', 'orderByClientId', 'cancel'])

/**
 * The same broker, whose calls for exits fail while a fault holds. A call that times out has been
 * carried out all the same: the worst that a broker can do. One that hangs does not even end when it
 * is told to.
 */
export function chaosBroker<Each extends ChosenCalls>(venue: Each, parts: ChaosBrokerParts): Each {
  const call = async (method: Method, given: unknown[]): Promise<unknown> => {
    const fault = parts.fault()
    if (fault === undefined) return method.apply(venue, given)
    parts.hit(fault.kind)
    switch (fault.kind) {
      case 'broker-refuses':
        throw new NotSent('chaos: the broker refuses')
      case 'broker-times-out':
        await method.apply(venue, given)
        await until(parts.timers, fault.leftMs, [parts.ended, ...given.filter(isSignal)])
        throw new OutcomeUnknown('chaos: the answer is lost')
      case 'gateway-hangs':
        await until(parts.timers, fault.leftMs, [parts.ended])
        throw new OutcomeUnknown('chaos: the call hung')
    }
  }
  return new Proxy(venue, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      if (!CALLS.has(key)) return (value as Method).bind(target) as unknown
      return (...given: unknown[]) => call(value as Method, given)
    },
  })
}

const isSignal = (value: unknown): value is AbortSignal => value instanceof AbortSignal

type Method = (...given: unknown[]) => unknown

/** Resolves after `ms`, or as soon as one of the signals aborts. */
function until(timers: Timers, ms: number, signals: AbortSignal[]): Promise<void> {
  return new Promise(resolve => {
    const cancel = timers.after(ms, resolve)
    const end = (): void => {
      cancel()
      resolve()
    }
    const signal = AbortSignal.any(signals)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end)
  })
}
