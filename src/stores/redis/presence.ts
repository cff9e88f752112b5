import type { StoreEvents, StoreStatus } from '../../ports/store.ts'

/** Whether the server of a store is reachable, and how often it was not. */
export class RedisPresence {
  outages = 0
  losses = 0
  private away: { readonly since: number; readonly why: string } | undefined
  private readonly monotonic: () => number
  private readonly events: () => StoreEvents

  constructor(monotonic: () => number, events: () => StoreEvents) {
    this.monotonic = monotonic
    this.events = events
  }

  get isAway(): boolean {
    return this.away !== undefined
  }

  /** Counts an outage at its first error. */
  wentAway(error: unknown): void {
    if (this.away !== undefined) return
    const why = error instanceof Error ? error.message : String(error)
    this.away = { since: this.monotonic(), why }
    this.outages++
    this.events().changed?.('store-away', { why })
  }

  cameBack(): void {
    if (this.away === undefined) return
    const awayMs = Math.round(this.monotonic() - this.away.since)
    this.away = undefined
    this.events().changed?.('store-back', { awayMs })
  }

  hasLost(): void {
    this.losses++
    this.events().changed?.('store-lost', {})
  }

  /** `rows`: how many wait for the server. */
  status(rows: number): Pick<StoreStatus, 'outage' | 'outages' | 'losses'> {
    const { away, outages, losses } = this
    if (away === undefined) return { outages, losses }
    const { since, why } = away
    return { outages, losses, outage: { forMs: this.monotonic() - since, why, rows } }
  }
}
