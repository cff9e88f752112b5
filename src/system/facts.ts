import { accountFacts } from './exit-view.ts'
import type { Child } from '../actors/roster.ts'
import { isOpenNow } from './guarding.ts'
import type { LiveSystem } from './live.ts'
import type { UnguardedCause } from '../observability/metrics/facts.ts'
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

/** What is told of a position that is not guarded. */
const REASONS: Readonly<Record<Exclude<UnguardedCause, 'price'>, (child?: Child) => string>> = {
  halt: () => 'the kill switch is halt',
  store: () => 'the store refuses writes',
  monitor: child =>
    child === undefined
      ? 'it has no monitor yet'
      : `its monitor crashed (${child.crashes.lastError ?? 'no error'})`,
  down: () => 'no process was there',
}

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
  let missing = 0
  for (const registered of register.values()) {
    const { position } = registered
    if (registered.state !== 'open' || registered.observed !== undefined) continue
    const child = core.roster.get(position.id)
    const isExiting = openExits.has(position.id)
    const cause = system.guarding.causeOf(registered)
    // A price that is old alone is a warning: see `prices:stale`.
    if (cause !== undefined && cause !== 'price') {
      const forMs = system.guarding.lastsMs(position.id)
      unguarded.push({ what: `${position.id}: ${REASONS[cause](child)}`, forMs })
    }
    if (isExiting) continue
    expected++
    if (cause === undefined) guarded++
    if (cause === 'monitor') missing++
    if (child === undefined) continue
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
      alive: expected - missing,
      expected,
      restarts: system.supervisionView.restartsInWindow(),
    },
    positions: { guarded, exiting: openExits.size },
    unguardedMs: system.guarding.totalMs,
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
