import type { CallDesk } from '../actors/call-desk.ts'
import { gatewayFacts } from './gateway-view.ts'
import { armedRules } from '../risk/rule-tally.ts'
import { RULES } from '../risk/rules/registry.ts'
import type { LimitFacts, MetricFacts, RuleFacts } from '../observability/metrics/facts.ts'
import type { StoreStatus } from '../ports/store.ts'
import type { LiveSystem } from './live.ts'

type Given = Pick<MetricFacts, 'version' | 'startedAt' | 'now' | 'health' | 'redis'>

/** What is scraped. */
export interface Scraped {
  readonly system: LiveSystem
  readonly desk: CallDesk
  readonly store: StoreStatus
  readonly monotonicMs: number
}

/** What a scrape finds in the live system. */
export async function metricFacts(
  { system, desk, store, monotonicMs }: Scraped,
  given: Given,
): Promise<MetricFacts> {
  const { state, core, gate } = system
  const groups = { guarded: 0, exiting: 0, observed: 0, unguarded: 0 }
  let missing = 0
  for (const registered of state.register.open.values()) {
    if (registered.observed !== undefined) groups.observed++
    else if (state.openExits.has(registered.position.id)) groups.exiting++
    else {
      const cause = system.guarding.causeOf(registered)
      groups[cause === undefined ? 'guarded' : 'unguarded']++
      if (cause === 'monitor') missing++
    }
  }
  const openExits = new Map<string, number>()
  let oldest = given.now
  for (const { state: exit, intendedAt } of state.openExits.values()) {
    openExits.set(exit.kind, (openExits.get(exit.kind) ?? 0) + 1)
    oldest = Math.min(oldest, intendedAt)
  }
  const { standings } = await system.portfolioStanding()
  return {
    ...given,
    nodeVersion: process.version,
    mode: system.isObserving ? 'observe' : 'guard',
    killSwitch: state.killSwitch.state,
    positions: groups,
    exitsIntended: state.exitsIntended,
    exitsFilled: state.exitsFilled,
    openExits,
    oldestExitMs: given.now - oldest,
    ticks: { accepted: system.ticks, bad: gate.bad, old: gate.tooOld },
    restarts: state.restarts,
    unguardedMs: system.guarding.totals,
    actors: {
      alive: groups.guarded + groups.unguarded + groups.exiting - missing,
      expected: groups.guarded + groups.unguarded + groups.exiting,
    },
    deadLetters: core.actors.deadLetters,
    brokerErrors: state.brokerErrors,
    storeErrors: system.storeErrors,
    store,
    journalLines: system.journalLines,
    clockJumps: system.clockWatch.jumps,
    gateway: gatewayFacts(desk, monotonicMs),
    rules: ruleFacts(system),
    limits: standings.map(({ limit, loss, trip }): LimitFacts => {
      return { name: limit.name, loss, maxLoss: limit.maxLoss, isTripped: trip !== undefined }
    }),
  }
}

function ruleFacts({ core }: LiveSystem): RuleFacts[] {
  const configured = new Map<string, number>()
  const armed = new Map<string, number>()
  const countIn = (counts: Map<string, number>) => (name: string) =>
    counts.set(name, (counts.get(name) ?? 0) + 1)
  const [configure, arm] = [countIn(configured), countIn(armed)]
  for (const { guard } of core.roster.all()) {
    if (guard.closed) continue
    for (const name of guard.ruleSet.names) configure(name)
    armedRules(guard, arm)
  }
  return RULES.map(({ name }) => {
    const counts = core.dispatcher.tally.counts.get(name)
    return {
      ...{ name, configured: configured.get(name) ?? 0, armed: armed.get(name) ?? 0 },
      ...{ evaluated: counts?.evaluated ?? 0, errored: counts?.errored ?? 0 },
      fired: counts?.fired ?? 0,
    }
  })
}
