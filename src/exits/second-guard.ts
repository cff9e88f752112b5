import { clientOrderId, hasOurPrefix, type ExitAttempt } from './client-order-id.ts'
import { LATE_MS } from './closed-holdings.ts'
import type { EndedOrder } from './late-orders.ts'
import type { ExitRecord } from './record.ts'

/** Attempts of one exit whose orders are still recognised, counted from the last one. */
export const KNOWN_ATTEMPTS = 50
/** Orders of ended exits that are recognised. */
const MOST_ENDED = 10_000

interface Ended {
  /** Until when it may still show, epoch ms. */
  readonly until: number
  /** Undefined: it may be another program's. */
  readonly of: EndedOrder | undefined
}

/** Notices orders in our format that are not in the book: another process guards the same account. */
export class SecondGuard {
  private found: readonly string[] = []
  private readonly ended = new Map<string, Ended>()

  /** Orders in our format that the last list showed and that this store did not send. */
  get secondGuardOrders(): readonly string[] {
    return this.found
  }

  /**
   * An exit with these orders leaves the book at `now` (epoch ms). A list may show its orders for a while, and
   * one that was rejected, cancelled or proved to be over may arrive late. `of`: the exit, where they are its own.
   */
  remember(
    ids: Iterable<string>,
    { of, now }: { readonly of: EndedOrder | undefined; readonly now: number },
  ): void {
    for (const id of ids) this.ended.set(id, { until: now + LATE_MS, of })
    for (const id of this.ended.keys()) {
      if (this.ended.size <= MOST_ENDED) break
      this.ended.delete(id)
    }
  }

  /** The ended exit whose own order that is. */
  ownerOf(id: string): EndedOrder | undefined {
    return this.ended.get(id)?.of
  }

  /** Checks all working orders, asked for at `askedAt`; gives the foreign ones that are new. */
  check(
    open: ReadonlySet<string | null>,
    records: readonly ExitRecord[],
    { askedAt, idLength }: { askedAt: number; idLength: number },
  ): readonly string[] {
    const haveOurFormat = [...open].filter(id => id !== null && hasOurPrefix(id)) as string[]
    const ours =
      haveOurFormat.length === 0
        ? new Set()
        : new Set(records.flatMap(each => [...idsOf(each, idLength)]))
    const before = this.found
    this.found = haveOurFormat.filter(id => !ours.has(id) && !this.ended.has(id))
    for (const [id, { until }] of this.ended) {
      if (!open.has(id) && askedAt >= until) this.ended.delete(id)
    }
    return this.found.filter(id => !before.includes(id))
  }
}

/** An exit whose orders are named; those that are given are as they were sent. */
export type NamedExit = ExitAttempt &
  Partial<Pick<ExitRecord, 'order' | 'pastOrders'>> & {
    /** Ids of its last orders. */
    readonly orders?: readonly string[] | undefined
  }

/**
 * Ids of the orders that an exit has made up to `attempt`: the last ones as they were sent, where that is
 * known, those before them as ids of `length` characters.
 */
export function idsOf(exit: NamedExit, length: number): ReadonlySet<string> {
  const { order, pastOrders = [], orders = [] } = exit
  const { storeId, account, positionId, generation, attempt } = exit
  const first = Math.max(1, attempt - KNOWN_ATTEMPTS)
  const made = Array.from({ length: attempt - first + 1 }, (_, index) =>
    clientOrderId({ storeId, account, positionId, generation, attempt: first + index }, length),
  )
  const past = pastOrders.map(each => each.clientOrderId)
  const present = order === undefined ? [] : [order.clientOrderId]
  return new Set<string>([...made, ...orders, ...past, ...present])
}
