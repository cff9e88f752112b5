import type { PositionState } from '../domain/position.ts'
import type { HealthCheck, HealthSnapshot } from '../ports/control/health.ts'
import type { LostFolder, StoreStatus } from '../ports/store.ts'
import { accountChecks, type AccountFacts } from './account-checks.ts'
import { counted, draft, MOST_DETAILS, type Draft, type Trouble } from './checks.ts'
import { exitableChecks, type ExitableFacts } from './exitable-checks.ts'
import { netChecks, type NetFacts } from './net-checks.ts'
import { folderChecks, storeChecks } from './store-checks.ts'

export type { Trouble } from './checks.ts'

/** Findings of a monitoring cycle; health is derived from nothing else. */
export interface HealthFacts {
  /** Epoch ms. */
  readonly now: number
  readonly startedAt: number
  readonly isRunning: boolean
  readonly actors: { readonly alive: number; readonly expected: number; readonly restarts: number }
  /** Open positions by their state: each is counted once. */
  readonly positions: Readonly<Record<PositionState, number>>
  /** Unguarded time in this process, summed over all positions, ms. */
  readonly unguardedMs?: number
  /**
   * Unguarded positions that count as failures: an old price is left out, a first price has a grace
   * period.
   */
  readonly unguarded: readonly Trouble[]
  /** Positions of the file that are not guarded. */
  readonly refusedEntries?: readonly Trouble[]
  /** Actors that exist once and are in restart backoff or quarantined. */
  readonly downActors?: readonly Trouble[]
  /** Positions whose rules are not evaluated: the caretaker holds their last levels. */
  readonly quarantined?: readonly Trouble[]
  /** Positions with a rule that throws, and those where it has thrown too often. */
  readonly ruleErrors?: readonly Trouble[]
  readonly failingRules?: readonly Trouble[]
  /** Exits that wait longer than allowed. */
  readonly overdueExits: readonly Trouble[]
  /** Instruments whose price is older than allowed. */
  readonly stalePrices: readonly Trouble[]
  /** Instruments that rules compare and that never had a price. */
  readonly unpriced?: readonly Trouble[]
  readonly killSwitch: string
  /** Errors of the store since its last write that went well. */
  readonly storeErrors: number
  /** Undefined where it is unknown. */
  readonly store?: StoreStatus
  /** Folders besides the store's that were deleted or replaced while they are in use. */
  readonly lostFolders?: readonly LostFolder[]
  /** Errors of calls to the broker since the start. */
  readonly brokerErrors: number
  readonly badTicks: number
  /** The broker refused the credentials of the last call. */
  readonly unauthorized?: readonly Trouble[]
  /** Breakers that are not closed, and throttles far below what the venue has allowed. */
  readonly openBreakers?: readonly Trouble[]
  readonly slowThrottles?: readonly Trouble[]
  /** Connections to Redis that are down or refused something. */
  readonly redisTroubles?: readonly Trouble[]
  /** The account is not as configured; undefined: it is not at a venue that says. */
  readonly modeTroubles?: readonly Trouble[] | undefined
  /** Streams of a venue that are down or refused something; undefined: none is used. */
  readonly streamTroubles?: readonly Trouble[] | undefined
  /** Advisors that do not run; absent: none is configured. */
  readonly advisorTroubles?: readonly Trouble[] | undefined
  /** Delay of timers (p99 of the last minute), ms, and the threshold from which it is reported. */
  readonly loopDelayMs?: number
  readonly slowLoopMs?: number
  readonly mode: 'guard' | 'observe'
  /** Daily loss limits that are reached, and that have come near. */
  readonly trippedLimits: readonly Trouble[]
  readonly nearLimits: readonly Trouble[]
  /** Why the account was stopped while others of the process are guarded; undefined: it was not. */
  readonly stoppedAccount?: string | undefined
  /** Chaos injects faults. */
  readonly isChaosOn?: boolean
  /** How often the wall clock was set within the last hour. */
  readonly clockJumps: number
  /** A jump of the wall clock that the service does not follow yet. */
  readonly clockPending?:
    { readonly movedMs: number; readonly forMs: number; readonly needsPerson: boolean } | undefined
  /** Instruments with a jump that no second price has confirmed yet. */
  readonly unconfirmedPrices: readonly Trouble[]
  /** Instruments with a price although their market is closed. */
  readonly pricesOutsideHours: readonly Trouble[]
  /** Instruments whose last price has a time ahead of the clock. */
  readonly pricesAhead?: readonly Trouble[]
  /** Channels that accept no messages, and a crash loop. */
  readonly news?: {
    readonly undelivered: readonly Trouble[]
    /** Channels whose commands cannot be read. */
    readonly commands?: readonly Trouble[]
    readonly crashLoop: string | undefined
  }
  /** Whether exits could be carried out; undefined: it is not evaluated. */
  readonly exitable?: ExitableFacts | undefined
  readonly nets?: NetFacts | undefined
  /** Undefined where there is no account to check. */
  readonly account?: AccountFacts
}

/** Evaluates the findings of a cycle. `fail`: a person must act; `warn`: a person should check. */
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
    ...(facts.advisorTroubles !== undefined && {
      'advisors:down': counted('component', facts.advisorTroubles, 'warn'),
    }),
    'notify:undelivered': counted('component', facts.news?.undelivered ?? [], 'warn'),
    'notify:commands': counted('component', facts.news?.commands ?? [], 'warn'),
    'service:loop-delay': loopDelay(facts),
    'clock:jumps': clock(facts),
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
