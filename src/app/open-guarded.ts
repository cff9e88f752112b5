import { openAccount } from '../account/open.ts'
import type { AccountOptions, Venue } from '../account/options.ts'
import { SendPermission } from '../account/send-permission.ts'
import { AccountState } from '../account/state.ts'
import type { TickPath } from '../account/tick-path.ts'
import type { TrustedClock } from '../account/trusted-clock.ts'
import { AccessDrill } from '../calls/access-drill.ts'
import { GatesStore, rememberedGates } from '../calls/gates-store.ts'
import { LastAnswers } from '../calls/last-answers.ts'
import type { SharedLimits } from '../calls/shared-limits.ts'
import { Chaos } from '../chaos/chaos.ts'
import type { AccountPlan, AccountPlans } from '../config/accounts.ts'
import type { ServiceConfig } from '../config/schema.ts'
import type { WatchkeeperError } from '../errors.ts'
import type { KillSwitch } from '../exits/kill-switch.ts'
import type { ExitRecord } from '../exits/record.ts'
import { countedStore } from '../observability/counted-store.ts'
import { ExitTimes } from '../observability/exit-times.ts'
import type { Meters } from '../observability/meters.ts'
import { ExitTraces } from '../observability/tracing.ts'
import type { OwnedStore } from '../ports/store.ts'
import type { PortfolioDay } from '../risk/portfolio.ts'
import type { AccountRows } from '../stores/account-rows.ts'
import { StoreRepository } from '../stores/state-repository.ts'
import { ExitableDesk } from '../views/exitable.ts'
import { AccountHints } from './account-hints.ts'
import { brokerInLayers } from './broker-layers.ts'
import { exitsOf } from './exit-options.ts'
import { GuardedAccount } from './guarded-account.ts'
import { InstrumentTerms } from './instrument-terms.ts'
import type { LineTap, ServiceLog } from './log.ts'
import { machineTimers } from './machine-timers.ts'
import { brokerOf } from './open-broker.ts'
import { openDesk } from './open-desk.ts'
import type { TrustedOptions } from './options.ts'
import type { PriceWays } from './price-ways.ts'
import { shrinkCauses } from './shrink-causes.ts'
import { instrumentsAt, type VenueFacts } from './venue-start.ts'
import { venueWatchOf } from './venue-watch.ts'

/** What all accounts of a process share. */
export interface ProcessParts {
  readonly plans: AccountPlans
  readonly store: OwnedStore
  readonly rows: AccountRows
  readonly sharedLimits: SharedLimits
  /** The paths of ticks; accounts of one feed share a path. */
  readonly ways: PriceWays
  readonly performance: Meters
  readonly log: ServiceLog
  /** Called with the number of each journal line that has become durable. */
  readonly lines: LineTap
}

/** What opening one account needs, besides the parts of the process. */
export interface Opening {
  readonly plan: AccountPlan
  /** What was read at its venue before: position mode, instruments, rights of the key. */
  readonly facts: VenueFacts
}

/** Opens one account from its stored state. When it resolves, its open positions are watched. */
export async function openGuarded(
  options: TrustedOptions,
  parts: ProcessParts,
  { plan, facts }: Opening,
): Promise<GuardedAccount> {
  const instruments = instrumentsAt(plan.config.instruments, facts.instruments)
  const config = { ...plan.config, instruments }
  const stored = await openStored(options, parts, { name: plan.name, config })
  const { state, keeper, rows } = stored
  const tickPath = parts.ways.of(plan)
  const outside = openOutside(options, config, { ...stored, tickPath })
  const guarded = new GuardedAccount({
    plan: { ...plan, config },
    isAlone: parts.plans.all.length === 1,
    shownAs: parts.plans.areNamed ? plan.name : undefined,
    unread: facts.unread,
    rows,
    keeper,
    memory: new GatesStore(rows, options.clock),
    chaos: outside.chaos,
    broker: outside.chosen.broker,
    venueWatchOf: account =>
      venueWatchOf({ config: plan.config }, { account, access: outside.access, instruments }),
    desk: outside.desk,
    answers: outside.answers,
    access: outside.access,
    hints: outside.hints,
    exitableOf: account =>
      new ExitableDesk({
        account,
        desk: outside.desk,
        answers: outside.answers,
        access: outside.access,
        quotes: tickPath.board,
        positionMode: 'positionMode' in config.broker ? config.broker.positionMode : undefined,
        graceMs: config.health.graceMs,
      }),
    now: () => options.clock.now(),
    onFatal: options.onFatal,
  })
  const onFatal = (error: WatchkeeperError): void => guarded.failed(error)
  const account = await openAccount(
    accountOptionsOf({ ...options, onFatal }, config, { ...stored, ...outside, tickPath }),
  )
  guarded.opened(account)
  const terms = new InstrumentTerms({ account, instruments, configured: plan.config.instruments })
  outside.access.onInstruments = rows => terms.take(rows)
  stored.losses.onLoss = shrinkCauses(account, outside.layered)
  for (const { instrument } of facts.instruments) account.missingPrices.list(instrument)
  // A store that may be older than the account does not know all that the account was given.
  if (parts.store.staleReason === undefined) {
    // On a disk without room the next start tries it again.
    await outside.chosen
      .withdrawUnknown((id, generation) => generation < state.positions.nextGeneration(id))
      .catch(() => undefined)
  }
  return guarded
}

/** What an earlier process left of an account. */
async function openStored(
  { clock }: TrustedOptions,
  parts: ProcessParts,
  { name, config }: { readonly name: string; readonly config: ServiceConfig },
) {
  const rows = parts.rows.of(name)
  const past = await rememberedGates(rows, clock.now())
  const keeper = new StoreRepository<ExitRecord, KillSwitch, PortfolioDay>(
    countedStore(rows, parts.performance),
    { closedRows: config.store.closedRows },
  )
  const state = await AccountState.recovered(await keeper.load())
  keeper.onForgotten = (ids, generation) => state.positions.forget(ids, generation)
  const losses: Pick<LineTap, 'onLoss'> = { onLoss: () => undefined }
  return { ...parts, name, rows, past, keeper, state, losses }
}

type Stored = Awaited<ReturnType<typeof openStored>>

/** The broker, the desk at which its calls wait, and the venue that the account sends to. */
function openOutside(
  { chaos: plan, clock, fresh, version }: TrustedOptions,
  config: ServiceConfig,
  stored: Stored & { readonly tickPath: TickPath },
) {
  const { store, performance, state, tickPath } = stored
  const { board } = tickPath
  const traces = new ExitTraces({ version, now: () => clock.steady() })
  const chaos = plan && new Chaos(plan, { clock, timers: machineTimers })
  // Asked in the moment of sending: a lease may have ended since the exit was decided.
  const permission = new SendPermission(state, () => store.status().isOurs)
  const chosen = brokerOf({
    config,
    quotes: board,
    clock,
    fresh,
    onOddity: kind => performance.count(`errors.broker-odd-${kind}`),
  })
  const desk = openDesk(chosen.broker, { ...stored, config, clock })
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
  const hints = new AccountHints({
    venue: config.broker.kind,
    monotonic: () => clock.monotonic(),
  })
  const venue: Venue = { ...hints.over(layered), priced: chosen.priced }
  const access = new AccessDrill({ broker: layered, monotonic: () => clock.monotonic() })
  return { traces, chaos, permission, chosen, desk, answers, access, hints, layered, venue }
}

/** Settings are passed on by name, never by a spread: test/app/settings.test.ts finds those that are not. */
function accountOptionsOf(
  { clock, onFatal }: TrustedOptions,
  config: ServiceConfig,
  deps: Stored & ReturnType<typeof openOutside> & { readonly tickPath: TickPath },
): AccountOptions {
  const { store, performance, log, lines, keeper, chosen } = deps
  const { holdings, supervision, instruments, portfolio, massExit } = config
  return {
    timers: machineTimers,
    state: deps.state,
    permission: deps.permission,
    tickPath: deps.tickPath,
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
    staleMs: config.health.staleMs,
    pauseMs: PAUSE_CYCLES * config.cycleMs,
    skewMs: config.entries.skewMs,
    beforeGuard: registered => chosen.deposit(registered),
    beforeGrowth: (registered, more) => chosen.grow(registered, more),
    onLine: line => {
      log.line(line)
      lines.onLine(line.seq)
      deps.losses.onLoss(line)
    },
    onFatal,
    onTrouble: error => log.trouble(error, clock.now()),
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
