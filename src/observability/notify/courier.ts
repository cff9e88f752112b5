import type { JournalLine, JournalQuery } from '../../ports/journal-lines.ts'
import { nextTurn } from '../../ports/turns.ts'
import type { Channel, Item, Message } from './channel.ts'
import { accountIn, compose, shortItem } from './compose.ts'
import type { TickSizes } from './composer.ts'
import type { Delivered } from './delivery.ts'
import type { KeptCourier } from './kept-courier.ts'
import { LeftOut } from './left-out.ts'
import { atMost, type Pace } from './pace.ts'
import { Tries } from './tries.ts'

export interface CourierOptions {
  readonly channel: Channel
  readonly pace: Pace
  readonly service: string
  readonly ticks: TickSizes
  /** Whether the configuration names its accounts: then each message names its own. */
  readonly areNamed: boolean
  /** Most messages that wait; earlier ones are left out and counted. */
  readonly maxPending: number
  readonly past: KeptCourier
  /** Monotonic, ms. */
  monotonic(): number
  journal(query: JournalQuery): Promise<readonly JournalLine[]>
  /** Resolves when it is durable, or cannot be. */
  keep(kept: KeptCourier): Promise<void>
  /** Called when the channel counts as away, once until it has taken a message. */
  onFailure(why: string): void
  onRecovery(): void
}

/** Lines that are read at once. */
const PAGE_LINES = 500
/** Lines that are no message for a channel, after which its place is kept all the same. */
const KEEP_LINES = 1_000
/** Longest wait of a message for its record, ms: a store that is away keeps no message back. */
const KEEP_MS = 2_000
/** A line numbered so far below those that were read shows that the store has lost lines. */
const LOST_LINES = 1_000
/** Refusals that concern one message: malformed, too long, not to be processed. */
const OF_MESSAGE = new Set([400, 413, 422])

/**
 * Sends one channel the journal lines that are messages for it, in the order of the journal, several at
 * once where several wait. How far it is outlives the process: what one has not delivered, the next sends.
 */
export class Courier {
  /** Lines that were taken and left out; tries that failed while the channel was away. */
  readonly counts = { delivered: 0, failed: 0, leftOut: 0 }
  private readonly options: CourierOptions
  private readonly tries = new Tries()
  private readonly stopped = new AbortController()
  private pending: Item[] = []
  private leftOut = new LeftOut()
  private cursor: number
  private readSeq: number
  private keptCursor: number
  /** The channel may have taken everything up to this line already. */
  private doubtful: number | undefined
  private isBehind = true
  /** A message of several lines was refused: the next one has one. */
  private isSingle = false
  private running: Promise<void> | undefined

  constructor(options: CourierOptions) {
    this.options = options
    const { cursor, sending } = options.past
    this.cursor = cursor
    this.readSeq = cursor
    this.keptCursor = cursor
    this.doubtful = sending
  }

  /** A journal line is durable. */
  wake(seq: number): void {
    if (seq + LOST_LINES < this.readSeq) this.readSeq = seq - 1
    this.isBehind = true
    this.run()
  }

  /** Sends what waits, if it may; nothing waits for it. */
  run(): void {
    if (this.stopped.signal.aborted) return
    if (!this.isBehind && this.pending.length === 0) return
    this.running ??= this.sendAll().finally(() => (this.running = undefined))
  }

  get away(): Tries['away'] {
    return this.tries.away
  }

  /** Messages that the channel has not taken yet. */
  get waiting(): number {
    return this.pending.length
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.running
  }

  /** Gives what waits a last moment, then gives up what is under way: the next process sends it. */
  async stop(graceMs: number): Promise<void> {
    this.run()
    await atMost(graceMs, this.idle(), this.stopped.signal)
    this.stopped.abort()
    await this.idle()
  }

  private async sendAll(): Promise<void> {
    do {
      await this.read()
    } while (await this.sendNext())
  }

  /** Reads all lines behind those that were read; a journal that cannot be read is read again later. */
  private async read(): Promise<void> {
    while (this.isBehind && !this.stopped.signal.aborted) {
      const after = this.readSeq
      const lines = await this.options.journal({ after, limit: PAGE_LINES }).catch(() => undefined)
      if (lines === undefined) return
      this.isBehind = lines.length === PAGE_LINES
      const [first, last] = [lines[0], lines.at(-1)]
      if (first === undefined || last === undefined) return
      if (first.seq > after + 1) this.leftOut.addDeleted(first.seq - after - 1)
      this.take(lines)
      this.readSeq = last.seq
      await nextTurn()
    }
  }

  private take(lines: readonly JournalLine[]): void {
    const { channel, ticks, maxPending, areNamed } = this.options
    for (const line of lines) {
      const account = areNamed ? accountIn(line) : undefined
      if (account !== undefined && channel.accounts?.has(account) === false) continue
      const item = compose(line, channel.events, ticks, account)
      if (item !== undefined) this.pending.push(item)
    }
    const tooMany = this.pending.splice(0, Math.max(0, this.pending.length - maxPending))
    this.leftOut.add(tooMany)
    this.counts.leftOut += tooMany.length
  }

  /** Whether a message was taken, and another one may follow. */
  private async sendNext(): Promise<boolean> {
    const { monotonic, pace, channel, service } = this.options
    const { signal } = this.stopped
    const items = this.batch()
    const [first, last] = [items[0], items.at(-1)]
    if (first === undefined || last === undefined) {
      await this.pass()
      return false
    }
    if (signal.aborted || monotonic() < this.tries.nextAt) return false
    const message: Message = {
      id: `${service}-${first.seq}-${last.seq}-${last.at}`,
      service,
      items,
      leftOut: this.leftOut.text,
      mayRepeat: this.doubtful !== undefined && first.seq <= this.doubtful,
    }
    // A process that ends between the message and its record must know that it may have arrived.
    const kept = this.options.keep({ cursor: this.cursor, sending: last.seq })
    await atMost(KEEP_MS, kept, signal)
    const result = await pace.send(() => channel.message(message), signal)
    if (result.kind === 'taken') {
      await this.delivered(items, last.seq)
      return true
    }
    if (!signal.aborted) await this.missed(result, items)
    return false
  }

  /** The lines of the next message: as many as it holds. */
  private batch(): readonly Item[] {
    const { channel } = this.options
    const items: Item[] = []
    let size = 0
    for (const item of this.pending) {
      size += channel.render(item).length + 2
      const isDoubtful = this.doubtful !== undefined && item.seq <= this.doubtful
      // What may be a repeat goes as it was, without what came after it.
      const isOther = items.length > 0 && this.doubtful !== undefined && !isDoubtful
      if (items.length > 0 && (size > channel.longest || this.isSingle || isOther)) break
      items.push(item)
    }
    return items
  }

  private async delivered(items: readonly Item[], last: number): Promise<void> {
    this.pending.splice(0, items.length)
    this.counts.delivered += items.length
    this.leftOut = new LeftOut()
    this.isSingle = false
    if (this.doubtful !== undefined && last >= this.doubtful) this.doubtful = undefined
    if (this.tries.delivered()) this.options.onRecovery()
    this.cursor = this.pending.length === 0 ? this.readSeq : last
    await this.keepCursor()
  }

  private async missed(
    result: Exclude<Delivered, { kind: 'taken' }>,
    items: readonly Item[],
  ): Promise<void> {
    const { monotonic, onFailure, channel } = this.options
    const { retryAfterMs } = result
    if (result.kind === 'unanswered' && result.mayHaveArrived === true) {
      this.doubtful = items.at(-1)!.seq
    }
    const isOfMessage = result.kind === 'refused' && OF_MESSAGE.has(result.status)
    const isRefusable = isOfMessage && this.shorten(items)
    const isFinal = result.kind === 'refused' && !isRefusable
    const why = result.kind === 'refused' ? `it refuses messages (${result.status})` : result.why
    const isFirst = this.tries.missed({ why, isFinal, retryAfterMs }, monotonic())
    if (this.tries.away !== undefined) this.counts.failed++
    if (isFirst) onFailure(`${why}; ${this.pending.length} wait at ${channel.name}`)
    if (this.doubtful === undefined) await this.options.keep({ cursor: this.cursor })
  }

  /** A refused message becomes smaller: one line, then its number alone. False: it cannot any more. */
  private shorten(items: readonly Item[]): boolean {
    const [first, ...others] = items
    this.isSingle ||= others.length > 0
    if (others.length > 0) return true
    const short = shortItem(first!)
    if (first!.title === short.title) return false
    this.pending[0] = short
    return true
  }

  /** Nothing waits: the place in the journal is kept now and then, as reading it again costs little. */
  private async pass(): Promise<void> {
    this.cursor = this.readSeq
    if (this.cursor - this.keptCursor >= KEEP_LINES) await this.keepCursor()
  }

  private async keepCursor(): Promise<void> {
    this.keptCursor = this.cursor
    await this.options.keep({ cursor: this.cursor })
  }
}
