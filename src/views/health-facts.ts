import type { Account } from '../account/account.ts'
import type { Found } from '../account/found.ts'
import type { Child } from '../actors/actor-registry.ts'
import type { InstrumentId, PositionId } from '../domain/ids.ts'
import type { UnguardedCause } from '../domain/unguarded.ts'
import { belowOf } from '../exits/exit-state.ts'
import type { HealthFacts, Trouble } from '../observability/health.ts'
import { accountFacts } from './exit-view.ts'
import { supervisionOf } from './supervision.ts'
import { unguardedText } from './unguarded-text.ts'

interface Limits {
  /** Epoch ms. */
  readonly now: number
  readonly startedAt: number
  readonly exitOverdueMs: number
  /** Time that a position may lack its first price, or may not be open yet, before health fails, ms. */
  readonly graceMs: number
}

/** Whether an exit waits because it is worth less than the smallest order: health has a check of its own for it. */
function isBelowMinimum({ engine: { book } }: Account, id: PositionId): boolean {
  const record = book.exits.record(id)
  return record !== undefined && belowOf(record.state) !== undefined
}

/** Time for which health shows a jump of the clock, ms. */
const CLOCK_MS = 3_600_000

/** Causes that are normal for a while after a start, or after a position was added. */
const GRACED: ReadonlySet<UnguardedCause> = new Set(['not-open', 'unpriced'])

/** The facts of an account for health; `found` is the sweep of this cycle. */
export function healthFacts(
  account: Account,
  { now, startedAt, exitOverdueMs, graceMs }: Limits,
  found: Found = account.coverage.sweep(),
): HealthFacts {
  return {
    now,
    startedAt,
    isRunning: true,
    ...supervisionFacts(account, found),
    ...guardingFacts(account, found, { now, startedAt, graceMs }),
    ...exitFacts(account, exitOverdueMs),
    ...priceFacts(account, found, { now, startedAt }),
    ...limitFacts(account),
    killSwitch: account.state.killSwitch.state,
    storeErrors: account.storeErrors,
    mode: account.isObserving ? 'observe' : 'guard',
    clockJumps: account.clock.recent(CLOCK_MS),
    clockPending: account.clock.pending(),
  }
}

/** The facts of actors and of the rules that they evaluate. */
function supervisionFacts(
  account: Account,
  found: Found,
): Pick<HealthFacts, 'actors' | 'quarantined' | 'ruleErrors' | 'failingRules' | 'downActors'> {
  const supervision = supervisionOf(account)
  const { ruleErrors: mostErrors } = account.supervision
  const erring = (isFailing: boolean): Trouble[] =>
    found.withRuleErrors
      .filter(({ watched }) => watched.ruleErrors >= mostErrors === isFailing)
      .map(({ watched }) => ({
        what: `${watched.position.id}: ${watched.ruleErrors} times in a row a rule has thrown`,
      }))
  return {
    actors: {
      alive: found.expected - found.missing,
      expected: found.expected,
      restarts: supervision.restartsInWindow(),
    },
    quarantined: found.quarantined.map(troubleOf),
    ruleErrors: erring(false),
    failingRules: erring(true),
    downActors: supervision.down(),
  }
}

/** Which positions are guarded, and why others are not. */
function guardingFacts(
  account: Account,
  found: Found,
  { now, startedAt, graceMs }: Pick<Limits, 'now' | 'startedAt' | 'graceMs'>,
): Pick<HealthFacts, 'positions' | 'unguardedMs' | 'unguarded' | 'refusedEntries' | 'unpriced'> {
  const { state, coverage } = account
  return {
    positions: found.counts,
    unguardedMs: coverage.totalMs,
    unguarded: unguardedIn(account, found, graceMs),
    refusedEntries: [...state.refusedEntries]
      .filter(([id]) => !state.positions.open.has(id))
      .map(([id, why]) => ({ what: `${id}: ${why}` })),
    unpriced: now - startedAt > graceMs ? unpricedIn(account, found) : [],
  }
}

function exitFacts(
  account: Account,
  exitOverdueMs: number,
): Pick<HealthFacts, 'overdueExits' | 'brokerErrors' | 'account'> {
  const now = account.clock.steady()
  const { openExits, counts } = account.state
  return {
    overdueExits: [...openExits.values()]
      .filter(
        ({ intendedAt, positionId }) =>
          now - intendedAt > exitOverdueMs && !isBelowMinimum(account, positionId),
      )
      .map(({ positionId, intendedAt, state }): Trouble => ({
        what: `${positionId} (${state.kind})`,
        forMs: now - intendedAt,
      })),
    brokerErrors: counts.brokerErrors,
    account: accountFacts(account, now),
  }
}

function priceFacts(
  { tickPath: { intake }, engine: { sink } }: Account,
  { quiet }: Found,
  { now, startedAt }: Pick<Limits, 'now' | 'startedAt'>,
): Pick<
  HealthFacts,
  'stalePrices' | 'badTicks' | 'unconfirmedPrices' | 'pricesOutsideHours' | 'pricesAhead'
> {
  // Other accounts may share the feed; their instruments do not count here.
  const isOwn = (instrument: InstrumentId): boolean => sink.isComparing(instrument)
  return {
    stalePrices: [...quiet]
      .filter(([, { mostMs }]) => now - startedAt > mostMs)
      .map(([what, { forMs }]) => ({ what, forMs: Math.min(forMs, now - startedAt) })),
    badTicks: intake.bad,
    unconfirmedPrices: intake
      .unconfirmed(now)
      .filter(([instrument]) => isOwn(instrument))
      .map(([what, forMs]) => ({ what, forMs })),
    pricesOutsideHours: intake
      .outsideHours(now)
      .filter(isOwn)
      .map(what => ({ what })),
    pricesAhead: intake
      .aheadBy()
      .filter(([instrument]) => isOwn(instrument))
      .map(([instrument, byMs]) => ({
        what: `${instrument}: its time is ${(byMs / 1_000).toFixed(0)} s ahead of the clock`,
      })),
  }
}

function limitFacts({
  state: { limits },
}: Account): Pick<HealthFacts, 'trippedLimits' | 'nearLimits'> {
  return {
    trippedLimits: limits.tripped.map(what => ({ what })),
    nearLimits: limits.warned
      .filter(name => !limits.tripped.includes(name))
      .map(what => ({ what })),
  }
}

/** Those that health shows; after a start without prices these may be all positions, and none of them is shown yet. */
function unguardedIn({ coverage }: Account, { unguarded }: Found, graceMs: number): Trouble[] {
  const shown: Trouble[] = []
  for (const each of unguarded) {
    const forMs = coverage.lastsMs(each.id)
    if (GRACED.has(each.cause) && forMs <= graceMs) continue
    shown.push({ what: `${each.id}: ${unguardedText(each)}`, forMs })
  }
  return shown
}

const unpricedIn = ({ missingPrices }: Account, { unpriced }: Found): Trouble[] =>
  missingPrices.textsOf(unpriced.keys()).map(what => ({ what }))

const troubleOf = ({ watched, crashes }: Child): Trouble => ({
  what: `${watched.position.id}: its monitor crashed (${crashes.lastError ?? 'no error'})`,
})
