import { type ActorSystem, type Down, type Ref, send } from '../actors/actor.ts'
import { gateway, gatewayState } from '../actors/gateway.ts'
import type { GatewayParts } from '../actors/gateway-calls.ts'
import { OpenCalls } from '../actors/liveness.ts'
import type { GatewayMessage } from '../actors/messages.ts'
import { WatchkeeperError } from '../errors.ts'
import type { KillSwitch } from '../exits/kill-switch.ts'
import type { ExitRecord } from '../exits/ledger.ts'

export interface GatewayLivesParts extends Omit<GatewayParts, 'self' | 'track'> {
  readonly actors: ActorSystem
  /** Time beyond a call's own limit after which the incarnation that started it is replaced, ms. */
  readonly handlerDeadlineMs: number
  /** Every exit that is not over, as a new incarnation must take it, and the kill switch. */
  kept(): { readonly exits: readonly ExitRecord[]; readonly killSwitch: KillSwitch }
}

/**
 * Starts the incarnations of the gateway, each from what is kept. What a call of an earlier one
 * brings back goes to that one, which is not there any more: late results change nothing.
 */
export class GatewayLives {
  private readonly parts: GatewayLivesParts
  private calls = new OpenCalls()

  constructor(parts: GatewayLivesParts) {
    this.parts = parts
  }

  start(epoch: number, onDown: (down: Down) => void): Ref<GatewayMessage> {
    const { actors, kept, ...rest } = this.parts
    const calls = new OpenCalls()
    const parts: GatewayParts = {
      ...rest,
      broker: followed(rest.broker, call => calls.begin(call, actors.clock.monotonic())),
      self: message => send(ref, message),
      track: call => actors.track(call),
    }
    const ref: Ref<GatewayMessage> = actors.spawn({
      ...{ name: 'gateway', epoch, onDown },
      initialState: gatewayState(parts, kept()),
      handle: gateway,
    })
    this.calls = calls
    return ref
  }

  /** Why the present incarnation must be replaced: a call that did not even end at its own limit. */
  hungReason(): WatchkeeperError | undefined {
    const { actors, callTimeoutMs, handlerDeadlineMs } = this.parts
    const since = this.calls.oldestAt
    if (since === undefined) return undefined
    const lastedMs = actors.clock.monotonic() - since
    if (lastedMs <= callTimeoutMs + handlerDeadlineMs) return undefined
    return new WatchkeeperError(
      'ACTOR_HUNG',
      `a call has not ended after ${lastedMs.toFixed(0)} ms`,
    )
  }
}

/**
 * Tells of every call of a broker that is under way. A store that does not answer is another matter:
 * a new incarnation would wait for it just the same.
 */
const followed = <Broker extends object>(
  broker: Broker,
  begun: (call: Promise<unknown>) => void,
): Broker =>
  new Proxy(broker, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...given: unknown[]): unknown => {
        const result: unknown = Reflect.apply(value, target, given)
        if (result instanceof Promise) begun(result)
        return result
      }
    },
  })
