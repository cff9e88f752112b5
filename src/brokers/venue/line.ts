import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import type { Credentials } from '../../domain/venue-facts.ts'
import { NotSent } from '../../errors.ts'
import { exchange, type Ask, type Line, type RawAnswer } from '../http/exchange.ts'
import { credentialsOf, KeyUnreadable, type KeySource, type VenueKey } from './key.ts'
import { VenueTime } from './time.ts'

export type { RawAnswer } from '../http/exchange.ts'

/** A request to a venue before it is signed. */
export interface VenueRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  /** Parameters in the order in which they are sent. */
  readonly params?: Readonly<Record<string, string>>
  /** Sent as JSON, where the venue accepts that. */
  readonly body?: Readonly<Record<string, unknown>> | readonly Readonly<Record<string, unknown>>[]
  /** Whether the request must be signed; public data need no signature. */
  readonly isSigned: boolean
  /** Whether the request names the key without a signature. */
  readonly isKeyed?: boolean
  /** Whether the request changes something at the venue. */
  readonly isOrder?: boolean
}

/** The request that has a venue check an order at `path`, and not place it. */
export const checkedAt = (path: string, order: VenueRequest): VenueRequest => ({
  ...order,
  path,
  isOrder: false,
})

/** What a request is signed with. */
export interface Stamp {
  readonly key: VenueKey
  /** Epoch ms by the venue's clock. */
  readonly at: number
}

/** How a venue expects requests. */
export interface Dialect {
  /** Encodes a request; without a stamp it stays unsigned. */
  readonly write: (request: VenueRequest, stamp: Stamp | undefined) => Ask
  readonly timeRequest: VenueRequest
  /** Reads the venue's time, epoch ms; throws where the answer is something else. */
  readonly readTime: (answer: RawAnswer) => number
}

export interface LineOptions {
  readonly url: string
  readonly connectTimeoutMs: number
  readonly timeoutMs: number
  readonly answerBytes: number
  /** How long ago requests claim to be sent, ms: what a venue makes of late ones. Default 0. */
  readonly stampLagMs?: number | undefined
  /** Called for each request; throws an Error that shows nothing of the key. */
  readonly key: KeySource
  /** Epoch ms. */
  readonly now?: () => number
  /** Monotonic ms. */
  readonly monotonic?: () => number
}

/** Pool size, and how long an unused connection is kept. */
const FRESH = { maxSockets: 64 }
const KEPT = { ...FRESH, keepAlive: true, maxFreeSockets: 16, timeout: 4_000 }

/** Sends signed requests to one venue, each once. */
export class VenueLine {
  readonly time: VenueTime
  private readonly dialect: Dialect
  private readonly line: Line
  private readonly readKey: KeySource
  private readonly stampLagMs: number
  private readonly calls = new Set<Promise<unknown>>()
  private isClosed = false
  /** Key of the last request; undefined until there was one. */
  private lastKey: string | undefined

  constructor(dialect: Dialect, options: LineOptions) {
    const { key, now = Date.now, monotonic = () => performance.now(), ...bounds } = options
    this.stampLagMs = bounds.stampLagMs ?? 0
    const url = options.url.replace(/\/+$/, '')
    const Agents = url.startsWith('https:') ? TlsAgent : Agent
    this.dialect = dialect
    this.line = { ...bounds, url, agent: new Agents(KEPT), orderAgent: new Agents(FRESH) }
    this.readKey = key
    this.time = new VenueTime({ monotonic, now })
  }

  /** Sends once and returns the answer whatever it says. Throws as `exchange` does. */
  async ask(request: VenueRequest, signal: AbortSignal): Promise<RawAnswer> {
    if (this.isClosed) throw new NotSent('the broker is closed')
    const isStamped = request.isSigned || request.isKeyed === true
    const call = isStamped ? this.askSigned(request, signal) : this.send(request, signal)
    this.calls.add(call)
    try {
      return await call
    } finally {
      this.calls.delete(call)
    }
  }

  /** Asks the venue for its time, and counts on from it with the monotonic clock. */
  syncTime(signal: AbortSignal): Promise<void> {
    return this.time.sync(async () =>
      this.dialect.readTime(await this.send(this.dialect.timeRequest, signal)),
    )
  }

  /**
   * What a session is opened with: key and time at the venue, which is read first where it is not known.
   *
   * @throws KeyUnreadable where the key cannot be read, and as `exchange` does.
   */
  async stamp(signal: AbortSignal): Promise<Stamp> {
    if (this.time.isNeeded || this.time.isOld) await this.syncTime(signal)
    return { key: this.usableKey(), at: this.time.at() }
  }

  /** Differs with each key; undefined where the key cannot be read. */
  keyIdentity(): string | undefined {
    try {
      return identityOf(this.readKey())
    } catch {
      return undefined
    }
  }

  hasNewCredentials(): boolean {
    try {
      return identityOf(this.readKey()) !== this.lastKey
    } catch {
      // An answer that cannot be read changes nothing.
      return false
    }
  }

  /** What is known of the key that the next call would use. */
  credentials(): Credentials {
    return credentialsOf(this.readKey)
  }

  async close(): Promise<void> {
    this.isClosed = true
    await Promise.allSettled(this.calls)
    this.line.agent.destroy()
    this.line.orderAgent.destroy()
  }

  private async askSigned(request: VenueRequest, signal: AbortSignal): Promise<RawAnswer> {
    const key = this.currentKey()
    await this.settleTime(request, signal)
    return this.send(request, signal, { key, at: this.time.at() - this.stampLagMs })
  }

  /**
   * An order waits for the venue's time only where the offset is unknown, or the venue refused the
   * last timestamp.
   */
  private async settleTime({ isOrder = false }: VenueRequest, signal: AbortSignal): Promise<void> {
    const { isNeeded, isOld } = this.time
    if (!isNeeded && !isOld) return
    const synced = this.syncTime(signal).catch(() => {
      // A venue that judges the timestamp of this request itself accepts nothing where the
      // timestamp is wrong.
    })
    if (isNeeded || !isOrder) await synced
  }

  private send(request: VenueRequest, signal: AbortSignal, stamp?: Stamp): Promise<RawAnswer> {
    const ask = this.dialect.write(request, stamp)
    return exchange(this.line, { ask: { ...ask, isOrder: request.isOrder === true } }, signal)
  }

  private currentKey(): VenueKey {
    this.lastKey = undefined
    const key = this.usableKey()
    this.lastKey = identityOf(key)
    return key
  }

  private usableKey(): VenueKey {
    try {
      return this.readKey()
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new KeyUnreadable(`the key cannot be read: ${why}`, { cause })
    }
  }
}

const identityOf = ({ key, secret, passphrase }: VenueKey): string =>
  JSON.stringify([key, secret, passphrase])
