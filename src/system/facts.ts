import type { LiveSystem } from './live.ts'
import type { HealthFacts, Trouble } from '../observability/health.ts'

interface Limits {
  /** Epoch ms. */
  readonly now: number
  readonly startedAt: number
  readonly exitOverdueMs: number
  readonly staleMs: number
}

/** What a monitoring cycle finds in the live system. */
export function healthFacts(
  system: LiveSystem,
  { now, startedAt, exitOverdueMs, staleMs }: Limits,
): HealthFacts {
  const { core, state } = system
  const { register, openExits, unattended } = state
  const stale = new Map<string, number>()
  let open = 0
  let guarded = 0
  for (const { position, state: life } of register.values()) {
    if (life !== 'open') continue
    open++
    const child = core.roster.get(position.id)
    if (child === undefined || openExits.has(position.id)) continue
    guarded++
    const quietMs = now - Math.max(child.guard.own.stream.lastAt, startedAt)
    if (quietMs > staleMs) stale.set(position.instrument, quietMs)
  }
  const overdue = [...openExits.values()].filter(
    ({ intendedAt }) => now - intendedAt > exitOverdueMs,
  )
  return {
    now,
    startedAt,
    isRunning: true,
    actors: {
      alive: core.roster.size - unattended.size,
      expected: guarded,
      restarts: system.state.restarts,
    },
    positions: { guarded: guarded - unattended.size, exiting: openExits.size },
    unguarded: [...unattended].map(id => ({ what: `${id}: its monitor crashed too often` })),
    overdueExits: overdue.map(({ positionId, intendedAt, state }): Trouble => ({
      what: `${positionId} (${state.kind})`,
      forMs: now - intendedAt,
    })),
    stalePrices: [...stale].map(([what, forMs]) => ({ what, forMs })),
    killSwitch: system.state.killSwitch.state,
    storeErrors: system.storeErrors,
    brokerErrors: system.state.brokerErrors,
    badTicks: system.gate.bad,
  }
}
