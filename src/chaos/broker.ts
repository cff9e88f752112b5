import { NotSent, OutcomeUnknown } from '../errors.ts'
import type { Broker } from '../ports/broker.ts'
import type { Timers } from '../ports/timers.ts'

/** The present fault of a broker's calls. */
export type BrokerFault = 'broker-refuses' | 'broker-times-out' | 'gateway-hangs'

export interface ChaosBrokerDeps {
  readonly timers: Timers
  /** Aborts when chaos ends, which releases calls that it holds back. */
  readonly ended: AbortSignal
  /** The present fault, and how long it lasts, ms. */
  fault(): { readonly kind: BrokerFault; readonly leftMs: number } | undefined
  /** Called for each call that the fault hits. */
  hit(kind: BrokerFault): void
}

/** The calls that a fault can hit. */
export type ChosenCalls = Pick<Broker, 'placeExit' | 'orderByClientId' | 'cancel'>

const CALLS = new Set<string | symbol>(['placeExit', 'orderByClientId', 'cancel'])

/**
 * Wraps a broker so that its calls for exits fail while a fault lasts. A call that times out was
 * executed all the same: the worst case of a broker. A call that hangs ignores its abort signal.
 */
export function chaosBroker<Each extends ChosenCalls>(venue: Each, deps: ChaosBrokerDeps): Each {
  const call = async (method: Method, given: unknown[]): Promise<unknown> => {
    const fault = deps.fault()
    if (fault === undefined) return method.apply(venue, given)
    deps.hit(fault.kind)
    switch (fault.kind) {
      case 'broker-refuses':
        throw new NotSent('chaos: the broker refuses')
      case 'broker-times-out':
        await method.apply(venue, given)
        await until(deps.timers, fault.leftMs, [deps.ended, ...given.filter(isSignal)])
        throw new OutcomeUnknown('chaos: the answer is lost')
      case 'gateway-hangs':
        await until(deps.timers, fault.leftMs, [deps.ended])
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
