import type { Account } from '../account/account.ts'
import { openAccount } from '../account/open.ts'
import type { Venue } from '../account/options.ts'
import { SendPermission } from '../account/send-permission.ts'
import { AccountState } from '../account/state.ts'
import type { TrustedClock } from '../account/trusted-clock.ts'
import { checkedBroker } from '../brokers/checked.ts'
import { CallDesk } from '../calls/call-desk.ts'
import { everySoOften } from '../calls/every-so-often.ts'
import type { GatesSnapshot } from '../calls/gates-snapshot.ts'
import { GatesStore, rememberedGates } from '../calls/gates-store.ts'
import { pacedBroker, type PacedBroker } from '../calls/paced-broker.ts'
import { Chaos } from '../chaos/chaos.ts'
import type { ServiceConfig } from '../config/schema.ts'
import { orderValue } from '../domain/instrument.ts'
import type { ExitOrder } from '../domain/order.ts'
import { viewOf } from '../domain/tick.ts'
import type { WatchkeeperError } from '../errors.ts'
import type { KillSwitch } from '../exits/kill-switch.ts'
import type { ExitRecord } from '../exits/record.ts'
import { counted } from '../observability/counted.ts'
import { ExitTimes } from '../observability/exit-times.ts'
import { Meters } from '../observability/meters.ts'
import { tracedBroker } from '../observability/traced-broker.ts'
import { ExitTraces } from '../observability/tracing.ts'
import type { Broker } from '../ports/broker.ts'
import type { Clock } from '../ports/clock.ts'
import type { Quotes } from '../ports/quotes.ts'
import type { OwnedStore, Store } from '../ports/store.ts'
import type { PortfolioDay } from '../risk/portfolio.ts'
import { PriceBoard } from '../risk/price-board.ts'
import { StoreRepository } from '../stores/state-repository.ts'
import { checkConfig } from './config-check.ts'
import { openLog, type ServiceLog } from './log.ts'
import { machineTimers } from './machine-timers.ts'
import { brokerOf } from './open-broker.ts'
import { oldMsOf } from './open-prices.ts'
import { settleStore } from './open-store.ts'
import type { TrustedOptions } from './service.ts'
import { waitForStore } from './standby.ts'
import { instrumentsAt, readVenue } from './venue-start.ts'

/** What a service is made of, opened and connected. */
export interface ServiceParts {
  readonly store: OwnedStore
  readonly broker: Broker
  readonly desk: CallDesk
  readonly memory: GatesStore
  readonly system: Account
  readonly performance: Meters
  readonly log: ServiceLog
  /** What could not be read at the venue before the start, and why. */
  readonly unread: readonly string[]
  /** What goes wrong on purpose; undefined: nothing. */
  readonly chaos: Chaos | undefined
}

/** What counts as a call to the broker's API. */
const BROKER_CALLS = [
  'placeExit',
  'orderByClientId',
  'holding',
  'holdings',
  'cancel',
  'quotes',
  'openOrders',
] as const

/** Opens store, broker and live system; the register of an earlier process is under guard then. */
export async function openParts(options: TrustedOptions): Promise<ServiceParts> {
  const { config: given, clock, fresh } = options
  checkConfig(given)
  // Before anything is opened: an account in the other mode is refused by name.
  const facts = await readVenue(given.broker)
  const config = { ...given, instruments: instrumentsAt(given.instruments, facts.instruments) }
  const store = options.store ?? (await waitForStore(options))
  const performance = new Meters(clock)
  const log = await openLog(config, options.log, () => clock.monotonic())
  await performance.keepIn(store)
  const past = await rememberedGates(store, clock.now())
  const traces = new ExitTraces({ version: options.version, now: () => clock.steady() })
  const chaos = options.chaos && new Chaos(options.chaos, { clock, timers: machineTimers })
  const keeper = new StoreRepository<ExitRecord, KillSwitch, PortfolioDay>(
    counted<Store>(store, ['rows', 'write', 'journal'], {
      telemetry: performance,
      name: 'storeQueries',
    }),
    { closedRows: config.store.closedRows },
  )
  const state = new AccountState(await keeper.load())
  keeper.onForgotten = (ids, generation) => state.register.forget(ids, generation)
  // Asked in the moment of sending: a lease may have ended since the exit was decided.
  const permission = new SendPermission(state, () => store.status().isOurs)
  const board = new PriceBoard()
  const onOddity = (kind: string): void =>
    performance.cycles.incrementMetric(`errors.broker-odd-${kind}`)
  const { broker, priced, deposit, withdrawUnknown } = brokerOf({
    config,
    quotes: board,
    clock,
    fresh,
    onOddity,
  })
  const desk = deskOf(broker, { config, clock, performance, past })
  const venue: Venue = {
    ...venueOf(broker, {
      chaos,
      performance,
      traces,
      desk,
      permission,
      state,
      board,
      config,
      clock,
    }),
    priced,
  }
  const { holdings, supervision, instruments, portfolio, massExit } = config
  const system = await openAccount({
    timers: machineTimers,
    state,
    permission,
    board,
    keeper: { keep: change => performance.commit(() => keeper.keep(change)) },
    followers: [exitTimes(performance, clock), traces],
    chaos,
    performance,
    venue,
    clock,
    supervision,
    instruments,
    portfolio,
    massExit,
    exits: exitsOf(config),
    adopt: holdings.adopt,
    reconcileMs: holdings.reconcileMs,
    mode: config.mode,
    // A demo account is made with the positions: there is nothing to confirm.
    doubt: store.staleReason,
    confirmsHoldings: config.broker.kind !== 'paper' && holdings.confirm,
    // The desk counts from when a call leaves; waiting for its turn is no silence of the broker.
    callTimeoutMs: Infinity,
    ticks: {
      maxJumpPct: config.feed.maxJumpPct,
      confirmMs: config.feed.confirmMs,
      maxTickAgeMs: oldMsOf(config),
    },
    freshMs: config.health.staleMs,
    pauseMs: PAUSE_CYCLES * config.cycleMs,
    skewMs: config.entries.skewMs,
    beforeGuard: registered => deposit(registered),
    onLine: line => log.line(line),
    onFatal: options.onFatal,
    onTrouble: error => log.trouble(error, clock.now()),
  })
  for (const { instrument } of facts.instruments) system.missingPrices.heard(instrument)
  // A store that may be older than the account does not know all that the account was given.
  if (store.staleReason === undefined) {
    // On a disk without room the next start tries it again.
    await withdrawUnknown((id, generation) => generation < state.register.nextGeneration(id)).catch(
      () => undefined,
    )
  }
  // From here on a later process finds the confirmation missing, or need not ask for one.
  await settleStore(store, config)
  connect(store, { system, keeper, onFatal: options.onFatal })
  const memory = new GatesStore(store, clock)
  return {
    store,
    unread: facts.unread,
    memory,
    system,
    performance,
    log,
    chaos,
    broker,
    desk,
  }
}

/**
 * How exits are ordered. Settings are passed on by name, never by a spread: test/app/settings.test.ts
 * finds those that are not.
 */
function exitsOf({ exits }: ServiceConfig): ServiceConfig['exits'] {
  return {
    style: exits.style,
    workingMs: exits.workingMs,
    retryMs: exits.retryMs,
    maxRetryMs: exits.maxRetryMs,
    closedMarketRetryMs: exits.closedMarketRetryMs,
    loudAfter: exits.loudAfter,
    loudAfterMs: exits.loudAfterMs,
    holdingFreshMs: exits.holdingFreshMs,
    sendUnverifiedAfterMs: exits.sendUnverifiedAfterMs,
  }
}

interface Layers extends Pick<Around, 'config' | 'clock' | 'performance'> {
  readonly chaos: Chaos | undefined
  readonly traces: ExitTraces
  readonly desk: CallDesk
  readonly permission: SendPermission
  readonly state: AccountState
  readonly board: PriceBoard
}

/**
 * The broker with what lies around it, from the inside: chaos (breakers and throttles meet what goes wrong
 * on purpose as they would meet the real thing), the check of each answer's shape, counts, traces, and the
 * turn of each call.
 */
function venueOf(
  broker: Broker,
  { chaos, performance, traces, desk, permission, state, board, config, clock }: Layers,
): PacedBroker {
  const suffering = chaos === undefined ? broker : chaos.broker(broker)
  const checked = checkedBroker(suffering, ({ code }) => {
    performance.cycles.incrementMetric(`errors.${code}`)
  })
  const countedBroker = counted(checked, BROKER_CALLS, {
    telemetry: performance,
    name: 'apiCalls',
  })
  const awaited = everySoOften(
    () => clock.monotonic(),
    () => new Set([...state.openExits.values()].map(({ order }) => order.instrument)),
  )
  return pacedBroker(tracedBroker(countedBroker, traces), {
    desk,
    mayLeave: () => permission.mayLeave,
    urgencyOf: order => notionalOf(order, { quotes: board, config }),
    isAwaited: ({ instrument }) => awaited().has(instrument),
    areOrdersAwaited: () => state.openExits.size > 0,
  })
}

/** Cycles that may be missed before the process counts as having stood still. */
const PAUSE_CYCLES = 3

const exitTimes = (performance: Meters, clock: TrustedClock): ExitTimes =>
  new ExitTimes({
    now: () => clock.steady(),
    monotonic: () => clock.monotonic(),
    measure: (stretch, ms) => performance.exitTook(stretch, ms),
  })

/** The store reports to the account what happens to it, and asks what must be there if it is lost. */
function connect(
  store: OwnedStore,
  given: {
    readonly system: Account
    readonly keeper: StoreRepository<ExitRecord, KillSwitch, PortfolioDay>
    onFatal(error: WatchkeeperError): void
  },
): void {
  const { system, keeper, onFatal } = given
  store.events = {
    fenced: onFatal,
    changed: (kind, detail) => system.tell(kind, detail),
    whole: () => keeper.whole(system.whole()),
  }
}

interface Around {
  readonly config: ServiceConfig
  readonly clock: Clock
  readonly performance: Meters
  readonly past: GatesSnapshot | undefined
}

/** A simulated account has no limit that would have to be found out. */
const UNLIMITED = { startRate: 1_000, maxRate: 1_000 }

function deskOf(broker: Broker, { config, clock, performance, past }: Around): CallDesk {
  const { breakers, laneBound } = config.gateway
  const { startRate, maxRate } = config.gateway.throttle
  const throttle = {
    startRate,
    maxRate,
    ...(config.broker.kind === 'paper' && UNLIMITED),
  }
  return new CallDesk({
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
}

/** Money at risk of an order that is not carried out; 0 before the first price. */
function notionalOf(
  { instrument, side, priceSource, quantity }: ExitOrder,
  { quotes, config }: { quotes: Quotes; config: ServiceConfig },
): number {
  const price = quotes.price(instrument, viewOf(side, priceSource)) ?? 0
  return orderValue(quantity, price, config.instruments.of(instrument))
}
