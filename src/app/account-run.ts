import type { Account } from '../account/account.ts'
import { adopterOf, type Adopter } from '../account/adopter.ts'
import { noteDeadRules } from '../account/dead-rules.ts'
import { Repeats } from '../account/repeats.ts'
import { Advisors } from '../advisors/advisors.ts'
import { PaperAccount } from '../brokers/paper-account.ts'
import { chaosSummary, type ChaosSummary } from '../chaos/summary.ts'
import type { PositionEntry } from '../config/position-reader.ts'
import type { AdvisorFacts } from '../observability/metrics/advisor-facts.ts'
import type { Control, MetricsFormat } from '../ports/control.ts'
import type { Readiness } from '../ports/control/health.ts'
import { backupOf } from '../stores/backup.ts'
import { AccountControl } from '../views/control.ts'
import type { ExitableDesk } from '../views/exitable.ts'
import { healthMaxAgeMs, ServiceHealth } from '../views/service-health.ts'
import type { ServiceParts } from './build.ts'
import type { Feeds } from './feeds.ts'
import { countDownTime, firstSweep, missingInstruments, type Begun } from './first-facts.ts'
import type { FreqtradeLinks } from './freqtrade-links.ts'
import type { GuardedAccount } from './guarded-account.ts'
import type { Messaging } from './messaging.ts'
import { openPrices, type Prices } from './open-prices.ts'
import type { TrustedOptions } from './options.ts'
import { seed, type Seeded } from './sync-positions.ts'
import type { VenueWatch } from './venue-watch.ts'

export interface AccountRunDeps {
  readonly options: TrustedOptions
  readonly parts: ServiceParts
  readonly guarded: GuardedAccount
  readonly feeds: Feeds
  readonly messaging: Messaging
  readonly links: Pick<FreqtradeLinks, 'troublesOf'>
  /** Epoch ms. */
  readonly startedAt: number
  /** Whether the service takes changes. */
  readiness(): Readiness
  /** Figures of the service. */
  metrics(format: MetricsFormat): Promise<string>
}

/**
 * One account while the service runs: starts and stops its prices, runs its cycles, and has its health, its advisors, the
 * adoption of holdings and the watch of its venue.
 */
export class AccountRun {
  readonly guarded: GuardedAccount
  readonly prices: Prices
  readonly health: ServiceHealth
  /** Whether each position could be exited. */
  readonly exitable: ExitableDesk
  /** The requests and acts that the API and the commands offer for the account. */
  readonly control: AccountControl
  private readonly deps: AccountRunDeps
  private readonly venueWatch: VenueWatch | undefined
  private readonly advisors: Advisors
  private readonly adopter: Adopter | undefined
  private readonly failures = new Repeats()

  constructor(deps: AccountRunDeps) {
    const { options, parts, guarded, feeds, messaging, links, startedAt } = deps
    const { clock } = options
    const { account, deps: own } = guarded
    const { config } = own.plan
    this.deps = deps
    this.guarded = guarded
    this.prices = openPrices({
      config,
      account,
      feed: own.plan.feed,
      feeds,
      clock,
      // An account that is stopped has no position at the dispatcher; those that share its way go on.
      lets: tick => own.chaos?.lets(tick) !== false,
      brokerTime: () => own.access.clock,
    })
    this.adopter = adopterOf(config.holdings, account, clock)
    this.advisors = new Advisors(this.ownAdvisors(), {
      control: {
        positions: () => this.control.positions(),
        changeRules: (id, request, by) => this.control.changeRules(id, request, by),
        exit: (id, by) => this.control.exit(id, by),
      },
      note: (kind, detail) => account.note(kind, detail),
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      random: Math.random,
    })
    this.exitable = own.exitableOf(account)
    this.venueWatch = own.venueWatchOf(account)
    this.health = new ServiceHealth({
      exitable: this.exitable,
      venueWatch: this.venueWatch,
      hints: own.hints,
      access: own.access,
      account,
      store: parts.store,
      performance: parts.performance,
      desk: own.desk,
      isChaosOn: own.chaos !== undefined,
      lostFolders: () => guarded.lostFolders(),
      stopped: () => guarded.stopped,
      limits: config.health,
      clock,
      startedAt,
      prices: this.prices,
      advisors: this.advisors,
      hookTroubles: () => links.troublesOf(guarded.name),
      news: messaging,
    })
    this.control = this.newControl()
  }

  get account(): Account {
    return this.guarded.account
  }

  /** Recovers, takes the file's positions of the account under guard, and begins to read prices. */
  async begin(entries: readonly PositionEntry[]): Promise<Seeded> {
    const { account, prices, deps } = this
    await countDownTime(account, deps.parts.store, deps.parts.performance)
    const seeded = await seed(account, entries)
    noteDeadRules(account)
    await prices.start()
    return seeded
  }

  /** What was found once first prices could have come. */
  async found(seeded: Seeded): Promise<Begun> {
    const { account, prices } = this
    const unpriced = await missingInstruments(account, prices)
    const { counts } = await firstSweep(account)
    const isUnconfirmed = account.confirmation.isMissing
    return { counts, unpriced, unread: this.guarded.deps.unread, isUnconfirmed, ...seeded }
  }

  /** One monitoring cycle; what it throws concerns this account alone. */
  cycle(): void {
    const { account, guarded, deps } = this
    const { performance } = deps.parts
    try {
      const positions = account.engine.registry.size
      performance.cycle({ positions, events: account.state.counts }, profiler => {
        if (guarded.stopped === undefined) account.cycle(profiler)
        else account.coverage.sweepInTurns()
        profiler.phase('exitable', () => this.exitable.cycle())
        profiler.phase('health', () =>
          account.coverage.whenSwept(found => this.health.cycle(found)),
        )
      })
    } catch (error) {
      // Health grows old without a new snapshot, and says so; the next cycle is another chance.
      this.failed(error)
    }
    deps.messaging.observeAccount(guarded.name, this.health.last)
    guarded.deps.memory.keep(guarded.deps.desk.gates)
    this.prices.cycle()
    void guarded.deps.access.cycle()
    this.venueWatch?.cycle()
    guarded.deps.hints.cycle((kind, detail) => account.note(kind, detail))
    if (guarded.stopped !== undefined) return
    if (deps.readiness().ready) this.advisors.cycle(error => this.failed(error))
    this.adopter?.poll().catch((error: unknown) => this.failed(error))
    const { clock } = deps.options
    if (clock.now() - deps.startedAt > guarded.deps.plan.config.health.graceMs) {
      account.missingPrices.noteUnpriced(account.coverage.last.unpriced)
    }
  }

  /** Takes no price any more; resolves when the advisors have ended. */
  stopIntake(): Promise<void> {
    this.guarded.deps.chaos?.stop()
    this.prices.stop()
    this.guarded.deps.access.stop()
    return this.advisors.stop()
  }

  /** What its advisors have done, for a scrape. */
  advisorFacts(): readonly AdvisorFacts[] {
    return this.advisors.all.map(each => each.facts())
  }

  /** What was injected, and what came of it; undefined: nothing. */
  chaosSummary(): ChaosSummary | undefined {
    const { chaos, broker } = this.guarded.deps
    const fills = broker instanceof PaperAccount ? broker.fills() : undefined
    return chaos && chaosSummary(chaos, this.account, fills)
  }

  /** What fails in each cycle gets one line, and is counted then. */
  private failed(error: unknown): void {
    this.failures.report('cycle-failed', error, detail => {
      this.account.note('cycle-failed', detail)
    })
  }

  private ownAdvisors() {
    const { options, parts, guarded } = this.deps
    const { advisors } = options.config
    if (parts.plans.all.length === 1) return advisors
    return advisors.filter(advisor => advisor.account === guarded.name)
  }

  private newControl(): AccountControl {
    const { options, parts, guarded, metrics } = this.deps
    const { config, clock } = options
    const { account, deps: own } = guarded
    const ruleSets: Control['ruleSets'] = options.ruleSets ?? new Map()
    return new AccountControl({
      account,
      name: own.shownAs,
      store: own.rows,
      processJournal: query => parts.rows.journal(query),
      performance: parts.performance,
      desk: own.desk,
      answers: own.answers,
      exitable: this.exitable,
      backup: () => backupOf(parts.store, clock.now()),
      clock,
      health: () => this.health.current(),
      freshHealth: () => this.health.fresh(),
      refreshHealth: () => this.health.refresh(),
      version: options.version,
      isStrict: config.strict,
      ruleSets,
      log: parts.log.logger,
      metrics,
      healthMaxAgeMs: healthMaxAgeMs(config.cycleMs),
      healthAgeMs: () => this.health.ageMs,
      readiness: () => this.readiness(),
    })
  }

  private readiness(): Readiness {
    const { stopped } = this.guarded
    if (stopped === undefined) return this.deps.readiness()
    return { ready: false, why: `stopped for this account: ${stopped.error.message}` }
  }
}
