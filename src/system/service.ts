import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { openPaperAccount, type PaperAccount } from '../brokers/paper-account.ts'
import type { PositionEntry } from '../config/position-reader.ts'
import type { ServiceConfig } from '../config/schema.ts'
import { LiveControl } from './control.ts'
import type { Position } from '../domain/position.ts'
import type { WatchkeeperError } from '../errors.ts'
import type { KillSwitch } from '../exits/kill-switch.ts'
import type { ExitRecord } from '../exits/ledger.ts'
import { simulatedFeed, type SimulatedFeed } from '../feeds/simulated.ts'
import { type HttpServer, serveHttp } from '../http/server.ts'
import { LiveSystem } from './live.ts'
import { healthStatus } from '../observability/health.ts'
import type { PortfolioDay } from '../risk/portfolio.ts'
import type { Clock } from '../ports/clock.ts'
import type { Control, HealthSnapshot, JournalLine, Readiness } from '../ports/control.ts'
import { healthFacts } from './facts.ts'
import { StoreKeeper } from '../stores/keeper.ts'
import { type LmdbStore, openLmdbStore } from '../stores/lmdb.ts'

export interface ServiceOptions {
  readonly config: ServiceConfig
  /** Positions of the file: ids that the store has never seen are taken under guard. */
  readonly entries: readonly PositionEntry[]
  /** Forgets the demo account and everything that is kept. */
  readonly fresh: boolean
  readonly clock: Clock
  readonly onLine: (line: JournalLine) => void
  readonly onFatal: (error: WatchkeeperError) => void
}

/** What was found at the start, for the person who started it. */
export interface Started {
  /** Where the API answers. */
  readonly url: string
  readonly guarded: number
  readonly exiting: number
  /** Ids of the file that the store has closed or released. */
  readonly over: readonly string[]
  /** Ids that are guarded although the file does not name them any more. */
  readonly vanished: readonly string[]
}

/** A guarded account: store, broker, feed and monitoring cycle around the live system. */
export class Service {
  private readonly options: ServiceOptions
  private readonly store: LmdbStore
  private readonly account: PaperAccount
  private readonly system: LiveSystem
  private readonly feed: SimulatedFeed
  private readonly startedAt: number
  private readonly control: Control
  private http: HttpServer | undefined
  private cycles: NodeJS.Timeout | undefined
  private snapshot: HealthSnapshot
  private state: Readiness = { ready: false, why: 'starting' }

  /** Opens store and account, recovers, takes the file's positions under guard, and starts. */
  static async start(options: ServiceOptions): Promise<[Service, Started]> {
    const { config, fresh, clock } = options
    const folder = join(config.dataFolder, 'store')
    if (fresh) {
      await (await openLmdbStore({ folder })).close()
      rmSync(folder, { recursive: true, force: true })
    }
    const store = await openLmdbStore({ folder })
    let account: PaperAccount | undefined
    const system = await LiveSystem.open({
      keeper: new StoreKeeper<ExitRecord, KillSwitch, PortfolioDay>(store),
      venue: quotes => {
        account = openPaperAccount({
          ...{ folder: join(config.dataFolder, 'paper'), quotes, fresh },
          delayMs: config.broker.delayMs,
          now: () => clock.now(),
        })
        return account
      },
      clock,
      callTimeoutMs: config.broker.callTimeoutMs,
      beforeGuard: async ({ position, generation }) => {
        await account!.deposit(position, generation)
      },
      onLine: options.onLine,
      onFatal: options.onFatal,
    })
    const service = new Service(options, { store, account: account!, system })
    try {
      return [service, await service.begin()]
    } catch (error) {
      await service.stop()
      throw error
    }
  }

  private constructor(
    options: ServiceOptions,
    parts: {
      store: LmdbStore
      account: PaperAccount
      system: LiveSystem
    },
  ) {
    const { config, clock } = options
    this.options = options
    this.store = parts.store
    this.account = parts.account
    this.system = parts.system
    this.startedAt = clock.now()
    this.snapshot = this.look()
    this.feed = simulatedFeed({
      ...{ seed: config.feed.seed, intervalMs: config.feed.intervalMs },
      now: () => clock.now(),
      onTick: tick => this.system.tick(tick),
    })
    this.control = new LiveControl({
      system: this.system,
      store: this.store,
      clock,
      health: () => this.snapshot,
      readiness: () => this.state,
    })
  }

  /** Ends in order: nothing new is taken, what was decided is durable, exits in flight may finish. */
  async stop(): Promise<void> {
    this.state = { ready: false, why: 'stopping' }
    await this.http?.close()
    this.feed.stop()
    const { clock, config } = this.options
    const until = clock.monotonic() + config.stop.deadlineMs
    while (this.system.state.openExits.size > 0 && clock.monotonic() < until) {
      this.system.cycle()
      await new Promise(resolve => setTimeout(resolve, STOP_STEP_MS))
    }
    clearInterval(this.cycles)
    await this.system.stop()
    await this.account.close()
    await this.store.close()
  }

  private async begin(): Promise<Started> {
    const { entries, config, clock } = this.options
    // First of all, so that a port that is taken leaves nothing half done.
    const { host, port, token } = config.http
    this.http = await serveHttp({ control: this.control, host, port, token })
    const over: string[] = []
    const before = new Set(this.system.state.register.keys())
    for (const { position, rules } of entries) {
      const known = this.system.state.register.get(position.id)
      if (known !== undefined) {
        if (known.state !== 'open') over.push(position.id)
        continue
      }
      const opened: Position = { ...position, openedAt: position.openedAt ?? clock.now() }
      await this.system.add(opened, rules, 'positions file')
    }
    const named = new Set(entries.map(({ position }) => position.id))
    const open = [...this.system.state.register.values()].filter(({ state }) => state === 'open')
    this.feed.start()
    this.cycle()
    this.cycles = setInterval(() => this.cycle(), config.cycleMs)
    this.state = { ready: true }
    return {
      url: `http://${host}:${this.http.port}`,
      guarded: open.length - this.system.state.openExits.size,
      exiting: this.system.state.openExits.size,
      over,
      vanished: [...before].filter(id => !named.has(id) && this.isOpen(id)),
    }
  }

  private isOpen(id: Position['id']): boolean {
    return this.system.state.register.get(id)?.state === 'open'
  }

  /** One monitoring cycle. */
  private cycle(): void {
    this.system.cycle()
    this.snapshot = this.look()
  }

  private look(): HealthSnapshot {
    const { config, clock } = this.options
    return healthStatus(
      healthFacts(this.system, { now: clock.now(), startedAt: this.startedAt, ...config.health }),
    )
  }
}

const STOP_STEP_MS = 50
