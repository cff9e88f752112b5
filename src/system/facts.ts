import type { TradingHours } from '../domain/instrument.ts'
import { isOpenAt } from '../risk/hours.ts'
import { accountFacts } from './exit-view.ts'
import type { Child } from '../actors/roster.ts'
import type { LiveSystem } from './live.ts'
import { guardingOf } from './supervision.ts'
import type { HealthFacts, Trouble } from '../observability/health.ts'

interface Limits {
  /** Epoch ms. */
  readonly now: number
  readonly startedAt: number
  readonly exitOverdueMs: number
  readonly staleMs: number
}

/** A price that came this short ago, while the market was closed, is told of, ms. */
const OUTSIDE_MS = 60_000
/** Time for which a jump of the clock is told of, ms. */
const CLOCK_MS = 3_600_000

/** What a monitoring cycle finds in the live system. */
export function healthFacts(
  system: LiveSystem,
  { now, startedAt, exitOverdueMs, staleMs }: Limits,
): HealthFacts {
  const { core, state } = system
  const { register, openExits } = state
  const stale = new Map<string, number>()
  const outsideHours = new Set<string>()
  const unguarded: Trouble[] = []
  const quarantined: Trouble[] = []
  const ruleErrors: Trouble[] = []
  const failingRules: Trouble[] = []
  let expected = 0
  let guarded = 0
  for (const { position, state: life } of register.values()) {
    if (life !== 'open') continue
    const child = core.roster.get(position.id)
    if (child === undefined || openExits.has(position.id)) continue
    expected++
    if (guardingOf(core.roster, child) === 'nobody') unguarded.push(troubleOf(child))
    else guarded++
    if (child.watch.kind === 'given-up') quarantined.push(troubleOf(child))
    const { ruleErrors: errors } = child.guard
    if (errors > 0) {
      const trouble = { what: `${position.id}: ${errors} times in a row a rule has thrown` }
      ;(errors >= system.supervision.ruleErrors ? failingRules : ruleErrors).push(trouble)
    }
    const { lastAt } = child.guard.own.stream
    const quietMs = now - Math.max(lastAt, startedAt)
    const { hours } = system.instruments.of(position.instrument)
    const isOpen = hours === undefined || isOpenNow(hours, now)
    if (isOpen && quietMs > staleMs) stale.set(position.instrument, quietMs)
    if (!isOpen && now - lastAt < OUTSIDE_MS) outsideHours.add(position.instrument)
  }
  const near = state.limits.warned.filter(name => !state.limits.tripped.includes(name))
  const overdue = [...openExits.values()].filter(
    ({ intendedAt }) => now - intendedAt > exitOverdueMs,
  )
  return {
    now,
    startedAt,
    isRunning: true,
    actors: {
      alive: guarded,
      expected,
      restarts: system.supervisionView.restartsInWindow(),
    },
    positions: { guarded, exiting: openExits.size },
    ...{ unguarded, quarantined, ruleErrors, failingRules },
    downActors: system.supervisionView.down(),
    overdueExits: overdue.map(({ positionId, intendedAt, state }): Trouble => ({
      what: `${positionId} (${state.kind})`,
      forMs: now - intendedAt,
    })),
    stalePrices: [...stale].map(([what, forMs]) => ({ what, forMs })),
    killSwitch: system.state.killSwitch.state,
    storeErrors: system.storeErrors,
    brokerErrors: system.state.brokerErrors,
    badTicks: system.gate.bad,
    mode: system.isObserving ? 'observe' : 'guard',
    trippedLimits: state.limits.tripped.map(what => ({ what })),
    nearLimits: near.map(what => ({ what })),
    clockJumps: system.clockWatch.recent(CLOCK_MS),
    unconfirmedPrices: system.gate.unconfirmed(now).map(([what, forMs]) => ({ what, forMs })),
    pricesOutsideHours: [...outsideHours].map(what => ({ what })),
    account: accountFacts(system, now),
  }
}

const troubleOf = ({ guard, crashes }: Child): Trouble => ({
  what: `${guard.position.id}: its monitor crashed (${crashes.lastError ?? 'no error'})`,
})

/** Hours are in minutes, and finding them out costs more than a position's share of a cycle. */
const lookedUp = new WeakMap<TradingHours, { readonly minute: number; readonly isOpen: boolean }>()

function isOpenNow(hours: TradingHours, now: number): boolean {
  const minute = Math.floor(now / 60_000)
  const known = lookedUp.get(hours)
  if (known?.minute === minute) return known.isOpen
  const isOpen = isOpenAt(hours, now)
  lookedUp.set(hours, { minute, isOpen })
  return isOpen
}
