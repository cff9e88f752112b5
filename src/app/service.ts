import { textOf } from '../account/journal-line.ts'
import { Repeats } from '../account/repeats.ts'
import { CLOCK_DEFAULTS, TrustedClock } from '../account/trusted-clock.ts'
import type { ChaosSummary } from '../chaos/summary.ts'
import type { PositionEntry } from '../config/position-reader.ts'
import { WatchkeeperError } from '../errors.ts'
import type { OwnStops } from '../freqtrade/link.ts'
import { serveHttp, type HttpServer } from '../http/server.ts'
import type { Control, MetricsFormat } from '../ports/control.ts'
import type { HealthSnapshot, Readiness } from '../ports/control/health.ts'
import { startWatchdog, type Watchdog } from '../processes/watchdog.ts'
import { mergedHealth } from '../views/merged-health.ts'
import { AccountRun } from './account-run.ts'
import { openParts, type ServiceParts } from './build.ts'
import { endBy } from './end-by.ts'
import { Feeds } from './feeds.ts'
import { finishExits } from './finish-exits.ts'
import { allBegun, type Started } from './first-facts.ts'
import { FreqtradeLinks } from './freqtrade-links.ts'
import type { GuardedAccount } from './guarded-account.ts'
import { Messaging } from './messaging.ts'
import type { ServiceOptions, TrustedOptions } from './options.ts'
import { scrapeOf } from './scrape.ts'
import { ServiceControls } from './service-controls.ts'
import { Upkeep } from './upkeep.ts'

/** The guarded accounts of a process: store, brokers, feeds and monitoring cycles around them. */
export class Service {
  private readonly options: TrustedOptions
  private readonly parts: ServiceParts
  private readonly runs: readonly AccountRun[]
  private readonly startedAt: number
  /** What http and an embedding program may ask. */
  readonly control: Control
  private readonly controls: ServiceControls
  private http: HttpServer | undefined
  private watchdog: Watchdog | undefined
  private cycles: NodeJS.Timeout | undefined
  private readonly messaging: Messaging
  private readonly links: FreqtradeLinks
  private readonly upkeep: Upkeep
  private readonly failures = new Repeats()
  private state: Readiness = { ready: false, why: 'starting' }
  /** Index of the account whose cycle is next. */
  private next = 0

  /** Opens store and accounts, recovers, takes the file's positions under guard, and starts. */
  static async start(given: ServiceOptions): Promise<[Service, Started]> {
    const { confirmMs, maxStepMs } = given.config.clock
    const options = {
      ...given,
      clock: TrustedClock.of(given.clock, { ...CLOCK_DEFAULTS, confirmMs, maxStepMs }),
    }
    const parts = await openParts(options)
    const messaging = await Messaging.open(options, parts)
    const links = await FreqtradeLinks.open(options, parts)
    const service = new Service(options, parts, { messaging, links })
    try {
      return [service, await service.begin()]
    } catch (error) {
      await service.stop({ hasFailed: true })
      throw error
    }
  }

  private constructor(
    options: TrustedOptions,
    parts: ServiceParts,
    { messaging, links }: { readonly messaging: Messaging; readonly links: FreqtradeLinks },
  ) {
    const { config, clock } = options
    const { performance, own } = parts
    this.options = options
    this.parts = parts
    this.messaging = messaging
    this.links = links
    this.startedAt = clock.now()
    const feeds = new Feeds({
      config,
      clock,
      performance,
      note: (kind, detail) => own.note(kind, detail),
    })
    this.runs = parts.accounts.map(
      guarded =>
        new AccountRun({
          options,
          parts,
          guarded,
          feeds,
          messaging,
          links,
          startedAt: this.startedAt,
          readiness: () => this.state,
          metrics: format => this.scrape(format),
        }),
    )
    this.upkeep = new Upkeep({ ...parts, journal: config.journal, clock })
    this.controls = new ServiceControls({
      runs: this.runs,
      parts,
      options,
      metrics: format => this.scrape(format),
      readiness: () => this.state,
    })
    this.control = this.controls.whole
  }

  /**
   * Ends in order: nothing new is taken, what was decided is durable, exits in flight may finish.
   * `hasFailed`: for the next process this end counts like a crash.
   */
  async stop({ hasFailed = false } = {}): Promise<ChaosSummary | undefined> {
    this.state = { ready: false, why: 'stopping' }
    const { clock, config } = this.options
    const { accounts, own, store, performance } = this.parts
    const advised = Promise.all(this.runs.map(each => each.stopIntake()))
    const { deadlineMs } = config.stop
    const end = clock.monotonic() + deadlineMs
    const step = endBy(end, () => clock.monotonic())
    const until = end - Math.min(CLOSING_MS, deadlineMs / 4)
    const guarding = accounts.filter(({ stopped }) => stopped === undefined)
    await Promise.all(guarding.map(({ account }) => finishExits(account, clock, until)))
    clearInterval(this.cycles)
    // Until here a probe finds the service not ready.
    if (this.http !== undefined) await step(this.http.close())
    await step(advised)
    await step(this.links.stop())
    await step(this.messaging.stop({ hasFailed }))
    own.note('guard-stopped', {})
    await step(Promise.all([...accounts.map(({ account }) => account.stop()), own.close()]))
    const summary = this.runs.length === 1 ? this.runs[0]!.chaosSummary() : undefined
    await step(Promise.all(accounts.map(({ deps }) => deps.broker.close())))
    await step(Promise.all(accounts.map(({ deps }) => deps.memory.idle())))
    for (const { deps } of accounts) deps.memory.keep(deps.desk.gates)
    await step(store.close())
    if (this.watchdog !== undefined) await step(this.watchdog.stop())
    performance.stop()
    return summary
  }

  private async begin(): Promise<Started> {
    const { entries, config } = this.options
    const { accounts, store } = this.parts
    // First of all, so that a port that is taken leaves nothing half done.
    const { control, runs } = this
    const ownStopsOf = (hook: string): OwnStops | undefined => this.links.ownStopsOf(hook)
    this.http = await serveHttp({ control, config: config.http, ownStopsOf })
    this.watchdog = startWatchdog(config.supervision, cause => {
      const text = `the watchdog failed: ${textOf(cause)}`
      this.options.onFatal(new WatchkeeperError('WATCHDOG_FAILED', text, { cause }))
    })
    const seeded = await Promise.all(
      runs.map(run => run.begin(entriesOf(entries, run.guarded, runs.length))),
    )
    for (const run of runs) run.cycle()
    this.round()
    this.cycles = this.startCycles(config.cycleMs)
    this.state = { ready: true }
    this.messaging.begin({
      of: name => control.accounts?.get(name) ?? control,
      among: names => this.controls.among(names),
    })
    for (const { deps, account } of accounts) deps.chaos?.start(account)
    const begun = await Promise.all(runs.map((run, index) => run.found(seeded[index]!)))
    const { risks } = store.status()
    const url = `http://${config.http.host}:${this.http.port}`
    const [only, ...others] = begun
    const named = runs.map(({ guarded }, index) => [guarded.name, begun[index]!] as const)
    return { url, risks, ...(others.length === 0 ? only! : allBegun(named)) }
  }

  /** One timer lets each account have its cycle once in `cycleMs`, one after the other. */
  private startCycles(cycleMs: number): NodeJS.Timeout {
    const count = this.runs.length
    const everyMs = Math.max(Math.min(cycleMs, SHORTEST_TURN_MS), Math.floor(cycleMs / count))
    const each = Math.ceil((count * everyMs) / cycleMs)
    return setInterval(() => this.turn(each), everyMs)
  }

  private turn(count: number): void {
    for (let done = 0; done < count; done++) {
      this.runs[this.next]!.cycle()
      this.next = (this.next + 1) % this.runs.length
      if (this.next !== 0) continue
      this.round()
      return
    }
  }

  /** Every account had its cycle. */
  private round(): void {
    this.messaging.observe(this.lastHealth(), names => this.lastHealth(names))
    if (this.state.ready) this.links.cycle()
    this.upkeep.cycle().catch((error: unknown) => this.failed('upkeep-failed', error))
  }

  /** What fails in each cycle gets one line, and is counted then. */
  private failed(kind: 'upkeep-failed', error: unknown): void {
    this.failures.report(kind, error, detail => this.parts.own.note(kind, detail))
  }

  private lastHealth(names?: ReadonlySet<string>): HealthSnapshot {
    const chosen = this.runs.filter(({ guarded }) => names?.has(guarded.name) !== false)
    return mergedHealth(chosen.map(({ guarded, health }) => [guarded.name, health.last]))
  }

  private scrape(format: MetricsFormat): Promise<string> {
    const { runs, parts, options, startedAt } = this
    const notices = this.messaging.counts
    return scrapeOf({ runs, parts, options, startedAt, notices }, format)
  }
}

/** The positions of the file that an account guards. */
const entriesOf = (
  entries: readonly PositionEntry[],
  { name }: GuardedAccount,
  count: number,
): readonly PositionEntry[] =>
  count === 1 ? entries : entries.filter(({ guardedIn }) => guardedIn === name)

/** What of an end is kept for closing everything once no exit is waited for any more, ms. */
const CLOSING_MS = 2_000
/** Shortest time between two turns of the timer of cycles, ms. */
const SHORTEST_TURN_MS = 10
