import type { Account } from '../account/account.ts'
import { openAccount } from '../account/open.ts'
import type { AccountOptions, Venue } from '../account/options.ts'
import { SendPermission } from '../account/send-permission.ts'
import { AccountState } from '../account/state.ts'
import type { TrustedClock } from '../account/trusted-clock.ts'
import { AccessDrill } from '../calls/access-drill.ts'
import type { CallDesk } from '../calls/call-desk.ts'
import { GatesStore, rememberedGates } from '../calls/gates-store.ts'
import { LastAnswers } from '../calls/last-answers.ts'
import { Chaos } from '../chaos/chaos.ts'
import type { ServiceConfig } from '../config/schema.ts'
import type { KillSwitch } from '../exits/kill-switch.ts'
import type { ExitRecord } from '../exits/record.ts'
import { countedStore } from '../observability/counted-store.ts'
import { ExitTimes } from '../observability/exit-times.ts'
import { Meters } from '../observability/meters.ts'
import { ExitTraces } from '../observability/tracing.ts'
import type { Broker } from '../ports/broker.ts'
import type { OwnedStore } from '../ports/store.ts'
import type { PortfolioDay } from '../risk/portfolio.ts'
import { PriceBoard } from '../risk/price-board.ts'
import { StoreRepository } from '../stores/state-repository.ts'
import { ExitableDesk } from '../views/exitable.ts'
import { brokerInLayers } from './broker-layers.ts'
import { checkConfig } from './config-check.ts'
import { connectStore } from './connect-store.ts'
import { assertHookRules } from './hook-rules.ts'
import { openLog, type LineTap, type ServiceLog } from './log.ts'
import { machineTimers } from './machine-timers.ts'
import { brokerOf } from './open-broker.ts'
import { openDesk } from './open-desk.ts'
import { oldMsOf } from './open-prices.ts'
import { settleStore } from './open-store.ts'
import type { TrustedOptions } from './options.ts'
import { shrinkCauses } from './shrink-causes.ts'
import { waitForStore } from './standby.ts'
import { instrumentsAt, readPublicVenue, readVenue } from './venue-start.ts'
import { venueWatchOf, type VenueWatch } from './venue-watch.ts'

/** What a service is made of, opened and connected. */
export interface ServiceParts {
  readonly store: OwnedStore
  readonly broker: Broker
  readonly desk: CallDesk
  /** Watches the account at a venue; undefined where it is elsewhere. */
  readonly venueWatch: VenueWatch | undefined
  readonly answers: LastAnswers
  /** Asks what an exit would depend on. */
  readonly access: AccessDrill
  /** Whether each position could be exited. */
  readonly exitable: ExitableDesk
  readonly memory: GatesStore
  readonly system: Account
  readonly performance: Meters
  readonly log: ServiceLog
  /** Called with the number of each journal line that has become durable. */
  readonly lines: LineTap
  /** What could not be read at the venue before the start, and why. */
  readonly unread: readonly string[]
  /** What goes wrong on purpose; undefined: nothing. */
  readonly chaos: Chaos | undefined
}

/** Opens store, broker and account, in this order; the positions of an earlier process are watched then. */
export async function openParts(options: TrustedOptions): Promise<ServiceParts> {
  checkConfig(options.config)
  assertHookRules(options.config.http.hooks, options.ruleSets ?? new Map())
  // Before anything is opened: an account in the other mode is refused by name.
  const { broker, feed } = options.config
  const isPaper = broker.kind === 'paper'
  const facts = await (isPaper ? readPublicVenue({ broker, feed }) : readVenue(broker))
  const instruments = instrumentsAt(options.config.instruments, facts.instruments)
  const config = { ...options.config, instruments }
  const stored = await openStored(options, config)
  const { store, state, keeper } = stored
  const outside = openOutside(options, config, stored)
  const system = await openAccount(accountOptions(options, config, { ...stored, ...outside }))
  for (const { instrument } of facts.instruments) system.missingPrices.heard(instrument)
  // A store that may be older than the account does not know all that the account was given.
  if (store.staleReason === undefined) {
    // On a disk without room the next start tries it again.
    await outside.chosen
      .withdrawUnknown((id, generation) => generation < state.register.nextGeneration(id))
      .catch(() => undefined)
  }
  const exitable = new ExitableDesk({
    system,
    desk: outside.desk,
    answers: outside.answers,
    access: outside.access,
    quotes: outside.board,
    positionMode: 'positionMode' in config.broker ? config.broker.positionMode : undefined,
    graceMs: config.health.graceMs,
  })
  // From here on a later process finds the confirmation missing, or need not ask for one.
  await settleStore(store, config)
  stored.lines.onLoss = shrinkCauses(system, outside.layered)
  connectStore(store, { system, keeper, onFatal: options.onFatal })
  return {
    store,
    unread: facts.unread,
    memory: new GatesStore(store, options.clock),
    system,
    performance: stored.performance,
    log: stored.log,
    lines: stored.lines,
    chaos: outside.chaos,
    broker: outside.chosen.broker,
    desk: outside.desk,
    venueWatch: venueWatchOf(options, { system, venue: outside.chosen.venue, instruments }),
    answers: outside.answers,
    access: outside.access,
    exitable,
  }
}

/** The store, what an earlier process left in it, and what measures and logs. */
async function openStored(options: TrustedOptions, config: ServiceConfig) {
  const { clock } = options
  const store = options.store ?? (await waitForStore(options))
  const performance = new Meters(clock)
  const log = await openLog(config, options.log, () => clock.monotonic())
  await performance.keepIn(store)
  const past = await rememberedGates(store, clock.now())
  const keeper = new StoreRepository<ExitRecord, KillSwitch, PortfolioDay>(
    countedStore(store, performance),
    { closedRows: config.store.closedRows },
  )
  const state = new AccountState(await keeper.load())
  keeper.onForgotten = (ids, generation) => state.register.forget(ids, generation)
  const lines: LineTap = { onLine: () => undefined, onLoss: () => undefined }
  return { store, performance, log, lines, past, keeper, state }
}

type Stored = Awaited<ReturnType<typeof openStored>>

/** The broker, the desk at which its calls wait, and the venue that the account sends to. */
function openOutside(
  { chaos: plan, clock, fresh, version }: TrustedOptions,
  config: ServiceConfig,
  { store, performance, past, state }: Stored,
) {
  const traces = new ExitTraces({ version, now: () => clock.steady() })
  const chaos = plan && new Chaos(plan, { clock, timers: machineTimers })
  // Asked in the moment of sending: a lease may have ended since the exit was decided.
  const permission = new SendPermission(state, () => store.status().isOurs)
  const board = new PriceBoard()
  const chosen = brokerOf({
    config,
    quotes: board,
    clock,
    fresh,
    onOddity: kind => performance.count(`errors.broker-odd-${kind}`),
  })
  const desk = openDesk(chosen.broker, { config, clock, performance, past })
  const answers = new LastAnswers(() => clock.steady())
  const layered = brokerInLayers(chosen.broker, {
    chaos,
    performance,
    traces,
    desk,
    answers,
    permission,
    state,
    quotes: board,
    instruments: config.instruments,
    clock,
  })
  const venue: Venue = { ...layered, priced: chosen.priced }
  const access = new AccessDrill({ broker: layered, monotonic: () => clock.monotonic() })
  return { traces, chaos, permission, board, chosen, desk, answers, access, layered, venue }
}

/** Settings are passed on by name, never by a spread: test/app/settings.test.ts finds those that are not. */
function accountOptions(
  { clock, onFatal }: TrustedOptions,
  config: ServiceConfig,
  deps: Stored & ReturnType<typeof openOutside>,
): AccountOptions {
  const { store, performance, log, lines, keeper, chosen } = deps
  const { holdings, supervision, instruments, portfolio, massExit } = config
  return {
    timers: machineTimers,
    state: deps.state,
    permission: deps.permission,
    board: deps.board,
    keeper: { keep: change => performance.commit(() => keeper.keep(change)) },
    followers: [exitTimes(performance, clock), deps.traces],
    chaos: deps.chaos,
    venue: deps.venue,
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
    beforeGuard: registered => chosen.deposit(registered),
    onLine: line => {
      log.line(line)
      lines.onLine(line.seq)
      lines.onLoss(line)
    },
    onFatal,
    onTrouble: error => log.trouble(error, clock.now()),
  }
}

/** How exits are ordered. */
function exitsOf({ exits, broker }: ServiceConfig) {
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
    actWithinMs: broker.callTimeoutMs,
  }
}

/** Cycles that may be missed before the process counts as having stood still. */
const PAUSE_CYCLES = 3

const exitTimes = (performance: Meters, clock: TrustedClock): ExitTimes =>
  new ExitTimes({
    now: () => clock.steady(),
    monotonic: () => clock.monotonic(),
    measure: (stretch, ms) => performance.exitTook(stretch, ms),
  })
