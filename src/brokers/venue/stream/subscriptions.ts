import type { InstrumentId } from '../../../domain/ids.ts'
import type { Timers } from '../../../ports/timers.ts'

export interface SubscriptionsOptions {
  readonly timers: Timers
  /** Most instruments that are subscribed at once. */
  readonly most: number
  readonly send: (
    act: 'subscribe' | 'unsubscribe',
    names: readonly InstrumentId[],
    id: string,
  ) => void
  /** Called where the venue leaves a request without an answer. */
  readonly onUnanswered: () => void
}

/** Instruments in one request. */
const BATCH = 20
/** Time between two requests, ms: the strictest of the three venues takes 5 messages a second. */
const PACE_MS = 250
/** Longest wait for the answer to a request, ms. */
const ANSWER_MS = 10_000

interface Request {
  readonly act: 'subscribe' | 'unsubscribe'
  readonly names: readonly InstrumentId[]
}

/** The subscriptions of one connection: follows what is wanted, a few instruments with each request. */
export class Subscriptions {
  /** Instruments that the venue refused, and its words. */
  readonly refused = new Map<InstrumentId, string>()
  /** Instruments that were requested on this connection. */
  readonly asked = new Set<InstrumentId>()
  private readonly options: SubscriptionsOptions
  private wanted: ReadonlySet<InstrumentId> = new Set()
  private readonly queue: Request[] = []
  /** Requests without an answer yet, by their ids. */
  private readonly open = new Map<string, Request>()
  private isUp = false
  private isPacing = false
  private lastId = 0
  private stopTimers: (() => void)[] = []

  constructor(options: SubscriptionsOptions) {
    this.options = options
  }

  /** Follows these instruments, up to the most that a connection carries. */
  follow(instruments: Iterable<InstrumentId>): void {
    this.wanted = new Set([...instruments].slice(0, this.options.most))
    for (const name of this.refused.keys()) if (!this.wanted.has(name)) this.refused.delete(name)
    if (this.isUp) this.change()
  }

  /** A new connection has no subscriptions. */
  up(): void {
    this.down()
    this.isUp = true
    this.change()
  }

  down(): void {
    this.isUp = false
    this.isPacing = false
    for (const stop of this.stopTimers.splice(0)) stop()
    this.queue.length = 0
    this.open.clear()
    this.asked.clear()
    this.refused.clear()
  }

  accepted(id: string): void {
    this.open.delete(id)
  }

  /** A refused request is split until the refused instrument is alone. */
  refusedBy(id: string | undefined, text: string): void {
    const key = id ?? this.open.keys().next().value
    const request = key === undefined ? undefined : this.open.get(key)
    if (key === undefined || request === undefined) return
    this.open.delete(key)
    if (request.act === 'unsubscribe') return
    const { names } = request
    if (names.length === 1) {
      this.refused.set(names[0]!, text)
      return
    }
    const half = Math.ceil(names.length / 2)
    this.queue.push(
      { act: 'subscribe', names: names.slice(0, half) },
      { act: 'subscribe', names: names.slice(half) },
    )
    this.sendNext()
  }

  private change(): void {
    const missing = [...this.wanted].filter(name => !this.asked.has(name))
    const surplus = [...this.asked].filter(name => !this.wanted.has(name))
    for (const name of missing) this.asked.add(name)
    for (const name of surplus) this.asked.delete(name)
    this.enqueue('unsubscribe', surplus)
    this.enqueue('subscribe', missing)
    this.sendNext()
  }

  private enqueue(act: Request['act'], names: readonly InstrumentId[]): void {
    for (let from = 0; from < names.length; from += BATCH) {
      this.queue.push({ act, names: names.slice(from, from + BATCH) })
    }
  }

  private sendNext(): void {
    if (this.isPacing) return
    const request = this.queue.shift()
    if (request === undefined) return
    const id = String(++this.lastId)
    this.open.set(id, request)
    this.later(ANSWER_MS, () => {
      if (this.open.has(id)) this.options.onUnanswered()
    })
    this.isPacing = true
    this.later(PACE_MS, () => {
      this.isPacing = false
      this.sendNext()
    })
    this.options.send(request.act, request.names, id)
  }

  private later(ms: number, call: () => void): void {
    const stop = this.options.timers.after(ms, () => {
      this.stopTimers = this.stopTimers.filter(each => each !== stop)
      call()
    })
    this.stopTimers.push(stop)
  }
}
