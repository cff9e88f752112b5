import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { mkdirSync } from 'node:fs'
import { answer, sendStatus, suffer } from './answering.ts'
import { Faults } from './faults.ts'
import { Bucket } from './hidden-limit.ts'
import { NotUnderstood, type Request, requestOf } from './routes.ts'
import {
  changed,
  type Harm,
  type Outage,
  PLAIN,
  type Route,
  type Script,
  type SettingsChange,
} from './script.ts'
import { Venue } from './venue.ts'

export interface ServeOptions {
  /** Where the account lies; made where it is missing. */
  readonly folder: string
  readonly settings?: SettingsChange
  readonly script?: Script
  /** 0 takes a free one. */
  readonly port?: number
  /** Decides everything that has a chance; default 1. */
  readonly seed?: number
  /** What a `crash` does; default kill -9 of this process. */
  readonly crash?: () => void
}

/** What was asked, by the venue's clock. */
export interface SeenRequest {
  readonly at: number
  readonly route: Route
  readonly clientOrderId?: string
  readonly instrument?: string
}

/** Name of the account's file in its folder. */
export const ACCOUNT_FILE = 'account.jsonl'

/** Requests that are remembered. */
const SEEN = 10_000

/** A broker over HTTP that fails as it is told. */
export class BrokerServer {
  readonly venue: Venue
  readonly seen: SeenRequest[] = []
  port = 0
  private readonly faults: Faults
  private readonly crash: () => void
  private readonly timers = new Set<NodeJS.Timeout>()
  private readonly waiting: (() => void)[] = []
  private server: Server | undefined
  private bucket: Bucket | undefined
  private outage: Outage | null = null

  constructor({ folder, settings = {}, seed = 1, crash, script = {} }: ServeOptions) {
    mkdirSync(folder, { recursive: true })
    this.venue = new Venue(join(folder, ACCOUNT_FILE), PLAIN)
    this.faults = new Faults(seed)
    this.crash = crash ?? ((): void => void process.kill(process.pid, 'SIGKILL'))
    this.run({ set: settings })
    this.run(script)
  }

  /** Does what a script says, its steps in their time. */
  run(script: Script): void {
    const { clear = false, set, faults = [], hands = [], prices = {}, steps = [] } = script
    if (clear) this.clear()
    if (script.fresh === true) {
      this.venue.forget()
      this.seen.length = 0
    }
    if (set !== undefined) this.change(set)
    this.faults.add(faults)
    for (const trade of hands) this.venue.hand(trade)
    for (const [instrument, price] of Object.entries(prices)) this.venue.price(instrument, price)
    if (script.fillWorking === true) this.venue.fillWorking()
    for (const { afterMs, ...step } of steps) this.later(afterMs, () => this.run(step))
  }

  /** Starts to answer, at the same port as before. */
  async listen(port = this.port): Promise<void> {
    if (this.outage?.mode === 'refuse' && this.port !== 0) return
    const server = createServer((request, response) => void this.serve(request, response))
    server.keepAliveTimeout = 5_000
    server.listen(port, '127.0.0.1')
    this.server = server
    await once(server, 'listening')
    this.port = (server.address() as AddressInfo).port
    // An outage that began before there was a port to refuse.
    if (this.outage?.mode === 'refuse') this.hangUp()
  }

  close(): void {
    this.clear()
    this.hangUp()
    this.venue.close()
  }

  private change(change: SettingsChange): void {
    const settings = changed(this.venue.settings, change)
    this.venue.settings = settings
    if (change.limit !== undefined)
      this.bucket = change.limit === null ? undefined : new Bucket(change.limit, Date.now())
    if (change.outage !== undefined) this.setOutage(change.outage)
  }

  private setOutage(outage: Outage | null): void {
    const wasRefusing = this.outage?.mode === 'refuse'
    this.outage = outage
    if (outage?.mode === 'refuse') this.hangUp()
    else if (wasRefusing) void this.listen()
    if (outage?.forMs === undefined) return
    this.later(outage.forMs, () => this.outage === outage && this.setOutage(null))
  }

  private hangUp(): void {
    this.server?.close()
    this.server?.closeAllConnections()
    this.server = undefined
  }

  private clear(): void {
    this.faults.clear()
    for (const timer of this.timers) clearTimeout(timer)
    this.timers.clear()
  }

  private later(ms: number, act: () => unknown): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      act()
    }, ms)
    this.timers.add(timer)
  }

  private async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined)
    try {
      const body = await bodyOf(incoming)
      if (this.isCutOff(response)) return
      const url = new URL(incoming.url ?? '/', 'http://venue')
      const request = requestOf(incoming.method ?? 'GET', url, body)
      this.note(request)
      if (this.isRefused(incoming, response)) return
      await this.carryOut(request, response)
    } catch (error) {
      if (error instanceof NotUnderstood)
        sendStatus(response, { status: error.status, body: { error: error.message } })
      else if (!response.headersSent)
        sendStatus(response, { status: 500, body: { error: String(error) } })
    }
  }

  private async carryOut(request: Request, response: ServerResponse): Promise<void> {
    const harms = this.faults.take(request.target)
    const around = {
      crash: this.crash,
      chance: () => this.faults.chance(),
      hand: this.venue.hand.bind(this.venue),
    }
    if (await suffer(harms, { phase: 'before', response, around })) return
    const isTorn = harms.some(harm => harm.kind === 'crash' && harm.when === 'writing')
    if (isTorn) this.venue.journal.tear = this.crash
    const body = request.act(this.venue, harms)
    if (await suffer(harms, { phase: 'after', response, around })) return
    await this.turn(harms)
    await answer(response, body, harms)
    for (const go of this.waiting.splice(0)) go()
  }

  /** Resolves when the answer may go out: at once, or behind another one. */
  private async turn(harms: readonly Harm[]): Promise<void> {
    const behind = harms.find(harm => harm.kind === 'behind')
    if (behind === undefined) return
    await new Promise<void>(resolve => {
      this.waiting.push(resolve)
      this.later(behind.ms, resolve)
    })
  }

  private note({ target }: Request): void {
    this.seen.push({ at: Date.now(), ...target })
    if (this.seen.length > SEEN) this.seen.shift()
  }

  private isCutOff(response: ServerResponse): boolean {
    switch (this.outage?.mode) {
      case undefined:
        return false
      case 'hang':
        return true
      case 'refuse':
      case 'reset':
        response.socket?.resetAndDestroy()
        return true
      case 'status':
        sendStatus(response, { status: 503 })
        return true
    }
  }

  private isRefused({ headers }: IncomingMessage, response: ServerResponse): boolean {
    const { token, limit } = this.venue.settings
    if (token !== null && headers.authorization !== `Bearer ${token}`) {
      sendStatus(response, { status: 401 })
      return true
    }
    const refusal = this.bucket?.take(Date.now())
    if (refusal === undefined) return false
    const { banUntil } = refusal
    sendStatus(response, {
      status: 429,
      headers: {
        ...(limit?.retryAfter !== undefined && { 'retry-after': limit.retryAfter }),
        ...(banUntil !== undefined && { 'ban-until': String(banUntil) }),
      },
    })
    return true
  }
}

/** Starts a server in this process. */
export async function serveBroker(options: ServeOptions): Promise<BrokerServer> {
  const server = new BrokerServer(options)
  await server.listen(options.port ?? 0)
  return server
}

async function bodyOf(incoming: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of incoming.setEncoding('utf8') as AsyncIterable<string>) text += chunk
  if (text === '') return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new NotUnderstood(400, 'not JSON')
  }
}
