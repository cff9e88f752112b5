import { z } from 'zod'
import type { HealthStatus } from '../../ports/control/health.ts'
import type { Alert, Channel } from './channel.ts'
import { RANK, worseOf } from './settling.ts'
import { Tries, type Miss } from './tries.ts'

const status = z.enum(['pass', 'warn', 'fail'])

/** Key of the accepted status in the stored row: stores of earlier versions have it. */
export const ACCEPTED = 'told'

/** What a channel has accepted, stored across restarts. */
export const keptLine = z.strictObject({
  name: z.string(),
  [ACCEPTED]: status,
  /** Worst status since then. */
  worst: status,
  /** True where it is unknown whether the channel accepted the message in flight. */
  isDoubtful: z.boolean(),
})
export type KeptLine = z.infer<typeof keptLine>

const HOUR_MS = 3_600_000
const MOST_REASONS = 20

/** Text of the last settled state. */
export interface News {
  readonly status: HealthStatus
  /** Epoch ms. */
  readonly at: number
  readonly reasons: readonly string[]
}

/** A message that is under way, and what is due again unless it arrives. */
interface UnderWay {
  readonly status: HealthStatus
  readonly changes: number
  readonly worst: HealthStatus
  readonly reasons: readonly string[]
}

/** What one channel has received, and what it still has to receive: always only the last state. */
export class Line {
  readonly channel: Channel
  /** Names it over restarts without showing its address. */
  readonly key: string
  private accepted: HealthStatus
  private isDoubtful: boolean
  sending: Promise<void> | undefined
  private worst: HealthStatus
  private worstReasons: readonly string[] = []
  private news: News = { status: 'pass', at: 0, reasons: [] }
  private changes = 0
  private underWay: UnderWay | undefined
  private readonly tries = new Tries()
  private sentAt: number[] = []

  constructor(channel: Channel, key: string, past: KeptLine | undefined) {
    this.channel = channel
    this.key = key
    this.accepted = past?.[ACCEPTED] ?? 'pass'
    this.worst = past?.worst ?? 'pass'
    // An incident may have been open before anything was stored.
    this.isDoubtful = past?.isDoubtful ?? channel.keepsIncidents
    this.news = { ...this.news, status: this.accepted }
  }

  /** Why the channel takes nothing, and since when (monotonic ms); only once it counts as away. */
  get away(): Tries['away'] {
    return this.tries.away
  }

  get kept(): KeptLine {
    const { accepted, worst, isDoubtful, underWay } = this
    const { name } = this.channel
    if (underWay === undefined) return { name, [ACCEPTED]: accepted, worst, isDoubtful }
    const open = worseOf(accepted, underWay.status)
    return { name, [ACCEPTED]: open, worst: worseOf(worst, underWay.worst), isDoubtful: true }
  }

  /**
   * Takes the present settled status. Returns how many changes will have no message of their own.
   */
  settle(news: News): number {
    const isNew = news.status !== this.news.status
    this.news = news
    if (RANK[news.status] >= RANK[this.worst] && news.status !== 'pass') {
      this.worst = news.status
      this.worstReasons = news.reasons.slice(0, MOST_REASONS)
    }
    if (!this.isWorth) {
      this.accepted = news.status
      this.worst = news.status
      return 0
    }
    if (isNew) this.changes++
    return isNew && this.changes > 1 ? 1 : 0
  }

  /** Whether the channel has not accepted the last state yet. */
  get isDue(): boolean {
    const { accepted, worst, isDoubtful, news } = this
    return isDoubtful || news.status !== accepted || worseOf(worst, accepted) !== accepted
  }

  /**
   * Whether a message is due and may be sent. Once the hourly number is used up, it waits; a `fail`
   * waits only for the average interval of messages.
   */
  mayGo(now: number, maxPerHour: number): boolean {
    if (!this.isDue || this.sending !== undefined || now < this.tries.nextAt) return false
    this.sentAt = this.sentAt.filter(at => at > now - HOUR_MS)
    if (this.sentAt.length < maxPerHour) return true
    const isFailure = this.news.status === 'fail' && this.accepted !== 'fail'
    return isFailure && now - this.sentAt.at(-1)! >= HOUR_MS / maxPerHour
  }

  /** The message to send now; later changes are due after it. */
  begin(): News & Pick<Alert, 'before' | 'leftOut'> {
    const { news, accepted, changes } = this
    const worst = worseOf(this.worst, accepted)
    const isOver = news.status === 'pass' && accepted !== worst
    const message = {
      ...news,
      reasons: isOver ? this.worstReasons : news.reasons,
      before: RANK[news.status] < RANK[worst] ? worst : accepted,
      leftOut: Math.max(0, changes - 1),
    }
    this.underWay = { status: news.status, changes, worst: this.worst, reasons: this.worstReasons }
    this.changes = 0
    this.worst = news.status
    this.worstReasons = news.reasons.slice(0, MOST_REASONS)
    return message
  }

  /** Call when the channel has accepted the message. */
  delivered(now: number): void {
    this.sentAt.push(now)
    this.tries.delivered()
    this.accepted = this.underWay!.status
    this.isDoubtful = false
    this.underWay = undefined
  }

  /** It has not. Whether the channel counts as away by that, for the first time. */
  missed(miss: Miss, now: number): boolean {
    const { changes, worst, reasons } = this.underWay!
    this.underWay = undefined
    this.changes += changes
    if (RANK[worst] > RANK[this.worst]) {
      this.worst = worst
      this.worstReasons = reasons
    }
    return this.tries.missed(miss, now)
  }

  private get isWorth(): boolean {
    const { news, accepted, worst, channel, isDoubtful } = this
    return isDoubtful || RANK[worseOf(news.status, worseOf(accepted, worst))] >= RANK[channel.from]
  }
}
