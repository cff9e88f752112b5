import { clientOrderId, hasOurPrefix, type ExitAttempt } from './client-order-id.ts'
import { LATE_MS } from './former.ts'
import type { ExitRecord } from './record.ts'

/** Attempts of one exit whose orders are still recognised, counted from the last one. */
export const KNOWN_ATTEMPTS = 50
/** Orders of ended exits that are recognised. */
const MOST_ENDED = 10_000

/** Notices orders in our format that are not in the book: another process guards the same account. */
export class SecondGuard {
  private found: readonly string[] = []
  /** Until when each order of an ended exit may still show, epoch ms. */
  private readonly ended = new Map<string, number>()

  /** Orders in our format that the last list showed and that this store did not send. */
  get strangers(): readonly string[] {
    return this.found
  }

  /**
   * An exit leaves the book at `now` (epoch ms). A list may show its orders for a while, and one that
   * was rejected, cancelled or proved to be over may arrive late.
   */
  remember(
    exit: ExitAttempt & Partial<Pick<ExitRecord, 'order'>>,
    { idLength, now }: { idLength: number; now: number },
  ): void {
    for (const id of idsOf(exit, idLength)) this.ended.set(id, now + LATE_MS)
    for (const id of this.ended.keys()) {
      if (this.ended.size <= MOST_ENDED) break
      this.ended.delete(id)
    }
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
        : new Set(records.flatMap(each => idsOf(each, idLength)))
    const before = this.found
    this.found = haveOurFormat.filter(id => !ours.has(id) && !this.ended.has(id))
    for (const [id, until] of this.ended) {
      if (!open.has(id) && askedAt >= until) this.ended.delete(id)
    }
    return this.found.filter(id => !before.includes(id))
  }
}

/** Ids of the orders that an exit has made up to `attempt`; the present one is as it was sent. */
export function idsOf(
  { order, ...exit }: ExitAttempt & Partial<Pick<ExitRecord, 'order'>>,
  length: number,
): string[] {
  const first = Math.max(1, exit.attempt - KNOWN_ATTEMPTS)
  const { storeId, account, positionId, generation } = exit
  const ids: string[] = Array.from({ length: exit.attempt - first + 1 }, (_, index) =>
    clientOrderId({ storeId, account, positionId, generation, attempt: first + index }, length),
  )
  return order === undefined ? ids : [...ids, order.clientOrderId]
}
