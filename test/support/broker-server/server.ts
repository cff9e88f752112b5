import { mkdirSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { answer, sendStatus, suffer } from './answering.ts'
import { Door } from './door.ts'
import { Faults } from './faults.ts'
import { Bucket } from './hidden-limit.ts'
import { HintStreams } from './hint-streams.ts'
import {
  NotUnderstood,
  Reply,
  REST,
  type Protocol,
  type RawRequest,
  type Request,
} from './routes.ts'
import {
  changed,
  PLAIN,
  type Harm,
  type Outage,
  type Route,
  type Script,
  type SettingsChange,
} from './script.ts'
import { Timers } from './timers.ts'
import { Venue } from './venue.ts'

export interface ServeOptions {
  /** Folder of the account; created where it is missing. */
  readonly folder: string
  readonly settings?: SettingsChange
  readonly script?: Script
  /** 0 takes a free one. */
  readonly port?: number
  /** Seed of everything that depends on chance; default 1. */
  readonly seed?: number
  /** How it takes requests; default: the REST protocol. */
  readonly protocol?: Protocol
  /** What a `crash` does; default kill -9 of this process. */
  readonly crash?: () => void
}

/** Recorded requests, by the venue's clock. */
export interface SeenRequest {
  readonly at: number
  readonly route: Route
  readonly clientOrderId?: string
  readonly instrument?: string
  /** The deadline that an order states, epoch ms by the venue's clock. */
  readonly expiresAt?: number
}

/** Name of the account's file in its folder. */
export const ACCOUNT_FILE = 'account.jsonl'

/** Requests that are remembered. */
const SEEN = 10_000

/** A broker over HTTP that fails as its scripts say. */
export class BrokerServer {
  readonly venue: Venue
  readonly seen: SeenRequest[] = []
  readonly streams = new HintStreams()
  private readonly faults: Faults
  private readonly protocol: Protocol
  private readonly crash: () => void
  private readonly timers = new Timers()
  /** Not ended with the faults: an outage that has begun would never end. */
  private readonly outageTimers = new Timers()
  private readonly waiting: (() => void)[] = []
  private readonly door: Door
  private bucket: Bucket | undefined
  private outage: Outage | null = null

  constructor(options: ServeOptions) {
    const { folder, settings = {}, seed = 1, crash, script = {}, port = 0 } = options
    mkdirSync(folder, { recursive: true })
    this.venue = new Venue(join(folder, ACCOUNT_FILE), PLAIN)
    this.faults = new Faults(seed)
    this.protocol = options.protocol ?? REST
    this.venue.onEvent = event => this.streams.push(event, this.venue.book)
    this.door = new Door(port, (incoming, response) => void this.serve(incoming, response))
    this.crash = crash ?? ((): void => void process.kill(process.pid, 'SIGKILL'))
    void this.run({ set: settings })
    void this.run(script)
  }

  /** Executes a script, its steps at their times. */
  async run(script: Script): Promise<void> {
    const { clear = false, set, faults = [], steps = [] } = script
    if (clear) this.clear()
    if (script.fresh === true) {
      this.venue.forget()
      this.seen.length = 0
    }
    const isListening = set === undefined ? undefined : this.change(set)
    this.faults.add(faults)
    this.trade(script)
    if (script.stream !== undefined) this.streams.run(script.stream)
    for (const { afterMs, ...step } of steps) this.timers.later(afterMs, () => void this.run(step))
    await isListening
  }

  get port(): number {
    return this.door.port
  }

  /** Starts to answer. */
  async listen(): Promise<void> {
    // A port is needed, also to refuse connections at.
    await this.door.open()
    if (this.outage?.mode === 'refuse') this.door.shut()
  }

  close(): void {
    this.clear()
    this.outageTimers.clear()
    this.streams.close()
    this.door.shut()
    this.venue.close()
  }

  private trade({ hands = [], handOrders = [], prices = {}, ...script }: Script): void {
    for (const trade of hands) this.venue.hand(trade)
    for (const order of handOrders) this.venue.handOrder(order)
    if (script.endHandOrders === true) this.venue.endHandOrders()
    for (const [instrument, price] of Object.entries(prices)) this.venue.price(instrument, price)
    if (script.fillWorking === true) this.venue.fillWorking()
    if (script.triggerStops === true) this.venue.triggerStops({ isForced: true })
    if (script.endStops === true) this.venue.endStops()
    if (script.endDay === true) this.venue.endDay()
  }

  private async change(change: SettingsChange): Promise<void> {
    const settings = changed(this.venue.settings, change)
    this.venue.settings = settings
    if (change.limit !== undefined)
      this.bucket = change.limit === null ? undefined : new Bucket(change.limit, Date.now())
    if (change.outage !== undefined) await this.setOutage(change.outage)
  }

  private async setOutage(outage: Outage | null): Promise<void> {
    const wasRefusing = this.outage?.mode === 'refuse'
    this.outage = outage
    this.outageTimers.clear()
    if (outage?.forMs !== undefined)
      this.outageTimers.later(outage.forMs, () => {
        if (this.outage === outage) void this.setOutage(null)
      })
    if (outage?.mode === 'refuse') this.door.shut()
    else if (wasRefusing && this.port !== 0) await this.door.open()
  }

  private clear(): void {
    this.faults.clear()
    this.timers.clear()
  }

  private async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined)
    const { keepsAlive, clockMs } = this.venue.settings
    if (!keepsAlive) response.shouldKeepAlive = false
    if (clockMs !== 0) response.setHeader('date', new Date(Date.now() + clockMs).toUTCString())
    try {
      const raw = await rawOf(incoming)
      if (this.isCutOff(response)) return
      if (raw.url.pathname === '/v1/stream') return this.openStream(raw, response)
      const request = this.protocol.read(raw, this.venue)
      this.note(request)
      if (this.isRefused(request, response)) return
      await this.carryOut(request, response)
    } catch (error) {
      if (error instanceof NotUnderstood) sendStatus(response, error.reply)
      else if (!response.headersSent)
        sendStatus(response, { status: 500, body: { error: String(error) } })
    }
  }

  private openStream({ headers }: RawRequest, response: ServerResponse): void {
    const { token } = this.venue.settings
    if (token !== null && headers.authorization !== `Bearer ${token}`)
      throw new NotUnderstood(401, 'no token', new Reply(401, undefined))
    this.streams.add(response)
  }

  private async carryOut(request: Request, response: ServerResponse): Promise<void> {
    const harms = this.faults.take(request.target)
    const around = {
      crash: this.crash,
      chance: () => this.faults.chance(),
      hand: this.venue.hand.bind(this.venue),
      trigger: () => this.venue.triggerStops({ isForced: true }),
    }
    if (await suffer(harms, { phase: 'before', response, around })) return
    const isTorn = harms.some(harm => harm.kind === 'crash' && harm.when === 'writing')
    if (isTorn) this.venue.journal.tear = this.crash
    const body = request.act(this.venue, harms)
    for (const harm of harms) {
      if (harm.kind === 'repeat') this.timers.later(harm.afterMs, () => request.act(this.venue, []))
    }
    if (await suffer(harms, { phase: 'after', response, around })) return
    await this.turn(harms)
    await answer(response, body, harms)
    for (const go of this.waiting.splice(0)) go()
  }

  /** Resolves when the answer may be sent: at once, or after another one. */
  private async turn(harms: readonly Harm[]): Promise<void> {
    const behind = harms.find(harm => harm.kind === 'behind')
    if (behind === undefined) return
    await new Promise<void>(resolve => {
      this.waiting.push(resolve)
      this.timers.later(behind.ms, resolve)
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

  private isRefused({ target }: Request, response: ServerResponse): boolean {
    const { limit } = this.venue.settings
    if (limit?.on?.includes(target.route) === false) return false
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
  await server.listen()
  return server
}

async function rawOf(incoming: IncomingMessage): Promise<RawRequest> {
  let text = ''
  for await (const chunk of incoming.setEncoding('utf8') as AsyncIterable<string>) text += chunk
  const { method = 'GET', url = '/', headers } = incoming
  return { method, url: new URL(url, 'http://venue'), headers, text }
}
