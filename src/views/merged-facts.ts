import type {
  ActorFacts,
  GatewayFacts,
  MetricFacts,
  PriceFacts,
  RuleFacts,
} from '../observability/metrics/facts.ts'
import { KILL_SWITCH_STATES } from '../ports/control/kill-switch.ts'
import { sumOf, sumOfMaps } from './sums.ts'

/** Health, from the least to the most severe. */
const HEALTH = ['pass', 'warn', 'fail']
/** Modes in order: a process is in mode `guard` where one of its accounts is. */
const MODE = ['observe', 'guard']

/** Facts of the process, which are the same in each account. */
type ProcessFacts = Pick<
  MetricFacts,
  | 'version'
  | 'nodeVersion'
  | 'startedAt'
  | 'store'
  | 'notices'
  | 'clockJumps'
  | 'redis'
  | 'streams'
  | 'advisors'
>

const processFacts = (facts: MetricFacts): ProcessFacts => {
  const { version, nodeVersion, startedAt, store, notices, clockJumps } = facts
  const { redis, streams, advisors } = facts
  return {
    version,
    nodeVersion,
    startedAt,
    store,
    notices,
    clockJumps,
    redis,
    streams,
    advisors,
  }
}

/**
 * The facts of several accounts as those of one process; calls to brokers keep the account that they are of. A new
 * fact of an account does not compile before its merge is stated here.
 */
export function mergedFacts(all: readonly MetricFacts[]): MetricFacts {
  const [first, ...others] = all
  if (first === undefined) throw new Error('there is no account')
  if (others.length === 0) return first
  const sum = (of: (facts: MetricFacts) => number): number =>
    all.reduce((total, each) => total + of(each), 0)
  const most = (of: (facts: MetricFacts) => number): number => Math.max(...all.map(of))
  return {
    ...processFacts(first),
    mode: worst(all, ({ mode }) => mode, MODE),
    health: worst(all, ({ health }) => health, HEALTH),
    killSwitch: worst(all, ({ killSwitch }) => killSwitch, KILL_SWITCH_STATES),
    positions: sumOf(all.map(({ positions }) => positions)),
    exitable: sumOf(all.map(({ exitable }) => exitable)),
    layers: sumOf(all.map(({ layers }) => layers)),
    nets: sumOf(all.map(({ nets }) => nets)),
    venueLayerMs: sum(each => each.venueLayerMs),
    credentialsEndAt: firstOf(all.map(({ credentialsEndAt }) => credentialsEndAt)),
    brokerClockMs: all
      .flatMap(({ brokerClockMs }) => brokerClockMs ?? [])
      .toSorted((a, b) => Math.abs(b) - Math.abs(a))[0],
    exitsIntended: sumOfMaps(all.map(({ exitsIntended }) => exitsIntended)),
    exitsEnded: endedOf(all),
    rejections: sumOfMaps(all.map(({ rejections }) => rejections)),
    unknownOrders: sum(each => each.unknownOrders),
    foreignOrders: sum(each => each.foreignOrders),
    lateFills: sum(each => each.lateFills),
    unverifiedOrders: sum(each => each.unverifiedOrders),
    unverifiedMs: most(each => each.unverifiedMs),
    closedElsewhere: sum(each => each.closedElsewhere),
    releasedOrders: sum(each => each.releasedOrders),
    openExits: sumOfMaps(all.map(({ openExits }) => openExits)),
    oldestExitMs: most(each => each.oldestExitMs),
    ticks: sumOf(all.map(({ ticks }) => ticks)),
    prices: pricesOf(all.map(({ prices }) => prices)),
    unguardedMs: sumOfMaps(all.map(({ unguardedMs }) => unguardedMs)),
    restarts: restartsOf(all),
    actors: actorsOf(all.flatMap(({ actors }) => actors)),
    deadLetters: sum(each => each.deadLetters),
    brokerErrors: sum(each => each.brokerErrors),
    followErrors: sum(each => each.followErrors),
    isolatedFaults: sum(each => each.isolatedFaults),
    writes: {
      commits: first.writes.commits,
      failing: most(({ writes }) => writes.failing),
      journalLines: sum(({ writes }) => writes.journalLines),
      ratchetAgeMs: most(({ writes }) => writes.ratchetAgeMs),
      waiting: sumOf(all.map(({ writes }) => writes.waiting)),
      lostLines: sum(({ writes }) => writes.lostLines),
    },
    cycles: { ...first.cycles, healthAgeMs: most(({ cycles }) => cycles.healthAgeMs) },
    limits: all.flatMap(({ limits, gateway }) =>
      limits.map(each => ({ ...each, name: `${gateway.account ?? ''}/${each.name}` })),
    ),
    rules: rulesOf(all.flatMap(({ rules }) => rules)),
    gateway: gatewayOf(all.map(({ gateway }) => gateway)),
  }
}

const worst = (
  all: readonly MetricFacts[],
  of: (facts: MetricFacts) => string,
  order: readonly string[],
): string => all.map(of).toSorted((a, b) => order.indexOf(b) - order.indexOf(a))[0]!

/** The earliest of the known times. */
const firstOf = (times: readonly (number | undefined)[]): number | undefined => {
  const known = times.filter(each => each !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

function endedOf(all: readonly MetricFacts[]): MetricFacts['exitsEnded'] {
  const outcomes = Object.keys(all[0]!.exitsEnded) as (keyof MetricFacts['exitsEnded'])[]
  return Object.fromEntries(
    outcomes.map(outcome => [outcome, sumOfMaps(all.map(({ exitsEnded }) => exitsEnded[outcome]))]),
  ) as unknown as MetricFacts['exitsEnded']
}

const pricesOf = (all: readonly PriceFacts[]): PriceFacts => ({
  oldestMs: Math.max(...all.map(({ oldestMs }) => oldestMs)),
  newestMs: Math.min(...all.map(({ newestMs }) => newestMs)),
  stale: all.reduce((total, { stale }) => total + stale, 0),
  pending: all.reduce((total, { pending }) => total + pending, 0),
  backlog: Math.max(...all.map(({ backlog }) => backlog)),
  backlogLimit: all[0]!.backlogLimit,
  foldErrors: all.reduce((total, { foldErrors }) => total + foldErrors, 0),
})

function restartsOf(all: readonly MetricFacts[]): MetricFacts['restarts'] {
  const total = new Map<string, MetricFacts['restarts'][number]>()
  for (const each of all.flatMap(({ restarts }) => restarts)) {
    const key = `${each.kind} ${each.cause}`
    const known = total.get(key)
    total.set(key, known === undefined ? each : { ...each, count: known.count + each.count })
  }
  return [...total.values()]
}

function actorsOf(all: readonly ActorFacts[]): readonly ActorFacts[] {
  const total = new Map<string, ActorFacts>()
  for (const each of all) {
    const known = total.get(each.kind)
    total.set(
      each.kind,
      known === undefined
        ? each
        : {
            kind: each.kind,
            states: sumOf([known.states, each.states]),
            queued: known.queued + each.queued,
            handled: known.handled + each.handled,
            busyMs: known.busyMs + each.busyMs,
          },
    )
  }
  return [...total.values()]
}

function rulesOf(all: readonly RuleFacts[]): readonly RuleFacts[] {
  const total = new Map<string, RuleFacts>()
  for (const { name, ...counts } of all) {
    const { name: _name, ...known } = total.get(name) ?? { name }
    const before = known as Partial<typeof counts>
    total.set(name, {
      name,
      ...(before.configured === undefined
        ? counts
        : sumOf([before as Required<typeof before>, counts])),
    })
  }
  return [...total.values()]
}

const gatewayOf = (all: readonly GatewayFacts[]): GatewayFacts => ({
  account: undefined,
  breakers: all.flatMap(({ breakers }) => breakers),
  throttles: all.flatMap(({ throttles }) => throttles),
  calls: all.flatMap(({ calls }) => calls),
  limitUses: all.flatMap(({ limitUses }) => limitUses),
  laneBound: Math.max(...all.map(({ laneBound }) => laneBound)),
})
