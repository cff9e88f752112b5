import { WebSocket } from 'ws'
import type { Timers } from '../../../ports/timers.ts'
import { alive, backoffOptions, freshBackoff, nextDelay } from '../../../resilience/backoff.ts'

/** What a socket needs of the process. */
export interface SocketDeps {
  readonly timers: Timers
  /** Monotonic ms. */
  monotonic(): number
  /** In [0, 1). */
  random(): number
}

export interface SocketOptions {
  /** The address to connect to; asked for each connection. What it throws counts as a failure to connect. */
  readonly url: () => Promise<string>
  readonly connectTimeoutMs: number
  /** Time between two heartbeats; a connection on which nothing arrived between two of them is dead. */
  readonly heartbeatMs: number
  /** Text of a heartbeat. */
  readonly ping: string
  readonly onUp: () => void
  /** Called once for each connection that ends, and once where the first cannot be made. */
  readonly onDown: (why: string) => void
  readonly onText: (text: string) => void
}

/** Longest message, bytes: the longest lists of the venues have some hundred KB. */
const MOST_BYTES = 4_194_304
/** Unsent bytes beyond which a connection counts as dead. */
const MOST_UNSENT = 1_048_576
const BACKOFF = backoffOptions.parse({ initialMs: 500, maxMs: 30_000, resetAfterMs: 60_000 })

/** One WebSocket connection to a venue that connects again by itself, until it is closed. */
export class VenueSocket {
  /** Why it is down; undefined while it is up. */
  trouble: string | undefined = 'not connected yet'
  /** When it went down, or was opened, monotonic ms. */
  changedAt: number
  /** Connections that were made after the first. */
  reconnects = 0
  private readonly deps: SocketDeps
  private readonly options: SocketOptions
  private socket: WebSocket | undefined
  private backoff = freshBackoff
  private isReportedDown = false
  private hasBeenUp = false
  private hasHeard = false
  private isClosed = false
  private stopTimer: () => void = () => undefined

  /** Starts to connect and does not wait for it. */
  constructor(options: SocketOptions, deps: SocketDeps) {
    this.options = options
    this.deps = deps
    this.changedAt = deps.monotonic()
    void this.connect()
  }

  get isUp(): boolean {
    return this.trouble === undefined
  }

  /** Sends a text; without a connection it is dropped, and the next connection begins anew. */
  send(text: string): void {
    const { socket } = this
    if (!this.isUp || socket === undefined) return
    if (socket.bufferedAmount > MOST_UNSENT) this.restart('the venue takes no messages')
    else socket.send(text)
  }

  /** Ends the connection; another one is made. */
  restart(why: string): void {
    if (this.socket === undefined) return
    this.down(why)
  }

  close(): void {
    this.isClosed = true
    this.stopTimer()
    this.drop()
    this.trouble = 'closed'
  }

  private async connect(): Promise<void> {
    let url: string
    try {
      url = await this.options.url()
    } catch (error) {
      this.down(textOf(error))
      return
    }
    if (this.isClosed) return
    const socket = new WebSocket(url, {
      handshakeTimeout: this.options.connectTimeoutMs,
      perMessageDeflate: false,
      maxPayload: MOST_BYTES,
      followRedirects: false,
    })
    this.socket = socket
    let why: string | undefined
    const isOwn = (): boolean => this.socket === socket
    socket.on('open', () => isOwn() && this.up())
    // The close event follows, and says less than the error that caused it.
    socket.on('error', error => (why ??= textOf(error)))
    socket.on('close', code => isOwn() && this.down(why ?? `closed with ${code}`))
    for (const frame of ['ping', 'pong'] as const) socket.on(frame, () => (this.hasHeard = true))
    socket.on('message', (data, isBinary) => {
      if (!isOwn()) return
      this.hasHeard = true
      this.options.onText(isBinary ? '' : textOfData(data))
    })
  }

  private up(): void {
    if (this.hasBeenUp) this.reconnects++
    this.hasBeenUp = true
    this.isReportedDown = false
    this.trouble = undefined
    this.changedAt = this.deps.monotonic()
    this.backoff = alive(BACKOFF, this.backoff, this.changedAt)
    this.hasHeard = true
    this.beat()
    this.options.onUp()
  }

  /** Sends a heartbeat, and finds a connection dead on which nothing has arrived since the last one. */
  private beat(): void {
    const { heartbeatMs, ping } = this.options
    this.stopTimer = this.deps.timers.after(heartbeatMs, () => {
      if (!this.hasHeard) {
        this.down(`silent for ${heartbeatMs} ms after a heartbeat`)
        return
      }
      this.hasHeard = false
      this.backoff = alive(BACKOFF, this.backoff, this.deps.monotonic())
      this.beat()
      this.send(ping)
    })
  }

  private down(why: string): void {
    if (this.isClosed) return
    this.stopTimer()
    this.drop()
    const { monotonic, random, timers } = this.deps
    const now = monotonic()
    if (this.trouble === undefined) this.changedAt = now
    this.trouble = why
    const [next, delayMs] = nextDelay(BACKOFF, this.backoff, now, random())
    this.backoff = next
    this.stopTimer = timers.after(delayMs, () => void this.connect())
    if (this.isReportedDown) return
    this.isReportedDown = true
    this.options.onDown(why)
  }

  private drop(): void {
    const { socket } = this
    this.socket = undefined
    // Its own listeners stay: an error without one would end the process.
    socket?.terminate()
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function textOfData(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8')
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8')
}
