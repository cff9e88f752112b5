import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { VenueReport } from '../../src/brokers/venue/report.ts'
import type { PositionView } from '../../src/ports/control/positions.ts'
import type { JournalLine } from '../../src/ports/journal-lines.ts'
import type { Protocol } from '../support/broker-server/routes.ts'
import type { SettingsChange } from '../support/broker-server/script.ts'
import type { Steering } from '../support/steered/steering.ts'
import { until } from '../support/until.ts'
import { Account } from './account.ts'
import { embedded, ownProcess, type SceneService } from './service.ts'
import { configOf, type Settings } from './settings.ts'

/** A position as its owner posts it. */
export type Posted = Readonly<Record<string, unknown>> & {
  readonly id: string
  readonly instrument: string
}

/** Five ACME, bought at 100, that must be sold at 95. */
export const five = (id: string, but: Readonly<Record<string, unknown>> = {}): Posted => ({
  id,
  instrument: 'ACME',
  side: 'long',
  quantity: 5,
  entryPrice: 100,
  rules: { stopLoss: { price: 95 } },
  ...but,
})

export interface SceneOptions {
  /** Differences from a venue that proves everything and does everything at once. */
  readonly venue?: SettingsChange
  /** Differences from the settings that every scene has. */
  readonly config?: Settings
  /** Positions from the start; their holdings are bought first. Default: five ACME, as `a`. */
  readonly positions?: readonly Posted[]
  /** A venue in place of a server behind the REST protocol. */
  readonly account?: SceneAccount
  /** The program; default: the sources. */
  readonly main?: string
  /** The service runs in the process of the test: for stories that neither kill nor steer it. */
  readonly isEmbedded?: boolean
}

/** How a venue is emulated, and how the service is configured for it. */
export interface SceneAccount {
  readonly protocol: Protocol
  /** The section of the configuration, but for its address. */
  readonly broker: Settings
  /** Variables of the service. */
  readonly env: Readonly<Record<string, string>>
  /** What was measured at the venue. */
  readonly report?: VenueReport
}

/** The answer of the service to a request. */
export interface Said {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

const PATIENCE_MS = 20_000

/** An account at a hostile broker and the service that guards it. */
export class Scene extends Account {
  readonly folder: string
  /** Settings of the next start. */
  config: Settings
  private readonly options: SceneOptions
  private service: SceneService | undefined

  constructor(options: SceneOptions = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-scene-'))
    super(folder, options.venue ?? {}, options.account?.protocol)
    this.folder = folder
    this.options = options
    this.config = options.config ?? {}
  }

  /** Buys what the positions say, at 100, and starts the service. */
  async open(): Promise<void> {
    await this.broker.listen()
    for (const { instrument, side, quantity } of this.positions) {
      this.trade(side === 'short' ? -Number(quantity) : Number(quantity), instrument)
    }
    await this.start()
  }

  private get positions(): readonly Posted[] {
    return this.options.positions ?? [five('a')]
  }

  // The process.

  /** Resolves when the service accepts requests. */
  async start(steering: Steering = {}): Promise<void> {
    const file = join(this.folder, 'config.json')
    const { options, folder } = this
    const url = `http://127.0.0.1:${this.broker.port}`
    const { capabilities } = this.broker.venue.settings
    const broker = this.accountBroker()
    writeFileSync(
      file,
      JSON.stringify(configOf({ url, folder, capabilities, broker }, this.config)),
    )
    writeFileSync(join(folder, 'positions.json'), JSON.stringify({ positions: this.positions }))
    const main = options.main ?? new URL('../support/steered/main.ts', import.meta.url).pathname
    const started = { file, env: { ...options.account?.env } }
    this.service =
      options.isEmbedded === true
        ? await embedded(started)
        : await ownProcess(started, main, steering)
    await this.until(async () => (await this.ask('GET', '/readyz')).status === 200)
  }

  /** The section of an account, with the report of its venue. */
  private accountBroker(): Settings | undefined {
    const { broker, report } = this.options.account ?? {}
    if (report === undefined) return broker
    const file = join(this.folder, 'venue-report.json')
    writeFileSync(file, JSON.stringify(report))
    return { ...broker, report: file }
  }

  /** kill -9, where it has a process of its own. */
  async kill(): Promise<void> {
    await this.service?.end()
  }

  /** kill -9, and a new process over what is on disk. */
  async restart(steering: Steering = {}): Promise<void> {
    await this.kill()
    await this.start(steering)
  }

  async steer(steering: Steering): Promise<void> {
    await this.service!.steer(steering)
  }

  /** A copy of the state of the service, which must not run. */
  saveData(): string {
    const copy = join(this.folder, `copy-${Date.now()}`)
    cpSync(join(this.folder, 'data'), copy, { recursive: true })
    return copy
  }

  /** Replaces the data folder by such a copy. */
  restoreData(copy: string): void {
    this.loseData()
    cpSync(copy, join(this.folder, 'data'), { recursive: true })
  }

  loseData(): void {
    rmSync(join(this.folder, 'data'), { recursive: true, force: true })
  }

  /** What the process has printed. */
  get output(): string {
    return this.service?.output ?? ''
  }

  // Its API.

  async ask(method: string, path: string, body?: unknown): Promise<Said> {
    const response = await fetch(new URL(path, this.service!.url), {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Said['body']) }
  }

  add(position: Posted, but: Readonly<Record<string, unknown>> = {}): Promise<Said> {
    return this.ask('POST', '/api/positions', { ...position, ...but })
  }

  release(id: string): Promise<Said> {
    return this.ask('DELETE', `/api/positions/${id}`)
  }

  exit(id: string): Promise<Said> {
    return this.ask('POST', `/api/positions/${id}/exit`, {})
  }

  /** A position as the service shows it; undefined where it shows none. */
  async position(id: string): Promise<PositionView | undefined> {
    const { status, body } = await this.ask('GET', `/api/positions/${id}`)
    return status === 200 ? (body as unknown as PositionView) : undefined
  }

  /** Status of health, and why it is not `pass`. */
  async health(): Promise<{ readonly status: string; readonly output: string }> {
    const { body } = await this.ask('GET', '/health')
    return { status: String(body['status']), output: String(body['output']) }
  }

  async journal(): Promise<readonly JournalLine[]> {
    return (await this.ask('GET', '/api/journal?last=1000')).body as unknown as JournalLine[]
  }

  async lines(kind: string): Promise<readonly JournalLine[]> {
    return (await this.journal()).filter(line => line.kind === kind)
  }

  // Time.

  /** Resolves once a condition holds; otherwise throws with a report of the scene. */
  async until(isSo: () => unknown, patienceMs = PATIENCE_MS): Promise<void> {
    const isSoNow = (): unknown => {
      if (this.service?.hasEnded === true) throw new Error(`it has ended:\n${this.output}`)
      return isSo()
    }
    const onLate = (): never => {
      throw new Error(`it never is so: ${String(isSo)}`)
    }
    await until(isSoNow, { patienceMs, onLate })
  }

  /** Time in which the service could do what it must not do. */
  async pass(ms: number): Promise<void> {
    await sleep(ms)
  }

  /** A report of what has happened so far. */
  async report(): Promise<string> {
    const lines = await this.journal().catch(() => [])
    const orders = this.broker.venue.book.orders
    return [
      ...lines.map(line => JSON.stringify(line)),
      ...orders.map(order => JSON.stringify(order)),
      `held ${JSON.stringify(this.broker.venue.book.holdings())}`,
      this.output.slice(-3_000),
    ].join('\n')
  }

  async close(): Promise<void> {
    await this.kill()
    this.endMarket()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
