import { clientOrderId, hasOurPrefix } from './client-order-id.ts'
import type { ExitRecord } from './record.ts'

/** Attempts of one exit whose orders are still recognised, counted from the last one. */
const KNOWN_ATTEMPTS = 50
/** Orders of ended exits that are recognised. */
const MOST_ENDED = 10_000

/** Notices orders that look like ours and are not in the book: another guard works on the account. */
export class SecondGuard {
  private found: readonly string[] = []
  private readonly ended = new Map<string, number>()

  /** Orders like ours that the last list showed and that nobody here has sent. */
  get strangers(): readonly string[] {
    return this.found
  }

  /** An exit leaves the book at `now` (epoch ms); a list may show its orders for a while. */
  remember(record: ExitRecord, now: number): void {
    for (const id of idsOf(record)) this.ended.set(id, now)
    for (const id of this.ended.keys()) {
      if (this.ended.size <= MOST_ENDED) break
      this.ended.delete(id)
    }
  }

  /** Looks at all working orders, asked for at `askedAt`; gives the strangers that are new. */
  look(
    open: ReadonlySet<string | null>,
    records: readonly ExitRecord[],
    { askedAt, visibilityMs }: { askedAt: number; visibilityMs: number },
  ): readonly string[] {
    const looksOurs = [...open].filter(id => id !== null && hasOurPrefix(id)) as string[]
    const ours = looksOurs.length === 0 ? new Set() : new Set(records.flatMap(idsOf))
    const before = this.found
    this.found = looksOurs.filter(id => !ours.has(id) && !this.ended.has(id))
    for (const [id, endedAt] of this.ended) {
      if (!open.has(id) && askedAt >= endedAt + visibilityMs) this.ended.delete(id)
    }
    return this.found.filter(id => !before.includes(id))
  }
}

function idsOf({ account, positionId, generation, attempt, order }: ExitRecord): string[] {
  const first = Math.max(1, attempt - KNOWN_ATTEMPTS)
  const { length } = order.clientOrderId
  return Array.from({ length: attempt - first + 1 }, (_, index) =>
    clientOrderId({ account, positionId, generation, attempt: first + index }, length),
  )
}
