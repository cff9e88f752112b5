import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { running, runningEnv } from '../compiled.ts'
import { readBook, type BookFill, type BookHolding, type BookOrder } from './book.ts'
import type { Fault, HandTrade, Script, SettingsChange } from './script.ts'
import { ACCOUNT_FILE, type SeenRequest } from './server.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

export interface StartOptions {
  readonly settings?: SettingsChange
  readonly script?: Script
  readonly seed?: number
  /** Folder of the account; one of its own, which `close` deletes, where it is missing. */
  readonly folder?: string
  /** Starts again so long after it has ended by itself, ms. */
  readonly restartAfterMs?: number
}

/** Everything that has really happened at the venue, whatever it reports. */
export interface TrueBook {
  readonly orders: readonly BookOrder[]
  readonly fills: readonly BookFill[]
  readonly holdings: readonly BookHolding[]
}

/** A broker server in a process of its own. Its address stays the same over restarts. */
export class RemoteBroker {
  url = ''
  readonly folder: string
  private readonly options: StartOptions
  private port = 0
  private controlPort = 0
  private child: ChildProcess | undefined
  private settings: SettingsChange
  private standing: readonly Fault[] = []
  private isWanted = true

  constructor(options: StartOptions) {
    this.options = options
    this.settings = options.settings ?? {}
    this.folder = options.folder ?? mkdtempSync(join(tmpdir(), 'watchkeeper-broker-'))
    mkdirSync(this.folder, { recursive: true })
  }

  /** Starts the process, with the settings that it was last given; `script` is its start-up file's. */
  async start(script: Script = {}): Promise<void> {
    const file = join(this.folder, 'start.json')
    const { folder, port, settings } = this
    const seed = this.options.seed ?? 1
    const faults = [...this.standing, ...(script.faults ?? [])]
    const begin = { ...script, faults }
    writeFileSync(file, JSON.stringify({ folder, port, settings, script: begin, seed }))
    this.remember(script)
    const child = spawn(process.execPath, [...running(MAIN), file], {
      env: runningEnv(),
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.child = child
    child.stdin.on('error', () => undefined)
    child.on('close', () => this.ended(child))
    const [line] = (await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'close').then(() => {
        throw new Error('the broker server did not start')
      }),
    ])) as [Buffer]
    const ports = JSON.parse(line.toString()) as { port: number; controlPort: number }
    this.port = ports.port
    this.controlPort = ports.controlPort
    this.url = `http://127.0.0.1:${ports.port}`
  }

  /** Settings and faults that hit `always` outlive a restart; other faults, and steps, do not. */
  async script(script: Script): Promise<void> {
    await this.control(script)
    this.remember(script)
  }

  handTrade(...hands: HandTrade[]): Promise<unknown> {
    return this.control({ hands })
  }

  price(instrument: string, price: number): Promise<unknown> {
    return this.control({ prices: { [instrument]: price } })
  }

  /** Requests since the process started; the newest 10,000. */
  async requests(): Promise<SeenRequest[]> {
    return (await this.control()) as SeenRequest[]
  }

  /** Read from its file, so that it answers also while the process is dead. */
  book(): TrueBook {
    const book = readBook(join(this.folder, ACCOUNT_FILE))
    return { orders: book.orders, fills: book.fills, holdings: book.holdings() }
  }

  /** Resolves when the process has ended, by a `crash` or otherwise. */
  async death(): Promise<void> {
    const { child } = this
    if (child !== undefined && isAlive(child)) await once(child, 'close')
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.isWanted = false
    this.child?.kill('SIGKILL')
    await this.death()
  }

  /** Starts again at the same address, after a kill -9 if need be. */
  async restart(script: Script = {}): Promise<void> {
    await this.kill()
    this.isWanted = true
    await this.start(script)
  }

  async close(): Promise<void> {
    await this.kill()
    if (this.options.folder === undefined) rmSync(this.folder, { recursive: true, force: true })
  }

  private remember({ clear = false, set, faults = [] }: Script): void {
    if (clear) this.standing = []
    this.standing = [...this.standing, ...faults.filter(({ times }) => times === 'always')]
    if (set === undefined) return
    const capabilities = { ...this.settings.capabilities, ...set.capabilities }
    const lagMs = { ...this.settings.lagMs, ...set.lagMs }
    this.settings = { ...this.settings, ...set, capabilities, lagMs }
  }

  private ended(child: ChildProcess): void {
    const { restartAfterMs } = this.options
    if (restartAfterMs === undefined || !this.isWanted || child !== this.child) return
    setTimeout(() => {
      if (this.isWanted && child === this.child) void this.start()
    }, restartAfterMs)
  }

  private async control(script?: Script): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${this.controlPort}`, {
      ...(script && { method: 'POST', body: JSON.stringify(script) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    return JSON.parse(text)
  }
}

const isAlive = (child: ChildProcess): boolean =>
  child.exitCode === null && child.signalCode === null

/** Starts a broker server in a process of its own; `close` it. */
export async function startBroker(options: StartOptions = {}): Promise<RemoteBroker> {
  const broker = new RemoteBroker(options)
  await broker.start(options.script)
  return broker
}
