import { adopterOf, type Adopter } from '../account/adopter.ts'
import { noteDeadRules } from '../account/dead-rules.ts'
import { textOf } from '../account/journal-line.ts'
import { Repeats } from '../account/repeats.ts'
import { CLOCK_DEFAULTS, TrustedClock } from '../account/trusted-clock.ts'
import { Advisors } from '../advisors/advisors.ts'
import { PaperAccount } from '../brokers/paper-account.ts'
import { chaosSummary, type ChaosSummary } from '../chaos/summary.ts'
import { WatchkeeperError } from '../errors.ts'
import { serveHttp, type HttpServer } from '../http/server.ts'
import type { Control, MetricsFormat } from '../ports/control.ts'
import type { Readiness } from '../ports/control/health.ts'
import { startWatchdog, type Watchdog } from '../processes/watchdog.ts'
import { backupOf } from '../stores/backup.ts'
import { AccountControl } from '../views/control.ts'
import { metricFacts } from '../views/metric-facts.ts'
import { openParts, type ServiceParts } from './build.ts'
import { endBy } from './end-by.ts'
import { finishExits } from './finish-exits.ts'
import { countDownTime, firstSweep, missingInstruments, type Started } from './first-facts.ts'
import { Messaging } from './messaging.ts'
import { openPrices, type Prices } from './open-prices.ts'
import type { ServiceOptions, TrustedOptions } from './options.ts'
import { ServiceHealth } from './service-health.ts'
import { seed } from './sync-positions.ts'
import { Upkeep } from './upkeep.ts'

/** A guarded account: store, broker, feed and monitoring cycle around the live system. */
export class Service {
  private readonly options: TrustedOptions
  private readonly parts: ServiceParts
  private readonly prices: Prices
  private readonly advisors: Advisors
  private readonly startedAt: number
  /** What http and an embedding program may ask. */
  readonly control: Control
  private http: HttpServer | undefined
  private watchdog: Watchdog | undefined
  private cycles: NodeJS.Timeout | undefined
  private readonly messaging: Messaging
  private readonly adopter: Adopter | undefined
  private readonly health: ServiceHealth
  private readonly upkeep: Upkeep
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
    const messaging = await Messaging.open(options, parts)
    const service = new Service(options, parts, messaging)
    try {
      return [service, await service.begin()]
    } catch (error) {
      await service.stop({ hasFailed: true })
      throw error
    }
  }

  private constructor(options: TrustedOptions, parts: ServiceParts, messaging: Messaging) {
    const { config, clock } = options
    this.options = options
    this.parts = parts
    this.messaging = messaging
    this.startedAt = clock.now()
    this.prices = openPrices({
      config,
      system: parts.system,
      clock,
      performance: parts.performance,
      lets: tick => parts.chaos?.lets(tick) !== false,
    })
    this.adopter = adopterOf(config.holdings, parts.system, clock)
    this.advisors = new Advisors(config.advisors, {
      control: {
        positions: () => this.control.positions(),
        changeRules: (id, request, by) => this.control.changeRules(id, request, by),
        exit: (id, by) => this.control.exit(id, by),
      },
      note: (kind, detail) => parts.system.note(kind, detail),
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      random: Math.random,
    })
    this.health = new ServiceHealth({
      ...parts,
      config,
      clock,
      startedAt: this.startedAt,
      prices: this.prices,
      advisors: this.advisors,
      news: messaging,
    })
    this.upkeep = new Upkeep({ ...parts, journal: config.journal, clock })
    this.control = new AccountControl({
      ...parts,
      backup: () => backupOf(parts.store, clock.now()),
      clock,
      health: () => this.health.current(),
      refreshHealth: () => this.health.refresh(),
      version: options.version,
      isStrict: config.strict,
      ruleSets: options.ruleSets ?? new Map(),
      log: parts.log.logger,
      metrics: format => this.scrape(format),
      healthMaxAgeMs: HEALTH_CYCLES * config.cycleMs,
      healthAgeMs: () => this.health.ageMs,
      readiness: () => this.state,
    })
  }

  /**
   * Ends in order: nothing new is taken, what was decided is durable, exits in flight may finish.
   * `hasFailed`: for the next process this end counts like a crash.
   */
  async stop({ hasFailed = false } = {}): Promise<ChaosSummary | undefined> {
    this.state = { ready: false, why: 'stopping' }
    const { clock, config } = this.options
    const { system, broker, memory, chaos, store, desk, performance } = this.parts
    chaos?.stop()
    this.prices.stop()
    this.parts.access.stop()
    const advised = this.advisors.stop()
    const { deadlineMs } = config.stop
    const end = clock.monotonic() + deadlineMs
    const step = endBy(end, () => clock.monotonic())
    const until = end - Math.min(CLOSING_MS, deadlineMs / 4)
    await finishExits(system, clock, until)
    clearInterval(this.cycles)
    // Until here a probe finds the service not ready.
    if (this.http !== undefined) await step(this.http.close())
    await step(advised)
    await step(this.messaging.stop({ hasFailed }))
    system.note('guard-stopped', {})
    await step(system.stop())
    const fills = broker instanceof PaperAccount ? broker.fills() : undefined
    const summary = chaos && chaosSummary(chaos, system, fills)
    await step(broker.close())
    await step(memory.idle())
    memory.keep(desk.gates)
    await step(store.close())
    if (this.watchdog !== undefined) await step(this.watchdog.stop())
    performance.stop()
    return summary
  }

  private async begin(): Promise<Started> {
    const { entries, config } = this.options
    const { system, store, performance, chaos, unread } = this.parts
    // First of all, so that a port that is taken leaves nothing half done.
    this.http = await serveHttp({ control: this.control, config: config.http })
    this.watchdog = startWatchdog(config.supervision, cause => {
      const text = `the watchdog failed: ${textOf(cause)}`
      this.options.onFatal(new WatchkeeperError('WATCHDOG_FAILED', text, { cause }))
    })
    await countDownTime(system, store, performance)
    const seeded = await seed(system, entries)
    noteDeadRules({
      engine: system.engine,
      note: (kind, detail) => system.note(kind, detail),
    })
    await this.prices.start()
    this.cycle()
    this.cycles = setInterval(() => this.cycle(), config.cycleMs)
    this.state = { ready: true }
    this.messaging.begin(this.control)
    chaos?.start(system)
    const unpriced = await missingInstruments(system, this.prices)
    const { counts } = await firstSweep(system)
    const { risks } = store.status()
    const url = `http://${config.http.host}:${this.http.port}`
    const isUnconfirmed = system.confirmation.isMissing
    return { url, counts, unpriced, risks, unread, isUnconfirmed, ...seeded }
  }

  /** One monitoring cycle. */
  private cycle(): void {
    const { performance, system } = this.parts
    const positions = system.engine.roster.size
    try {
      performance.cycle({ positions, events: system.state.counts }, profiler => {
        system.cycle(profiler)
        profiler.phase('exitable', () => this.parts.exitable.cycle())
        profiler.phase('health', () => system.coverage.whenSwept(found => this.health.cycle(found)))
      })
    } catch (error) {
      // Health grows old without a new snapshot, and says so; the next cycle is another chance.
      this.failed('cycle-failed', error)
    }
    this.parts.memory.keep(this.parts.desk.gates)
    void this.parts.access.cycle()
    this.prices.cycle()
    this.parts.venueWatch?.cycle()
    if (this.state.ready) this.advisors.cycle(error => this.failed('cycle-failed', error))
    this.adopter?.poll().catch((error: unknown) => this.failed('cycle-failed', error))
    const { clock, config } = this.options
    if (clock.now() - this.startedAt > config.health.graceMs) {
      system.missingPrices.noteUnpriced(system.coverage.last.unpriced)
    }
    this.messaging.observe(this.health.last)
    this.upkeep.cycle().catch((error: unknown) => this.failed('upkeep-failed', error))
  }

  /** What fails in each cycle gets one line, and is counted then. */
  private failed(kind: 'cycle-failed' | 'upkeep-failed', error: unknown): void {
    const text = textOf(error)
    const times = this.failures.add(kind, text)
    if (times !== undefined)
      this.parts.system.note(kind, { error: text, ...(times > 1 && { times }) })
  }

  private async scrape(format: MetricsFormat): Promise<string> {
    const { system, desk, performance, store } = this.parts
    const { version, clock } = this.options
    const now = clock.now()
    const { status: health } = this.health.current()
    const monotonicMs = clock.monotonic()
    const facts = await metricFacts(
      {
        system,
        desk,
        performance,
        store: store.status(),
        notices: this.messaging.counts,
        exitable: this.parts.exitable,
        monotonicMs,
      },
      {
        version,
        startedAt: this.startedAt,
        now,
        health,
        healthAt: now - this.health.ageMs,
        redis: this.prices.redisFacts(),
        streams: this.prices.streamFacts(),
      },
    )
    return performance.board.scrape(facts, format)
  }
}

/** What of an end is kept for closing everything once no exit is waited for any more, ms. */
const CLOSING_MS = 2_000
/** Cycles without a new snapshot after which health is not known any more. */
const HEALTH_CYCLES = 3
