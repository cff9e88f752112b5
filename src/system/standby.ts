import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceConfig } from '../config/schema.ts'
import { WatchkeeperError } from '../errors.ts'
import { type HttpServer, serveHttp } from '../http/server.ts'
import { draft } from '../observability/checks.ts'
import type { Clock } from '../ports/clock.ts'
import type { Control, HealthSnapshot } from '../ports/control.ts'
import type { OwnedStore } from '../ports/store.ts'
import { openStore } from './open-store.ts'

export interface StandbyOptions {
  readonly config: ServiceConfig
  readonly clock: Clock
  /** Of watchkeeper. */
  readonly version: string
  readonly acceptsEmptyStore: boolean
  /** Ends the wait. */
  readonly signal: AbortSignal
  /** Told why it waits: at first, and whenever that is news. */
  onWait(why: WatchkeeperError, url: string): void
}

/** Pauses between attempts to serve the API, whose port an owner that just ended may still have, ms. */
const PORT_RETRY_MS = 100
/** A look at the store that is older than this says nothing any more, ms. */
const HEALTH_MAX_AGE_MS = 10_000
/** What an owner that lives, or has just ended, is told by. */
const WAITS = 'STORE_OWNED'

/**
 * Waits until the store can be taken over, and gives it then; undefined when the wait was ended.
 * Meanwhile it answers who asks that it is a standby and guards nothing.
 */
export async function standBy(options: StandbyOptions): Promise<OwnedStore | undefined> {
  const { config, clock, signal } = options
  const view = new StandbyView(options)
  let http: HttpServer | undefined
  try {
    http = await serveHttp({ control: view.control(), ...config.http })
    const url = `http://${config.http.host}:${http.port}`
    return await openStore({
      ...{ config, clock, fresh: false, acceptsEmptyStore: options.acceptsEmptyStore },
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

/** What a standby knows: why it waits, and since when. */
class StandbyView {
  private readonly options: StandbyOptions
  private why = new WatchkeeperError(WAITS, 'it has not looked yet')
  private lookedAt: number
  private readonly startedAt: number

  constructor(options: StandbyOptions) {
    this.options = options
    this.lookedAt = this.startedAt = options.clock.now()
  }

  /** Takes why it waits; whether that is another reason than before. */
  waits(why: WatchkeeperError): boolean {
    const isNews = this.lookedAt === this.startedAt || why.code !== this.why.code
    this.why = why
    this.lookedAt = this.options.clock.now()
    return isNews
  }

  /** Everything but its health is refused with STANDBY. */
  control(): Control {
    const known: Partial<Control> = {
      version: this.options.version,
      healthMaxAgeMs: HEALTH_MAX_AGE_MS,
      healthAgeMs: () => this.options.clock.now() - this.health().at,
      health: () => this.health(),
      readiness: () => ({ ready: false, why: `a standby: ${this.why.message}` }),
    }
    return new Proxy(known as Control, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name)
        return value ?? refuse
      },
    })
  }

  private health(): HealthSnapshot {
    const { clock } = this.options
    const time = new Date(clock.now()).toISOString()
    // Without a look at the owner nobody knows whether a standby could take over.
    const status = this.why.code === WAITS ? 'warn' : 'fail'
    const output = `a standby, which guards nothing: ${this.why.message}`
    const checks = {
      'service:standby': { ...draft('system', true, status), output },
      'positions:guarded': draft('component', 0, 'pass'),
      uptime: {
        ...draft('system', (clock.now() - this.startedAt) / 1_000, 'pass'),
        observedUnit: 's',
      },
    }
    return {
      ...{ status, at: this.lookedAt, output: [`service:standby: ${output}`] },
      checks: Object.fromEntries(
        Object.entries(checks).map(([name, each]) => [name, [{ status: 'pass', ...each, time }]]),
      ),
    }
  }
}

function refuse(): never {
  const text = 'this process is a standby: it guards nothing, ask the one that owns the store'
  throw new WatchkeeperError('STANDBY', text)
}
