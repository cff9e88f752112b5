import type { Account } from '../account/account.ts'
import type { TickPath } from '../account/tick-path.ts'
import type { CallDesk } from '../calls/call-desk.ts'
import type { Meters } from '../observability/meters.ts'
import type {
  ActorFacts,
  LimitFacts,
  MetricFacts,
  NoticeFacts,
  PriceFacts,
} from '../observability/metrics/facts.ts'
import type { StoreStatus } from '../ports/store.ts'
import { SUPERVISED } from '../ports/supervision.ts'
import type { ExitableDesk } from './exitable.ts'
import { gatewayFacts } from './gateway-view.ts'
import { registryFacts } from './registry-facts.ts'

interface Given extends Pick<
  MetricFacts,
  'version' | 'startedAt' | 'health' | 'redis' | 'streams' | 'advisors' | 'brokerClockMs'
> {
  /** Epoch ms. */
  readonly now: number
  /** Epoch ms of the last health snapshot. */
  readonly healthAt: number
}

/** Dependencies of a scrape. */
export interface Scraped {
  readonly account: Account
  readonly desk: CallDesk
  /** False: another account that reads the same feed counts its ticks. */
  readonly countsTicks: boolean
  /** Name of the account, where the configuration names its accounts. */
  readonly name?: string | undefined
  readonly store: StoreStatus
  readonly performance: Pick<Meters, 'commits' | 'cyclesRun' | 'loopActiveMs'>
  readonly notices: NoticeFacts
  readonly exitable: Pick<ExitableDesk, 'counts' | 'credentialsEndAt'> & {
    readonly layers: Pick<ExitableDesk['layers'], 'counts' | 'nets' | 'venueMs'>
  }
  readonly monotonicMs: number
}

/**
 * The facts of an account for a scrape. Counts of positions are those of the last monitoring cycle: a pass over
 * all positions would take as long as everything else.
 */
export async function metricFacts(
  { account, desk, countsTicks, name, store, performance, notices, exitable, monotonicMs }: Scraped,
  { now, healthAt, ...given }: Given,
): Promise<MetricFacts> {
  const { state, engine, tickPath } = account
  const { counts } = state
  const { standings } = await account.portfolio.standing()
  const { rules, pending, monitors } = registryFacts(engine)
  return {
    ...given,
    nodeVersion: process.version,
    mode: account.isObserving ? 'observe' : 'guard',
    killSwitch: state.killSwitch.state,
    positions: account.coverage.last.counts,
    exitable: exitable.counts(),
    layers: exitable.layers.counts,
    nets: exitable.layers.nets(),
    venueLayerMs: exitable.layers.venueMs,
    credentialsEndAt: exitable.credentialsEndAt,
    ...exitFacts(account),
    ticks: countsTicks ? ticksOf(tickPath) : NO_TICKS,
    prices: { ...priceFacts(account, now), pending },
    unguardedMs: account.coverage.totals,
    restarts: [...counts.eachRestart()],
    actors: actorFacts(account, monitors),
    deadLetters: engine.actors.deadLetters,
    followErrors: counts.followErrors,
    isolatedFaults: counts.isolatedFaults,
    store,
    writes: { ...account.storeStanding, commits: performance.commits },
    cycles: {
      ...performance.cyclesRun,
      healthAgeMs: Math.max(0, now - healthAt),
      loopActiveMs: performance.loopActiveMs,
    },
    notices,
    clockJumps: account.clock.jumps,
    gateway: gatewayFacts(desk, monotonicMs, name),
    rules,
    limits: standings.map(({ limit, loss, trip }): LimitFacts => {
      return { name: limit.name, loss, maxLoss: limit.maxLoss, isTripped: trip !== undefined }
    }),
  }
}

const NO_TICKS: MetricFacts['ticks'] = { evaluated: 0, bad: 0, old: 0, closed: 0, ahead: 0 }

const ticksOf = ({ count, intake }: TickPath): MetricFacts['ticks'] => {
  return { evaluated: count, bad: intake.bad, ...intake.unevaluated }
}

type ExitFacts =
  | 'exitsIntended'
  | 'exitsEnded'
  | 'rejections'
  | 'unknownOrders'
  | 'foreignOrders'
  | 'lateFills'
  | 'unverifiedOrders'
  | 'unverifiedMs'
  | 'closedElsewhere'
  | 'releasedOrders'
  | 'openExits'
  | 'oldestExitMs'
  | 'brokerErrors'

function exitFacts({ state, engine, clock }: Account): Pick<MetricFacts, ExitFacts> {
  const { counts, openExits } = state
  const now = clock.steady()
  const { exits } = engine.book
  // Only memory knows whether an order waits for its turn or has left.
  const present = [...openExits].map(([id, durable]) => exits.record(id) ?? durable)
  const [openStates, oldestAt] = openExitsOf(present, now)
  const waits = [...exits.unverified(now)].map(({ forMs }) => forMs)
  return {
    exitsIntended: counts.exitsIntended,
    exitsEnded: counts.exitsEnded,
    rejections: counts.rejections,
    unknownOrders: counts.unknowns,
    foreignOrders: counts.foreignOrders,
    lateFills: counts.lateFills,
    unverifiedOrders: counts.unverified,
    unverifiedMs: Math.max(0, ...waits),
    closedElsewhere: counts.closedElsewhere,
    releasedOrders: engine.book.released.all().length,
    openExits: openStates,
    oldestExitMs: now - oldestAt,
    brokerErrors: counts.brokerErrors,
  }
}

/** The number of open exits in each state, and when the oldest was intended; `now` where there is none. */
function openExitsOf(
  exits: Iterable<{ readonly state: { readonly kind: string }; readonly intendedAt: number }>,
  now: number,
): [Map<string, number>, number] {
  const states = new Map<string, number>()
  let oldest = now
  for (const { state, intendedAt } of exits) {
    states.set(state.kind, (states.get(state.kind) ?? 0) + 1)
    oldest = Math.min(oldest, intendedAt)
  }
  return [states, oldest]
}

function priceFacts({ engine, coverage }: Account, now: number): Omit<PriceFacts, 'pending'> {
  const { dispatcher, sink } = engine
  let [newest, oldest, backlog] = [-Infinity, Infinity, 0]
  for (const { lastAt, backlog: waiting } of sink.streams()) {
    newest = Math.max(newest, lastAt)
    oldest = Math.min(oldest, lastAt)
    backlog = Math.max(backlog, waiting.length)
  }
  // Without a position no price is needed, so none is old.
  const isIdle = oldest === Infinity
  return {
    oldestMs: isIdle ? 0 : now - oldest,
    newestMs: isIdle ? 0 : now - newest,
    stale: coverage.last.quiet.size + coverage.last.unpriced.size,
    backlog,
    backlogLimit: dispatcher.backlogLimit,
    foldErrors: sink.foldErrors,
  }
}

function actorFacts(
  { engine: { registry, actors } }: Account,
  monitors: ActorFacts['states'],
): ActorFacts[] {
  return SUPERVISED.map(kind => {
    const states = { running: 0, backoff: 0, quarantined: 0 }
    const status = kind === 'monitor' ? undefined : registry.service(kind)?.status
    if (status !== undefined) states[status.kind]++
    const { queued, handled, busyMs } = actors.tallyOf(kind)
    return { kind, states: kind === 'monitor' ? monitors : states, queued, handled, busyMs }
  })
}
