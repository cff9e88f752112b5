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

/**
 * The calls for exits, which fail while a fault lasts. A call that times out was executed all the same:
 * the worst case of a broker. A call that hangs ignores its abort signal.
 */
export function chaosCalls(next: ChosenCalls, deps: ChaosBrokerDeps): ChosenCalls {
  const suffer = async <Answer>(
    call: () => Promise<Answer>,
    signal: AbortSignal,
  ): Promise<Answer> => {
    const fault = deps.fault()
    if (fault === undefined) return call()
    deps.hit(fault.kind)
    switch (fault.kind) {
      case 'broker-refuses':
        throw new NotSent('chaos: the broker refuses')
      case 'broker-times-out':
        await call()
        await until(deps.timers, fault.leftMs, [deps.ended, signal])
        throw new OutcomeUnknown('chaos: the answer is lost')
      case 'gateway-hangs':
        await until(deps.timers, fault.leftMs, [deps.ended])
        throw new OutcomeUnknown('chaos: the call hung')
    }
  }
  return {
    placeExit: (order, signal) => suffer(() => next.placeExit(order, signal), signal),
    orderByClientId: (id, signal, instrument) =>
      suffer(() => next.orderByClientId(id, signal, instrument), signal),
    cancel: (id, signal, instrument) => suffer(() => next.cancel(id, signal, instrument), signal),
  }
}

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
