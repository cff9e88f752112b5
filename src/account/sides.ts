import type { Position, Side } from '../domain/position.ts'

type Held = Pick<Position, 'account' | 'instrument' | 'ticket' | 'product' | 'side'>

/** Counts positions of a venue that nets, by holding and side. */
export class Sides {
  private readonly counts = new Map<string, number>()

  add(position: Held): void {
    this.count(position, 1)
  }

  remove(position: Held): void {
    this.count(position, -1)
  }

  /**
   * Whether a counted position is on the other side of the same holding: a venue that nets cannot keep them apart.
   */
  oppose(position: Held): boolean {
    const other = position.side === 'long' ? 'short' : 'long'
    return this.counts.has(sideName(position, other))
  }

  private count(position: Held, by: 1 | -1): void {
    const name = sideName(position, position.side)
    const count = (this.counts.get(name) ?? 0) + by
    if (count === 0) this.counts.delete(name)
    else this.counts.set(name, count)
  }
}

const sideName = (
  { account = '', instrument, ticket = '', product = '' }: Held,
  side: Side,
): string => JSON.stringify([account, instrument, ticket, product, side])
