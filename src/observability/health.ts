import type { HealthCheck, HealthSnapshot } from '../ports/control/health.ts'
import { accountChecks } from './account-checks.ts'
import { brokerClockCheck } from './broker-clock.ts'
import { counted, draft, MOST_DETAILS, type Draft } from './checks.ts'
import { exitableChecks } from './exitable-checks.ts'
import type { HealthFacts } from './health-given.ts'
import { netChecks } from './net-checks.ts'
import { folderChecks, storeChecks } from './store-checks.ts'

export type { HealthFacts } from './health-given.ts'
export type { Trouble } from './checks.ts'

/**
 * Evaluates the findings of a cycle. `fail`: a person must act; `warn`: a person should check.
 *
 * @example
 * ```ts
 * import { healthStatus } from 'watchkeeper'
 *
 * const none = { unguarded: [], overdueExits: [], stalePrices: [], trippedLimits: [], nearLimits: [] }
 * const facts = { ...none, unconfirmedPrices: [], pricesOutsideHours: [], killSwitch: 'off' }
 * const counts = { storeErrors: 0, brokerErrors: 0, badTicks: 0, clockJumps: 0, startedAt: 0, now: 1_000 }
 * const positions = { guarded: 1, unguarded: 0, observed: 0, exiting: 0, closed: 0 }
 * const actors = { alive: 3, expected: 3, restarts: 0 }
 * const given = { ...facts, ...counts, positions, actors, isRunning: true, mode: 'guard' } as const
 * healthStatus(given).status // => 'pass'
 * healthStatus({ ...given, overdueExits: [{ what: 'a', forMs: 90_000 }] }).status // => 'fail'
 * ```
 */
export function healthStatus(facts: HealthFacts): HealthSnapshot {
  const time = new Date(facts.now).toISOString()
  const drafts = {
    ...failures(facts),
    ...(facts.account && accountChecks(facts.account)),
    ...(facts.exitable && exitableChecks(facts.exitable, facts.now)),
    ...(facts.nets && netChecks(facts.nets)),
    ...(facts.store && storeChecks(facts.store)),
    ...folderChecks([...(facts.store?.lost ?? []), ...(facts.lostFolders ?? [])]),
    ...warnings(facts),
    ...figures(facts),
  }
  const checks = Object.fromEntries(
    Object.entries(drafts).map(([name, draft]) => [name, [{ status: 'pass', ...draft, time }]]),
  ) as Record<string, readonly HealthCheck[]>
  const all = Object.entries(checks).map(([name, [check]]) => ({ name, check: check! }))
  const failing = all.filter(({ check }) => check.status === 'fail')
  const warning = all.filter(({ check }) => check.status === 'warn')
  return {
    status: failing.length > 0 ? 'fail' : warning.length > 0 ? 'warn' : 'pass',
    at: facts.now,
    output: [...failing, ...warning]
      .map(({ name, check }) => `${name}: ${check.output ?? String(check.observedValue)}`)
      .slice(0, MOST_DETAILS),
    checks,
  }
}

function failures(facts: HealthFacts): Record<string, Draft> {
  const { actors, unguarded, overdueExits, killSwitch, storeErrors, isRunning } = facts
  const missing = actors.expected - actors.alive
  return {
    'service:running': draft('system', isRunning, isRunning ? 'pass' : 'fail'),
    ...(facts.stoppedAccount !== undefined && {
      'account:stopped': {
        ...draft('component', true, 'fail'),
        output: `none of its positions is guarded: ${facts.stoppedAccount}`,
      },
    }),
    // All unguarded positions, also those with an old price: the states add up to the positions.
    'positions:unguarded': {
      ...counted('component', unguarded, 'fail'),
      observedValue: facts.positions.unguarded,
    },
    'positions:refused': counted('component', facts.refusedEntries ?? [], 'fail'),
    'actors:down': counted('component', facts.downActors ?? [], 'fail'),
    'positions:quarantined': counted('component', facts.quarantined ?? [], 'fail'),
    'rules:failing': counted('component', facts.failingRules ?? [], 'fail'),
    'exits:overdue': counted('component', overdueExits, 'fail'),
    'actors:missing': draft('component', missing, missing > 0 ? 'fail' : 'pass'),
    'broker:unauthorized': counted('component', facts.unauthorized ?? [], 'fail'),
    'gateway:kill-switch': draft(
      'component',
      killSwitch,
      killSwitch === 'halt' ? 'fail' : killSwitch === 'off' ? 'pass' : 'warn',
    ),
    'store:errors': draft('datastore', storeErrors, storeErrors > 0 ? 'fail' : 'pass'),
    ...(facts.modeTroubles !== undefined && {
      'account:position-mode': counted('component', facts.modeTroubles, 'fail'),
    }),
    'service:crash-loop': crashLoop(facts.news?.crashLoop),
  }
}

function warnings(facts: HealthFacts): Record<string, Draft> {
  const { actors, mode } = facts
  return {
    'rules:errors': counted('component', facts.ruleErrors ?? [], 'warn'),
    'prices:stale': counted('component', facts.stalePrices, 'warn'),
    'prices:missing': counted('component', facts.unpriced ?? [], 'warn'),
    'prices:unconfirmed': counted('component', facts.unconfirmedPrices, 'warn'),
    'prices:outside-hours': counted('component', facts.pricesOutsideHours, 'warn'),
    'prices:ahead': counted('component', facts.pricesAhead ?? [], 'warn'),
    'portfolio:limits-tripped': counted('component', facts.trippedLimits, 'warn'),
    'portfolio:limits-near': counted('component', facts.nearLimits, 'warn'),
    'service:mode': {
      ...draft('system', mode, mode === 'guard' ? 'pass' : 'warn'),
      ...(mode === 'observe' && { output: 'observe: exits are noted, none is sent' }),
    },
    'gateway:breakers': counted('component', facts.openBreakers ?? [], 'warn'),
    'gateway:throttles': counted('component', facts.slowThrottles ?? [], 'warn'),
    'service:chaos': {
      ...draft('system', facts.isChaosOn === true, facts.isChaosOn === true ? 'warn' : 'pass'),
      ...(facts.isChaosOn === true && { output: 'chaos is on: faults are injected on purpose' }),
    },
    'redis:connections': counted('datastore', facts.redisTroubles ?? [], 'warn'),
    ...(facts.streamTroubles !== undefined && {
      'feed:streams': counted('component', facts.streamTroubles, 'warn'),
    }),
    ...(facts.accountStreamTroubles !== undefined && {
      'account:stream': counted('component', facts.accountStreamTroubles, 'warn'),
    }),
    ...(facts.multiplierTroubles !== undefined && {
      'positions:multiplier': counted('component', facts.multiplierTroubles, 'warn'),
    }),
    ...(facts.withdrawalTroubles !== undefined && {
      'account:withdrawals': counted('component', facts.withdrawalTroubles, 'warn'),
    }),
    ...(facts.hookTroubles !== undefined && {
      'hooks:down': counted('component', facts.hookTroubles, 'warn'),
    }),
    ...(facts.advisorTroubles !== undefined && {
      'advisors:down': counted('component', facts.advisorTroubles, 'warn'),
    }),
    'notify:undelivered': counted('component', facts.news?.undelivered ?? [], 'warn'),
    'notify:commands': counted('component', facts.news?.commands ?? [], 'warn'),
    'service:loop-delay': loopDelay(facts),
    'clock:jumps': clock(facts),
    ...(facts.brokerClock && { 'broker:clock': brokerClockCheck(facts.brokerClock) }),
    'actors:restarts': draft('component', actors.restarts, actors.restarts > 0 ? 'warn' : 'pass'),
  }
}

const crashLoop = (output: string | undefined): Draft => ({
  ...draft('system', output !== undefined, output === undefined ? 'pass' : 'fail'),
  ...(output !== undefined && { output }),
})

function clock({ clockJumps, clockPending }: HealthFacts): Draft {
  if (clockPending === undefined) {
    return draft('system', clockJumps, clockJumps > 0 ? 'warn' : 'pass')
  }
  const { movedMs, needsPerson } = clockPending
  const by = `the machine's clock was set by ${(movedMs / 1_000).toFixed(0)} s and is not followed`
  return {
    ...draft('system', clockJumps, needsPerson ? 'fail' : 'warn'),
    output: needsPerson ? `${by}: is it right? Then accept it (watchkeeper clock accept)` : by,
  }
}

function loopDelay({ loopDelayMs = 0, slowLoopMs = Infinity }: HealthFacts): Draft {
  const isSlow = loopDelayMs > slowLoopMs
  const ms = Math.round(loopDelayMs)
  return {
    ...draft('system', ms, isSlow ? 'warn' : 'pass'),
    observedUnit: 'ms',
    ...(isSlow && { output: `the event loop is late by ${ms} ms: what holds it up?` }),
  }
}

function figures(facts: HealthFacts): Record<string, Draft> {
  const uptime = (facts.now - facts.startedAt) / 1000
  return {
    uptime: { ...draft('system', uptime, 'pass'), observedUnit: 's' },
    'actors:alive': draft('component', facts.actors.alive, 'pass'),
    'positions:guarded': draft('component', facts.positions.guarded, 'pass'),
    'positions:unguarded-time': {
      ...draft('component', (facts.unguardedMs ?? 0) / 1000, 'pass'),
      observedUnit: 's',
    },
    'positions:exiting': draft('component', facts.positions.exiting, 'pass'),
    'positions:observed': draft('component', facts.positions.observed, 'pass'),
    'broker:errors': draft('component', facts.brokerErrors, 'pass'),
    'feed:bad-ticks': draft('component', facts.badTicks, 'pass'),
  }
}
