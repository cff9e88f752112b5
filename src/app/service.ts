import { join } from 'node:path'
import type { Account } from '../account/account.ts'
import { adopterOf, type Adopter } from '../account/adopter.ts'
import type { Found } from '../account/coverage.ts'
import { tellDeadRules } from '../account/dead-rules.ts'
import { textOf } from '../account/journal-line.ts'
import { Repeats } from '../account/repeats.ts'
import { CLOCK_DEFAULTS, TrustedClock } from '../account/trusted-clock.ts'
import { PaperAccount } from '../brokers/paper-account.ts'
import type { CallDesk } from '../calls/call-desk.ts'
import type { GatesStore } from '../calls/gates-store.ts'
import type { Chaos } from '../chaos/chaos.ts'
import { chaosSummary, type ChaosSummary } from '../chaos/summary.ts'
import type { PositionEntry } from '../config/position-reader.ts'
import type { ServiceConfig } from '../config/schema.ts'
import type { PositionState } from '../domain/position.ts'
import { instrumentsHeld } from '../engine/held-instruments.ts'
import { WatchkeeperError } from '../errors.ts'
import { serveHttp, type HttpServer } from '../http/server.ts'
import { healthStatus } from '../observability/health.ts'
import type { Meters } from '../observability/meters.ts'
import { HealthNews } from '../observability/notify/health-news.ts'
import type { Broker } from '../ports/broker.ts'
import type { Clock } from '../ports/clock.ts'
import type { Control, MetricsFormat } from '../ports/control.ts'
import type { HealthSnapshot, Readiness } from '../ports/control/health.ts'
import type { LostFolder, OwnedStore } from '../ports/store.ts'
import { startWatchdog, type Watchdog } from '../processes/watchdog.ts'
import type { ChaosPlan } from '../resilience/chaos-plan.ts'
import { backupOf } from '../stores/backup.ts'
import { AccountControl } from '../views/control.ts'
import { gatewayTroubles } from '../views/gateway-view.ts'
import { healthFacts } from '../views/health-facts.ts'
import { metricFacts } from '../views/metric-facts.ts'
import { openParts, type ServiceParts } from './build.ts'
import { endBy } from './end-by.ts'
import type { LogTarget } from './log.ts'
import { openPrices, type Prices } from './open-prices.ts'
import { seed, type Seeded } from './sync-positions.ts'

export interface ServiceOptions {
  readonly config: ServiceConfig
  /** Positions of the file: ids that the store has never seen are taken under guard. */
  readonly entries: readonly PositionEntry[]
  /** What is to go wrong on purpose. */
  readonly chaos?: ChaosPlan | undefined
  /** Forgets the demo account and everything that is kept. */
  readonly fresh: boolean
  /** Takes an empty store although this machine has seen it with something in it. */
  readonly acceptsEmptyStore?: boolean
  /** Called with the reason why it waits for the store. */
  readonly onWait?: (why: WatchkeeperError) => void
  /** Ends the wait for the store; it is thrown. */
  readonly signal?: AbortSignal | undefined
  /** Opened and claimed already; default: the one that the config names. */
  readonly store?: OwnedStore | undefined
  readonly clock: Clock
  /** Of watchkeeper. */
  readonly version: string
  readonly log: LogTarget
  readonly onFatal: (error: WatchkeeperError) => void
}

/** The same with the clock that every part of the service reads. */
export interface TrustedOptions extends ServiceOptions {
  readonly clock: TrustedClock
}

/** What was found at the start, for the person who started it. */
export interface Started extends Seeded {
  /** Where the API answers. */
  readonly url: string
  /** Open positions by their state, once first prices have come or had time to. */
  readonly counts: Readonly<Record<PositionState, number>>
  /** Instruments that the feed does not give, with a guess at what was meant. */
  readonly unpriced: readonly string[]
  /** How the store could lose what it acknowledged. */
  readonly risks: readonly string[]
  /** What could not be read at the venue, and why. */
  readonly unread: readonly string[]
  /** A person must confirm what the account holds before anything is sent. */
  readonly isUnconfirmed: boolean
}

/** A guarded account: store, broker, feed and monitoring cycle around the live system. */
export class Service {
  private readonly options: TrustedOptions
  private readonly store: OwnedStore
  private readonly broker: Broker
  private readonly desk: CallDesk
  private readonly memory: GatesStore
  private readonly system: Account
  private readonly prices: Prices
  private readonly startedAt: number
  /** What http and an embedding program may ask. */
  readonly control: Control
  private http: HttpServer | undefined
  private watchdog: Watchdog | undefined
  private cycles: NodeJS.Timeout | undefined
  private readonly performance: Meters
  private readonly chaos: Chaos | undefined
  private readonly unread: readonly string[]
  private readonly news: HealthNews
  private readonly adopter: Adopter | undefined
  private snapshot: HealthSnapshot
  /** Journal lines whose commit had begun when the snapshot was made. */
  private seenLines = 0
  /** When the last cycle made a snapshot, monotonic ms. */
  private lookedAt = 0
  private pruneAt = 0
  private readonly failures = new Repeats()
  private state: Readiness = { ready: false, why: 'starting' }

  /** Opens store and account, recovers, takes the file's positions under guard, and starts. */
  static async start(given: ServiceOptions): Promise<[Service, Started]> {
    const { confirmMs, maxStepMs } = given.config.clock
    const options = {
      ...given,
      clock: TrustedClock.of(given.clock, { ...CLOCK_DEFAULTS, confirmMs, maxStepMs }),
    }
    const parts = await openParts(options)
    const news = await HealthNews.open(options, parts)
    const service = new Service(options, parts, news)
    try {
      return [service, await service.begin()]
    } catch (error) {
      await service.stop({ hasFailed: true })
      throw error
    }
  }

  private constructor(options: TrustedOptions, parts: ServiceParts, news: HealthNews) {
    const { config, clock } = options
    this.options = options
    this.store = parts.store
    this.broker = parts.broker
    this.desk = parts.desk
    this.memory = parts.memory
    this.system = parts.system
    this.performance = parts.performance
    this.chaos = parts.chaos
    this.unread = parts.unread
    this.news = news
    this.startedAt = clock.now()
    this.prices = openPrices({
      config,
      system: this.system,
      clock,
      performance: this.performance,
      lets: tick => this.chaos?.lets(tick) !== false,
    })
    this.adopter = adopterOf(config.holdings, this.system, clock)
    this.snapshot = this.look()
    this.lookedAt = clock.monotonic()
    this.control = new AccountControl({
      desk: this.desk,
      system: this.system,
      store: this.store,
      backup: () => backupOf(this.store, clock.now()),
      clock,
      health: () => this.health(),
      lookAgain: () => (this.snapshot = this.look()),
      version: options.version,
      isStrict: config.strict,
      performance: this.performance,
      log: parts.log.logger,
      metrics: format => this.scrape(format),
      healthMaxAgeMs: HEALTH_CYCLES * config.cycleMs,
      healthAgeMs: () => clock.monotonic() - this.lookedAt,
      readiness: () => this.state,
    })
  }

  /**
   * Ends in order: nothing new is taken, what was decided is durable, exits in flight may finish.
   * `hasFailed`: for the next process this end counts like a crash.
   */
  async stop({ hasFailed = false } = {}): Promise<ChaosSummary | undefined> {
    this.state = { ready: false, why: 'stopping' }
    this.chaos?.stop()
    this.prices.stop()
    const { clock, config } = this.options
    const { deadlineMs } = config.stop
    const end = clock.monotonic() + deadlineMs
    const step = endBy(end, () => clock.monotonic())
    const until = end - Math.min(CLOSING_MS, deadlineMs / 4)
    while (this.system.state.openExits.size > 0 && clock.monotonic() < until) {
      // What is sent in the last second could end in an answer that is never read.
      if (clock.monotonic() >= until - LAST_SEND_MS) this.system.holdSends()
      this.system.cycle()
      await new Promise(resolve => setTimeout(resolve, STOP_STEP_MS))
    }
    clearInterval(this.cycles)
    // Until here a probe finds the service not ready.
    if (this.http !== undefined) await step(this.http.close())
    await step(this.news.stop({ hasFailed }))
    this.system.tell('guard-stopped', {})
    await step(this.system.stop())
    const fills = this.broker instanceof PaperAccount ? this.broker.fills() : undefined
    const summary = this.chaos && chaosSummary(this.chaos, this.system, fills)
    await step(this.broker.close())
    await step(this.memory.idle())
    this.memory.keep(this.desk.gates)
    await step(this.store.close())
    if (this.watchdog !== undefined) await step(this.watchdog.stop())
    this.performance.stop()
    return summary
  }

  private async begin(): Promise<Started> {
    const { entries, config } = this.options
    // First of all, so that a port that is taken leaves nothing half done.
    const { host, port, token, maxConnections, requestMs } = config.http
    const { control } = this
    this.http = await serveHttp({ control, host, port, token, maxConnections, requestMs })
    this.watchdog = startWatchdog(config.supervision, cause => {
      const text = `the watchdog failed: ${textOf(cause)}`
      this.options.onFatal(new WatchkeeperError('WATCHDOG_FAILED', text, { cause }))
    })
    await this.countDown()
    const seeded = await seed(this.system, entries)
    tellDeadRules({
      engine: this.system.engine,
      tell: (kind, detail) => this.system.tell(kind, detail),
    })
    await this.prices.start()
    this.cycle()
    this.cycles = setInterval(() => this.cycle(), config.cycleMs)
    this.state = { ready: true }
    this.chaos?.start(this.system)
    const unpriced = await this.missingPrices()
    const { counts } = await this.firstLook()
    const { risks } = this.store.status()
    const url = `http://${host}:${this.http.port}`
    const isUnconfirmed = this.system.confirmation.isMissing
    const { unread } = this
    return { url, counts, unpriced, risks, unread, isUnconfirmed, ...seeded }
  }

  /** The instruments that the feed does not give, underlyings included: journaled, and as text. */
  private async missingPrices(): Promise<readonly string[]> {
    const { engine, missingPrices } = this.system
    const missing = await this.prices.missing([...new Set(instrumentsHeld(engine.roster))])
    missingPrices.tellOf(missing)
    return missingPrices.textsOf(missing)
  }

  /** Evaluates all positions once their first prices are there, or could have been. */
  private async firstLook(): Promise<Found> {
    for (let waitedMs = 0; waitedMs < FIRST_PRICES_MS; waitedMs += STOP_STEP_MS) {
      const { unpriced } = this.system.coverage.sweep()
      if (unpriced.size === 0) break
      await new Promise(resolve => setTimeout(resolve, STOP_STEP_MS))
    }
    return this.system.coverage.sweep()
  }

  /**
   * Counts the time without a process: since its last journal line, or the last minute that it kept.
   * A process that was killed is thus held for dead for up to a minute too long, never too short.
   */
  private async countDown(): Promise<void> {
    const [last] = await this.store.journal({ after: 0, limit: 1, last: 1 })
    const from = Math.max(last?.at ?? -Infinity, this.performance.keptUntil ?? -Infinity)
    if (from === -Infinity) return
    // What was open is guarded once its monitors are there.
    await this.system.heard()
    const { positions, downMs } = this.system.coverage.countDown(from)
    if (positions > 0) this.system.tell('guard-resumed', { positions, downMs })
  }

  /** One monitoring cycle. */
  private cycle(): void {
    const { performance, system } = this
    const positions = system.engine.roster.size
    try {
      performance.cycle(positions, profiler => {
        system.cycle(profiler)
        this.snapshot = profiler.phase('health', () => this.look(system.coverage.last))
        this.lookedAt = this.options.clock.monotonic()
      })
    } catch (error) {
      // Health grows old without a new snapshot, and says so; the next cycle is another chance.
      this.failed('cycle-failed', error)
    }
    this.memory.keep(this.desk.gates)
    this.prices.cycle()
    this.adopter?.look().catch((error: unknown) => this.failed('cycle-failed', error))
    const { clock, config } = this.options
    if (clock.now() - this.startedAt > config.health.graceMs) {
      system.missingPrices.tellOf(system.coverage.last.unpriced)
    }
    this.news.observe(this.snapshot)
    this.upkeep().catch((error: unknown) => this.failed('upkeep-failed', error))
  }

  /** What fails in each cycle gets one line, and is counted then. */
  private failed(kind: 'cycle-failed' | 'upkeep-failed', error: unknown): void {
    const text = textOf(error)
    const times = this.failures.add(kind, text)
    if (times !== undefined) this.system.tell(kind, { error: text, ...(times > 1 && { times }) })
  }

  /** Once a minute: keeps the history, and takes away journal lines that are too many or too old. */
  private async upkeep(): Promise<void> {
    const { clock, config } = this.options
    await this.performance.look()
    const now = clock.monotonic()
    if (now < this.pruneAt) return
    this.pruneAt = now + PRUNE_MS
    const { days, rows } = config.journal
    await this.store.prune({ keep: rows, olderThan: clock.now() - days * DAY_MS })
  }

  private async scrape(format: MetricsFormat): Promise<string> {
    const { options, startedAt } = this
    const now = options.clock.now()
    const { version, clock } = options
    const { system, desk, performance } = this
    const { status: health } = this.health()
    const healthAt = now - (options.clock.monotonic() - this.lookedAt)
    const redis = this.prices.redisFacts()
    return performance.board.scrape(
      await metricFacts(
        {
          system,
          desk,
          performance,
          store: this.store.status(),
          notices: this.news.counts,
          monotonicMs: clock.monotonic(),
        },
        { version, startedAt, now, health, healthAt, redis },
      ),
      format,
    )
  }

  private lostFolders(): readonly LostFolder[] {
    const lost = this.broker instanceof PaperAccount ? this.broker.lost : undefined
    return lost === undefined
      ? []
      : [{ place: join(this.options.config.dataFolder, 'paper'), lost }]
  }

  /** Health that knows all that the journal says: a line is readable before the next cycle. */
  private health(): HealthSnapshot {
    if (this.seenLines !== this.system.begunLines) this.snapshot = this.look()
    return this.snapshot
  }

  /** A new snapshot of health; `since` is kept while the status stays. */
  private look(found?: Found): HealthSnapshot {
    const before = this.snapshot as HealthSnapshot | undefined
    const snapshot = this.judge(found)
    const { status, at } = snapshot
    return { ...snapshot, since: before?.status === status ? (before.since ?? at) : at }
  }

  private judge(found?: Found): HealthSnapshot {
    const { config, clock } = this.options
    this.seenLines = this.system.begunLines
    const { exitOverdueMs, staleMs, graceMs } = config.health
    const limits = {
      now: clock.now(),
      startedAt: this.startedAt,
      exitOverdueMs,
      staleMs,
      graceMs,
    }
    return healthStatus({
      ...healthFacts(this.system, limits, found),
      ...gatewayTroubles(this.desk, clock.monotonic()),
      redisTroubles: this.prices.troubles(),
      store: this.store.status(),
      lostFolders: this.lostFolders(),
      loopDelayMs: this.performance.loopDelayMs,
      slowLoopMs: config.health.slowLoopMs,
      news: this.news.troubles,
      isChaosOn: this.chaos !== undefined,
    })
  }
}

const STOP_STEP_MS = 50
/** What of an end is kept for closing everything once no exit is waited for any more, ms. */
const CLOSING_MS = 2_000
/** Longest wait of a start for first prices, before it says how many positions are guarded, ms. */
const FIRST_PRICES_MS = 1_500
const PRUNE_MS = 60_000
const DAY_MS = 86_400_000
const LAST_SEND_MS = 1_000
/** Cycles without a new snapshot after which health is not known any more. */
const HEALTH_CYCLES = 3
