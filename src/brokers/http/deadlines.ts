/** For how long a reading of the server's clock counts, ms: a clock that is set back is followed after that. */
const KEPT_MS = 60_000

/** The best reading of a stretch of time. */
interface Stretch {
  /** Steady ms at which it began. */
  readonly from: number
  /** The server's clock less the steady one, ms, at least. */
  readonly aheadMs: number
}

/**
 * The server's clock, as the `Date` headers of its answers show it. A header is cut to the second and older than its
 * answer, so each is a lower bound; the largest of the last one to two minutes counts. It is never ahead of the server.
 */
export class ServerClock {
  private present: Stretch | undefined
  private before: Stretch | undefined

  /** Takes the `Date` header of an answer that came at `at` (steady ms). One that cannot be read changes nothing. */
  heard(header: string | undefined, at: number): void {
    const date = header === undefined ? NaN : Date.parse(header)
    if (!Number.isNaN(date)) this.heardTime(date, at)
  }

  /** Takes the server's time, epoch ms, of an answer that came at `at` (steady ms). */
  heardTime(date: number, at: number): void {
    if (this.present !== undefined && at - this.present.from >= KEPT_MS) {
      this.before = at - this.present.from >= 2 * KEPT_MS ? undefined : this.present
      this.present = undefined
    }
    const { from = at, aheadMs = -Infinity } = this.present ?? {}
    this.present = { from, aheadMs: Math.max(aheadMs, date - at) }
  }

  /** The server's time at `at` (steady ms), epoch ms, at the earliest; undefined: no answer has shown it. */
  at(at: number): number | undefined {
    const known = [this.present, this.before].flatMap(each => each?.aheadMs ?? [])
    return known.length === 0 ? undefined : at + Math.max(...known)
  }
}

/** The deadlines of orders: made by a steady clock here, stated by that of the server. */
export class Deadlines {
  private readonly server = new ServerClock()
  private readonly now: () => number
  private readonly steady: () => number

  /** `now`: epoch ms, counts until the server has answered; `steady`: epoch ms that never jump. */
  constructor(now: () => number, steady = now) {
    this.now = now
    this.steady = steady
  }

  /** Takes the `Date` header of an answer that has just come. */
  heard(header: string | undefined): void {
    this.server.heard(header, this.steady())
  }

  /** Takes the time, epoch ms, that the server has just stated: it is not cut to the second as the header is. */
  heardTime(time: number): void {
    this.server.heardTime(time, this.steady())
  }

  /** Whether an order must leave no more. */
  isOver(actBy: number): boolean {
    return actBy <= this.steady()
  }

  /** A deadline, steady ms, by the server's clock, epoch ms. */
  stated(actBy: number): number {
    const steady = this.steady()
    return (this.server.at(steady) ?? this.now()) + actBy - steady
  }
}
