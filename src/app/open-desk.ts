import { CallDesk } from '../calls/call-desk.ts'
import type { GatesSnapshot } from '../calls/gates-snapshot.ts'
import type { LimitShare, SharedLimits } from '../calls/shared-limits.ts'
import type { ServiceConfig } from '../config/schema.ts'
import type { Meters } from '../observability/meters.ts'
import type { Broker } from '../ports/broker.ts'
import type { Clock } from '../ports/clock.ts'
import type { Throttle } from '../resilience/throttle.ts'
import { machineTimers } from './machine-timers.ts'

export interface OpenDeskDeps {
  /** Name of the account. */
  readonly name: string
  /** The limits that accounts of this process share. */
  readonly sharedLimits: SharedLimits
  readonly config: ServiceConfig
  readonly clock: Clock
  readonly performance: Meters
  /** Breakers and throttles as an earlier process left them. */
  readonly past: GatesSnapshot | undefined
}

/** A simulated account has no limit of calls. */
const UNLIMITED = { startRate: 1_000, maxRate: 1_000 }

/** The desk at which every call to the broker waits its turn. */
export function openDesk(
  broker: Broker,
  { name, sharedLimits, config, clock, performance, past }: OpenDeskDeps,
): CallDesk {
  const { breakers, laneBound } = config.gateway
  const { startRate, maxRate } = config.gateway.throttle
  const throttle = {
    startRate,
    maxRate,
    ...(config.broker.kind === 'paper' && UNLIMITED),
  }
  const shared = config.broker.kind === 'paper' ? undefined : config.gateway.limits
  const shareOf = (limit: string, own: Throttle): LimitShare | undefined =>
    shared === undefined || shared.names?.includes(limit) === false
      ? undefined
      : sharedLimits.shareOf(shared.shared, limit, name, own)
  const desk = new CallDesk({
    shareOf,
    limits: broker.capabilities.limits,
    breakers,
    throttle,
    laneBound,
    past,
    callTimeoutMs: config.broker.callTimeoutMs,
    timers: machineTimers,
    monotonic: () => clock.monotonic(),
    now: () => clock.now(),
    random: Math.random,
    hasNewCredentials: () => broker.hasNewCredentials?.() === true,
    onCall: ({ group, operation, ms }) => performance.callTook({ group, operation }, ms),
    load: () => ({
      averageCycleMs: performance.recentCycleMs,
      loopDelayMs: performance.loopDelayMs,
    }),
  })
  broker.onLimitUse?.(use => desk.gates.used(use))
  return desk
}
