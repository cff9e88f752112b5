import type { InstrumentId } from '../../../domain/ids.ts'
import type { Tick } from '../../../domain/tick.ts'
import type { OddMessage, QuoteDialect, QuotePart, StreamMessage } from './dialect.ts'
import { VenueSocket, type SocketDeps } from './socket.ts'
import { Subscriptions } from './subscriptions.ts'

export interface QuoteStreamOptions {
  readonly dialects: readonly QuoteDialect[]
  readonly connectTimeoutMs: number
  readonly heartbeatMs: number
  /** Epoch ms. */
  now(): number
  readonly onTick: (tick: Tick) => void
  /** Called with the reason when a socket goes down, once for each reason, with undefined at its first message. */
  readonly onChange: (socket: string, why: string | undefined) => void
}

/** What is known of an instrument on one socket. */
interface Known {
  /** Time of the last message, at most `AHEAD_MS` after its receipt, epoch ms. */
  ts: number
  /** Undefined until a snapshot has come on this connection. */
  figures: QuotePart['figures'] | undefined
}

const LONGEST_SAMPLE = 200
/** How far the clock of a venue may be ahead of this machine's, ms. */
const AHEAD_MS = 10_000

/** One socket with public quotes of a venue. */
class QuoteSocket {
  readonly dialect: QuoteDialect
  readonly socket: VenueSocket
  readonly subscriptions: Subscriptions
  readonly known = new Map<InstrumentId, Known>()
  /** The last reported reason why it is down; undefined: it was reported as up. */
  private reported: string | undefined = ''

  constructor(dialect: QuoteDialect, options: QuoteStreamOptions, deps: SocketDeps & Reading) {
    this.dialect = dialect
    this.subscriptions = new Subscriptions({
      timers: deps.timers,
      most: dialect.most,
      send: (act, names, id) => this.socket.send(dialect.subscription(act, names, id)),
      onUnanswered: () => this.socket.restart('a subscription was not answered'),
    })
    const { connectTimeoutMs, heartbeatMs, onChange } = options
    this.socket = new VenueSocket(
      {
        url: () => Promise.resolve(dialect.url),
        connectTimeoutMs,
        heartbeatMs,
        ping: dialect.ping,
        onUp: () => this.subscriptions.up(),
        onDown: why => {
          this.subscriptions.down()
          // What was pushed before may have changed meanwhile: a figure counts while its socket is up.
          for (const known of this.known.values()) known.figures = undefined
          if (this.reported !== why) onChange(dialect.name, (this.reported = why))
        },
        onText: text => {
          // A venue may take connections and end them at once: up is one on which it says something.
          if (this.reported !== undefined) onChange(dialect.name, (this.reported = undefined))
          deps.onMessage(this, dialect.read(text), text)
        },
      },
      deps,
    )
  }
}

interface Reading {
  onMessage(from: QuoteSocket, message: StreamMessage, text: string): void
}

/**
 * Public quotes of a venue, pushed: follows instruments on every socket that has figures of them, and joins
 * the last figures of each to a tick.
 */
export class QuoteStream {
  /** Messages that were read. */
  messages = 0
  /** How many of them prove nothing, by reason. */
  readonly oddities = new Map<OddMessage, number>()
  /** The last one of each kind, shortened, for messages. */
  readonly samples = new Map<OddMessage, string>()
  private readonly options: QuoteStreamOptions
  private readonly deps: SocketDeps
  private readonly sockets: readonly QuoteSocket[]
  /** When each instrument was pushed last, monotonic ms. */
  private readonly pushedAt = new Map<InstrumentId, number>()

  /** Starts to connect and does not wait for it. */
  constructor(options: QuoteStreamOptions, deps: SocketDeps) {
    this.options = options
    this.deps = deps
    const reading: Reading = { onMessage: (from, message, text) => this.take(from, message, text) }
    this.sockets = options.dialects.map(
      dialect => new QuoteSocket(dialect, options, { ...deps, ...reading }),
    )
  }

  /** Follows these instruments, and no others. */
  follow(instruments: Iterable<InstrumentId>): void {
    const wanted = new Set(instruments)
    for (const { subscriptions, known } of this.sockets) {
      subscriptions.follow(wanted)
      for (const name of known.keys()) if (!wanted.has(name)) known.delete(name)
    }
    for (const name of this.pushedAt.keys()) if (!wanted.has(name)) this.pushedAt.delete(name)
  }

  /** Whether every figure of an instrument is pushed, and one of them was within `quietMs`. */
  isPushed(instrument: InstrumentId, quietMs: number): boolean {
    const at = this.pushedAt.get(instrument)
    if (at === undefined || this.deps.monotonic() - at > quietMs) return false
    return this.sockets.every(
      ({ socket, known }) => socket.isUp && known.get(instrument)?.figures !== undefined,
    )
  }

  /** Whether every socket is up and said nothing about an instrument for `quietMs`. */
  isSilent(instrument: InstrumentId, quietMs: number): boolean {
    const at = this.pushedAt.get(instrument) ?? -Infinity
    return this.sockets.every(({ socket }) => socket.isUp) && this.deps.monotonic() - at > quietMs
  }

  /**
   * A price that was polled, as it counts beside the pushed figures: as it is where it is the newer one, else
   * only its last trade where none was pushed on the connection in use; undefined where it says nothing more.
   */
  withPushed(polled: Tick): Tick | undefined {
    const lastTs = this.lastTs(polled.instrument)
    if (polled.ts >= lastTs) return polled
    const pushed = this.joined(polled.instrument, lastTs)
    return Number.isNaN(pushed.price) ? { ...pushed, price: polled.price } : undefined
  }

  /** Time of the last message about an instrument, epoch ms. */
  private lastTs(instrument: InstrumentId): number {
    return Math.max(...this.sockets.map(({ known }) => known.get(instrument)?.ts ?? -Infinity))
  }

  /** Makes new connections: prices move, and none of them are pushed. */
  restart(why: string): void {
    for (const { socket } of this.sockets) socket.restart(why)
  }

  /** Each socket, and why it is down; undefined while it is up. */
  states(): readonly SocketState[] {
    return this.sockets.map(({ dialect, socket, subscriptions }) => ({
      socket: dialect.name,
      trouble: socket.trouble,
      forMs: this.deps.monotonic() - socket.changedAt,
      reconnects: socket.reconnects,
      refused: subscriptions.refused,
    }))
  }

  close(): void {
    for (const { socket, subscriptions } of this.sockets) {
      subscriptions.down()
      socket.close()
    }
  }

  private take(from: QuoteSocket, message: StreamMessage, text: string): void {
    this.messages++
    switch (message.kind) {
      case 'quote':
        this.quote(from, message.part, text)
        return
      case 'accepted':
        from.subscriptions.accepted(message.id)
        return
      case 'refused':
        from.subscriptions.refusedBy(message.id, message.text)
        return
      case 'closing':
        from.socket.restart(message.text)
        return
      case 'other':
        return
      case 'odd':
        this.note(message.what, text)
        return
    }
  }

  private quote(from: QuoteSocket, part: QuotePart, text: string): void {
    const { instrument, isDelta, figures } = part
    if (!from.subscriptions.asked.has(instrument)) {
      this.note('unasked', text)
      return
    }
    const before = from.known.get(instrument)
    if (before !== undefined && part.ts < before.ts) {
      this.note('old', text)
      return
    }
    if (isDelta && before?.figures === undefined) {
      this.note('no-snapshot', text)
      return
    }
    // A time far ahead of the clock would hide every later message: it counts as now.
    const now = this.options.now()
    const ts = part.ts > now + AHEAD_MS ? now : part.ts
    from.known.set(instrument, {
      ts,
      figures: isDelta ? { ...before?.figures, ...figures } : figures,
    })
    this.pushedAt.set(instrument, this.deps.monotonic())
    this.options.onTick(this.joined(instrument, part.ts))
  }

  /** The last figures of every socket; they are current at the time of the latest message. */
  private joined(instrument: InstrumentId, messageTs: number): Tick {
    const all = this.sockets.map(({ known }) => known.get(instrument))
    const figures: QuotePart['figures'] = Object.assign({}, ...all.map(each => each?.figures))
    const { price = NaN, bid, ask } = figures
    return {
      instrument,
      ts: Math.max(messageTs, this.lastTs(instrument)),
      price,
      ...(bid !== undefined && { bid }),
      ...(ask !== undefined && { ask }),
    }
  }

  private note(what: OddMessage, text: string): void {
    this.oddities.set(what, (this.oddities.get(what) ?? 0) + 1)
    this.samples.set(what, text.slice(0, LONGEST_SAMPLE))
  }
}

/** State of one socket. */
export interface SocketState {
  readonly socket: string
  /** Why it is down; undefined while it is up. */
  readonly trouble: string | undefined
  /** Since its last change, ms. */
  readonly forMs: number
  readonly reconnects: number
  /** Instruments that the venue refused to push, and its words. */
  readonly refused: ReadonlyMap<InstrumentId, string>
}
