import { difference } from '../../../src/domain/decimal.ts'
import type { Side } from '../../../src/domain/position.ts'
import type { Book } from '../broker-server/book.ts'

/** An execution that made a holding smaller, by an order of a client or by hand. */
export interface Reduction {
  /** Number of it at the venue, from 1. */
  readonly number: number
  /** Epoch ms. */
  readonly at: number
  /** Units that were closed, > 0. */
  readonly closed: number
  /** Side of the holding that became smaller. */
  readonly side: Side
  /** Empty where a person traded. */
  readonly clientOrderId: string
}

/** What made the holdings of an instrument smaller since then (epoch ms), oldest first. */
export function reductionsOf(book: Book, instrument: string, since: number): readonly Reduction[] {
  const all = [...book.history].flatMap(([key, entries]) => {
    const name = JSON.parse(key) as { readonly instrument: string }
    if (name.instrument !== instrument) return []
    return entries.flatMap(({ at, quantity }, index) => {
      const before = entries[index - 1]?.quantity ?? 0
      const closed = difference(Math.abs(before), Math.abs(quantity))
      const side: Side = before > 0 ? 'long' : 'short'
      return closed > 0 ? [{ at, closed, side }] : []
    })
  })
  return all
    .toSorted((a, b) => a.at - b.at)
    .map((each, index) => {
      const fill = book.fills.find(({ at, quantity, ...fills }) => {
        return fills.instrument === instrument && at === each.at && quantity === each.closed
      })
      return { ...each, number: index + 1, clientOrderId: fill?.clientOrderId ?? '' }
    })
    .filter(({ at }) => at >= since)
}
