import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceConfig } from '../config/schema.ts'
import { InstrumentTable } from '../domain/instrument.ts'
import { WatchkeeperError } from '../errors.ts'
import { serveHttp, type HttpServer } from '../http/server.ts'
import { draft } from '../observability/checks.ts'
import type { Clock } from '../ports/clock.ts'
import type { Control } from '../ports/control.ts'
import type { HealthSnapshot } from '../ports/control/health.ts'
import type { OwnedStore } from '../ports/store.ts'
import { openStore } from './open-store.ts'
import type { ServiceOptions } from './options.ts'

export interface StandbyOptions {
  readonly config: ServiceConfig
  readonly clock: Clock
  /** Of watchkeeper. */
  readonly version: string
  readonly acceptsEmptyStore: boolean
  /** Ends the wait. */
  readonly signal: AbortSignal
  /** Called with the reason for the wait, at first and when it changes. */
  onWait(why: WatchkeeperError, url: string): void
}

/** Pauses between attempts to serve the API, whose port an owner that just ended may still have, ms. */
const PORT_RETRY_MS = 100
/** An answer of the store that is older than this counts no more, ms. */
const HEALTH_MAX_AGE_MS = 10_000
/** What shows an owner that runs, or has just ended. */
const WAITS = 'STORE_OWNED'

/**
 * Waits until the store can be taken over, and opens it; undefined: the wait was ended. Meanwhile the HTTP server
 * answers that this process is a standby and guards nothing.
 */
export async function standBy(options: StandbyOptions): Promise<OwnedStore | undefined> {
  const { config, clock, signal } = options
  const view = new StandbyView(options)
  let http: HttpServer | undefined
  try {
    http = await serveHttp({ control: view.control(), config: config.http })
    const url = `http://${config.http.host}:${http.port}`
    return await openStore({
      config,
      clock,
      fresh: false,
      acceptsEmptyStore: options.acceptsEmptyStore,
      standby: signal,
      onWait: why => {
        if (view.waits(why)) options.onWait(why, url)
      },
    })
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  } finally {
    await http?.close()
    await sleep(http === undefined ? 0 : PORT_RETRY_MS)
  }
}

/**
 * Opens the store for a start that is no standby. An owner that was killed keeps it until its lease
 * ends: probes of this process are answered meanwhile.
 */
export async function waitForStore(options: ServiceOptions): Promise<OwnedStore> {
  const { config, onWait } = options
  const view = new StandbyView(options, 'a start')
  let serving: Promise<HttpServer> | undefined
  try {
    return await openStore({
      ...options,
      onWait: why => {
        view.waits(why)
        serving ??= serveHttp({ control: view.control(), config: config.http })
        // A port that is taken is reported when the service itself is to listen.
        serving.catch(() => undefined)
        onWait?.(why)
      },
    })
  } finally {
    const http = await serving?.catch(() => undefined)
    await http?.close()
    if (http !== undefined) await sleep(PORT_RETRY_MS)
  }
}

/** What a process that waits for its store knows: why it waits, and since when. */
class StandbyView {
  private readonly options: Pick<StandbyOptions, 'clock' | 'version'>
  private readonly as: 'a standby' | 'a start'
  private why = new WatchkeeperError(WAITS, 'the store was not asked yet')
  private refusedAt: number
  private readonly startedAt: number

  constructor(
    options: Pick<StandbyOptions, 'clock' | 'version'>,
    as: 'a standby' | 'a start' = 'a standby',
  ) {
    this.options = options
    this.as = as
    this.refusedAt = this.startedAt = options.clock.now()
  }

  /** Takes why it waits; whether that is another reason than before. */
  waits(why: WatchkeeperError): boolean {
    const isNews = this.refusedAt === this.startedAt || why.code !== this.why.code
    this.why = why
    this.refusedAt = this.options.clock.now()
    return isNews
  }

  /** Everything but its health is refused with STANDBY. */
  control(): Control {
    return {
      ...REFUSING,
      version: this.options.version,
      instruments: new InstrumentTable(),
      isStrict: true,
      ruleSets: new Map(),
      healthMaxAgeMs: HEALTH_MAX_AGE_MS,
      healthAgeMs: () => this.options.clock.now() - this.health().at,
      health: () => this.health(),
      readiness: () => ({ ready: false, why: `${this.as}: ${this.why.message}` }),
    }
  }

  private health(): HealthSnapshot {
    const { clock } = this.options
    const time = new Date(clock.now()).toISOString()
    // Without an answer about the owner it is unknown whether a standby could take over. A start that waits
    // should guard already.
    const status = this.why.code === WAITS && this.as === 'a standby' ? 'warn' : 'fail'
    const output = `${this.as}, which guards nothing: ${this.why.message}`
    const check = this.as === 'a standby' ? 'service:standby' : 'service:start'
    const checks = {
      [check]: { ...draft('system', true, status), output },
      'positions:guarded': draft('component', 0, 'pass'),
      uptime: {
        ...draft('system', (clock.now() - this.startedAt) / 1_000, 'pass'),
        observedUnit: 's',
      },
    }
    return {
      status,
      at: this.refusedAt,
      output: [`${check}: ${output}`],
      checks: Object.fromEntries(
        Object.entries(checks).map(([name, each]) => [name, [{ status: 'pass', ...each, time }]]),
      ),
    }
  }
}

function refuse(): never {
  const text = 'this process waits for its store: it guards nothing, ask the one that owns it'
  throw new WatchkeeperError('STANDBY', text)
}

/** Calls of a control that a process without a store refuses. */
const REFUSING = {
  positions: refuse,
  openIds: refuse,
  position: refuse,
  why: refuse,
  add: refuse,
  changeRules: refuse,
  previewRules: refuse,
  amend: refuse,
  release: refuse,
  exit: refuse,
  killSwitch: refuse,
  clock: refuse,
  acceptClock: refuse,
  record: refuse,
  note: refuse,
  setKillSwitch: refuse,
  portfolio: refuse,
  reportRealised: refuse,
  resetLimit: refuse,
  metrics: refuse,
  holdings: refuse,
  cycleMetrics: refuse,
  resetMetrics: refuse,
  report: refuse,
  gateway: refuse,
  moveBreaker: refuse,
  confirmHoldings: refuse,
  supervisionTree: refuse,
  restartActor: refuse,
  logLevels: refuse,
  setLogLevel: refuse,
  journal: refuse,
  trades: refuse,
  backup: refuse,
}
