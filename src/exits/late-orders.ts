import type { InstrumentId, PositionId } from '../domain/ids.ts'
import type { ClientOrderId, OrderState } from '../domain/order.ts'
import type { Notice } from './notices.ts'

/** The exit that an order belongs to, which is over. */
export interface EndedOrder {
  readonly positionId: PositionId
  /** Generation of the position id, from 1. */
  readonly generation: number
  readonly instrument: InstrumentId
}

/** A call about an order of an ended exit. */
export interface LateCall extends EndedOrder {
  readonly kind: 'look-up' | 'cancel'
  readonly clientOrderId: ClientOrderId
}

/** An order of an ended exit that the venue shows as working. Times are epoch ms. */
interface Shown {
  readonly of: EndedOrder
  /** When it was shown first, in a row. */
  since: number
  isListed: boolean
  /** It is reported, and cancelled until it works no more. */
  isWorking: boolean
  askAt: number
  /** When its first cancel was sent. */
  cancelledAt: number
}

interface LateOrdersOptions {
  notify(notice: Notice): void
  readonly apartMs: number
  /** The venue finds every order by its id. */
  readonly isFindable: boolean
}

/** Orders that are known at once; the oldest are forgotten. */
const MOST = 1_000
/** Wait after a look-up that contradicts the list, ms. */
const CONTRADICTED_MS = 30_000

/**
 * Orders of ended exits that work at the venue: the position is closed, so what they execute is sold twice. Each
 * is cancelled until the venue shows that it works no more. A list alone may lag: the order is looked up first
 * where the venue finds it, and must be listed twice, `apartMs` apart, elsewhere. Changes itself.
 */
export class LateOrders {
  private readonly options: LateOrdersOptions
  private readonly shown = new Map<string, Shown>()

  constructor(options: LateOrdersOptions) {
    this.options = options
  }

  /** Takes a list of all working orders, asked for at `askedAt`; `ownerOf` gives the ended exit of an order. */
  listed(
    open: ReadonlySet<string | null>,
    { askedAt, now }: { askedAt: number; now: number },
    ownerOf: (id: string) => EndedOrder | undefined,
  ): void {
    const { apartMs, isFindable } = this.options
    for (const id of open) {
      const of = id === null ? undefined : ownerOf(id)
      if (id === null || of === undefined) continue
      const each = this.enter(id, of, { since: askedAt, now })
      if (!each.isListed) each.since = askedAt
      each.isListed = true
      if (!isFindable && askedAt >= each.since + apartMs) this.works(id, each)
    }
    for (const [id, each] of this.shown) {
      if (open.has(id)) continue
      each.isListed = false
      const isOver = !isFindable && askedAt >= each.cancelledAt + 2 * apartMs
      if (!each.isWorking) this.shown.delete(id)
      else if (isOver) this.over(id, each)
    }
  }

  /** Takes what the venue says of an order of an ended exit. */
  seen(
    id: string,
    order: OrderState,
    { of, by, askedAt, now }: Seen & { readonly of: EndedOrder },
  ): void {
    const known = this.shown.get(id)
    switch (order.kind) {
      case 'unknown':
        return
      case 'working':
        this.works(id, known ?? this.enter(id, of, { since: askedAt, now }))
        return
      case 'absent':
        // An order that no look-up finds may still be on its way; one that was cancelled is not.
        if (!this.options.isFindable || (known?.isWorking === true && known.cancelledAt > askedAt))
          return
        break
      case 'rejected':
        // Bridges answer so to a cancel that comes too late: it is the cancel that was rejected.
        if (by === 'cancel') return
        break
      case 'filled':
      case 'ended':
        break
    }
    if (known !== undefined) this.over(id, known, now + CONTRADICTED_MS)
  }

  /** Takes the calls that are due at `now` (epoch ms): each counts as made. */
  takeDue(now: number, mayCancel: boolean): readonly LateCall[] {
    const { apartMs, isFindable } = this.options
    const due: LateCall[] = []
    for (const [id, each] of this.shown) {
      const kind = each.isWorking ? 'cancel' : 'look-up'
      if (now < each.askAt || (kind === 'cancel' ? !mayCancel : !isFindable)) continue
      each.askAt = now + 2 * apartMs
      if (kind === 'cancel') each.cancelledAt = Math.min(each.cancelledAt, now)
      due.push({ kind, clientOrderId: id as ClientOrderId, ...each.of })
    }
    return due
  }

  /** Orders that still work, and for how long at `now` (epoch ms). */
  *working(now: number): Iterable<EndedOrder & { clientOrderId: string; forMs: number }> {
    for (const [clientOrderId, { of, since, isWorking }] of this.shown)
      if (isWorking) yield { ...of, clientOrderId, forMs: now - since }
  }

  private enter(id: string, of: EndedOrder, at: { since: number; now: number }): Shown {
    const known = this.shown.get(id)
    if (known !== undefined) return known
    const made: Shown = {
      of,
      since: at.since,
      isListed: false,
      isWorking: false,
      askAt: at.now,
      cancelledAt: Infinity,
    }
    this.shown.set(id, made)
    for (const oldest of this.shown.keys()) {
      if (this.shown.size <= MOST) break
      this.shown.delete(oldest)
    }
    return made
  }

  private works(id: string, each: Shown): void {
    if (each.isWorking) return
    each.isWorking = true
    each.askAt = -Infinity
    this.notify(id, each, false)
  }

  private over(id: string, each: Shown, askAt = Infinity): void {
    if (each.isWorking) this.notify(id, each, true)
    each.isWorking = false
    each.cancelledAt = Infinity
    each.askAt = askAt
    if (!each.isListed) this.shown.delete(id)
  }

  private notify(clientOrderId: string, { of }: Shown, isOver: boolean): void {
    const { positionId, generation } = of
    this.options.notify({ kind: 'exit-late-order', positionId, generation, clientOrderId, isOver })
  }
}

/** How an answer about an order came. Times are epoch ms. */
export interface Seen {
  readonly by: 'look-up' | 'cancel' | 'stream'
  readonly askedAt: number
  readonly now: number
}
