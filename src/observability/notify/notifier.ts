import type { HealthSnapshot, HealthStatus } from '../../ports/control.ts'
import type { Alert, AlertRequest, Channel } from './channel.ts'
import { deliver, type Delivered } from './delivery.ts'

export interface NotifierOptions {
  readonly channels: readonly Channel[]
  /** Which service reports. */
  readonly service: string
  /** A status that lasts shorter than this is not told, ms. */
  readonly settleMs: number
  /** Most messages of one channel in an hour; the next one says how many were left out. */
  readonly maxPerHour: number
  /** Monotonic, ms. */
  monotonic(): number
  /** Told when a message could not be delivered. */
  onFailure(channel: string, why: string): void
  /** How requests leave; default over HTTP. */
  send?(request: AlertRequest, stopped: AbortSignal): Promise<Delivered>
  /** Waits between two tries; default by a timer. */
  pause?(ms: number, stopped: AbortSignal): Promise<void>
}

const RANK: Readonly<Record<HealthStatus, number>> = { pass: 0, warn: 1, fail: 2 }
const HOUR_MS = 3_600_000
const TRIES = 5
const FIRST_PAUSE_MS = 1_000
/** Messages that wait for one channel; older ones make room for newer ones. */
const MOST_WAITING = 20

/** What one channel has been told. */
interface Line {
  readonly channel: Channel
  /** Status that it was told last. */
  told: HealthStatus
  sentAt: number[]
  leftOut: number
  waiting: Alert[]
  sending: Promise<void> | undefined
}

/**
 * Tells people when health changes: once for each change that lasts, at a bounded rate, with tries
 * again when nobody answers. Nobody waits for it.
 */
export class Notifier {
  /** Messages so far that were delivered, that nobody took, and that were left out. */
  readonly counts = { delivered: 0, failed: 0, leftOut: 0 }
  private readonly options: Required<NotifierOptions>
  private readonly lines: readonly Line[]
  private readonly stopped = new AbortController()
  private settling: { readonly status: HealthStatus; readonly since: number } | undefined

  constructor(options: NotifierOptions) {
    this.options = { send: deliver, pause, ...options }
    this.lines = options.channels.map(channel => ({
      channel,
      ...{ told: 'pass', sentAt: [], leftOut: 0, waiting: [], sending: undefined },
    }))
  }

  /** Takes the health of a cycle. */
  observe({ status, at, output }: HealthSnapshot): void {
    const now = this.options.monotonic()
    if (this.settling?.status !== status) this.settling = { status, since: now }
    if (now - this.settling.since < this.options.settleMs) return
    for (const line of this.lines) {
      const before = line.told
      if (before === status) continue
      line.told = status
      const isWorth = Math.max(RANK[status], RANK[before]) >= RANK[line.channel.from]
      if (isWorth) this.queue(line, { status, before, at, reasons: output }, now)
    }
  }

  /** Messages that are not delivered yet. */
  get waiting(): number {
    return this.lines.reduce((sum, line) => sum + line.waiting.length, 0)
  }

  /** Resolves when nothing waits to be delivered. */
  async idle(): Promise<void> {
    for (const { sending } of this.lines) await sending
  }

  /** Gives up what waits. */
  async stop(): Promise<void> {
    this.stopped.abort()
    await this.idle()
  }

  private queue(
    line: Line,
    news: Pick<Alert, 'status' | 'before' | 'at' | 'reasons'>,
    now: number,
  ): void {
    line.sentAt = line.sentAt.filter(at => at > now - HOUR_MS)
    if (line.sentAt.length >= this.options.maxPerHour) {
      line.leftOut++
      this.counts.leftOut++
      return
    }
    line.sentAt.push(now)
    if (line.waiting.length >= MOST_WAITING) line.waiting.shift()
    line.waiting.push({ ...news, service: this.options.service, leftOut: line.leftOut })
    line.leftOut = 0
    line.sending ??= this.sendAll(line)
  }

  private async sendAll(line: Line): Promise<void> {
    for (;;) {
      const alert = line.waiting[0]
      if (alert === undefined || this.stopped.signal.aborted) break
      const result = await this.trySending(line.channel, alert)
      this.counts[result === 'done' ? 'delivered' : 'failed']++
      if (result !== 'done') {
        const why = result === 'gone' ? 'it was refused' : `nobody took it in ${TRIES} tries`
        this.options.onFailure(line.channel.name, why)
      }
      if (line.waiting[0] === alert) line.waiting.shift()
    }
    line.sending = undefined
  }

  private async trySending(channel: Channel, alert: Alert): Promise<Delivered> {
    const { send, pause: wait } = this.options
    const { signal } = this.stopped
    for (let attempt = 0; attempt < TRIES && !signal.aborted; attempt++) {
      if (attempt > 0) await wait(FIRST_PAUSE_MS * 4 ** (attempt - 1), signal)
      const result = await send(channel.request(alert), signal)
      if (result !== 'later') return result
    }
    return 'later'
  }
}

/** Ends early, without an error, when everything is stopped. */
const pause = (ms: number, stopped: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    const timer = setTimeout(end, ms)
    stopped.addEventListener('abort', end, { once: true })
    function end(): void {
      clearTimeout(timer)
      stopped.removeEventListener('abort', end)
      resolve()
    }
  })
