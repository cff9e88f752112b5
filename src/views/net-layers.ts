import type { Account } from '../account/account.ts'
import { layerOf, type Layer, type NetCount } from '../domain/layer.ts'
import type { NetFacts } from '../observability/net-checks.ts'

/** Which layers protect each position: watchkeeper's own stop, the stop at the venue, both or none. */
export class NetLayers {
  /** Open positions by layer, as of the last cycle. */
  counts: Readonly<Record<Layer, number>> = { both: 0, ours: 0, venue: 0, none: 0 }
  /** Time in which only stops at the venue protected positions, summed over positions, ms. */
  venueMs = 0
  private readonly account: Account
  private readonly canLeave: () => boolean
  private venueAlone: readonly string[] = []
  private cycledAt: number

  /** `canLeave`: whether exits could leave, as far as is known of the account. */
  constructor(account: Account, canLeave: () => boolean) {
    this.account = account
    this.canLeave = canLeave
    this.cycledAt = account.clock.monotonic()
  }

  /** Counts the layers again, and adds the time since the last cycle. */
  cycle(): void {
    const { state, coverage, engine, clock } = this.account
    const at = clock.monotonic()
    this.venueMs += this.venueAlone.length * Math.max(0, at - this.cycledAt)
    this.cycledAt = at
    const canLeave = this.canLeave()
    const counts = { both: 0, ours: 0, venue: 0, none: 0 }
    const alone: string[] = []
    for (const net of engine.nets.table.all()) {
      const { positionId, generation } = net.record
      const row = state.positions.open.get(positionId)
      if (row?.generation !== generation || !net.isProtecting) continue
      const isGuarded = canLeave && coverage.causeOf(row) === undefined
      const layer = layerOf({ isGuarded, isNetted: true })
      counts[layer]++
      if (layer === 'venue') alone.push(positionId)
    }
    const { guarded, exiting } = coverage.last.counts
    counts.ours = canLeave ? Math.max(0, guarded + exiting - counts.both) : 0
    counts.none = Math.max(0, state.positions.open.size - counts.both - counts.ours - counts.venue)
    this.venueAlone = alone
    this.counts = counts
  }

  /** Numbers of nets as of the last cycle, including those that only a person can settle. */
  nets(): Readonly<Record<NetCount, number>> {
    const { both, venue } = this.counts
    const { without, unproved, orphans } = this.facts()
    return {
      resting: both + venue,
      missing: without.length,
      unproved: unproved.length,
      orphan: orphans.length,
    }
  }

  /** The facts of nets for health. */
  facts(): NetFacts {
    const { nets, book } = this.account.engine
    const { capabilities, loudAfterMs } = book.settings
    const now = this.account.clock.steady()
    const unproved = [...nets.table.all()].filter(
      net => net.isLive && now - net.unwantedSince >= loudAfterMs,
    )
    return {
      venueAlone: this.venueAlone.map(id => ({ what: `${id}: layer: venue` })),
      orphans: nets.orphans.map(what => ({ what })),
      areOrphansBound: capabilities.reduceOnly,
      unproved: unproved.map(net => ({
        what: `${net.record.positionId}, order ${net.id}`,
        forMs: now - net.unwantedSince,
      })),
      without: [...nets.without]
        .filter(([, why]) => why !== 'no-stop')
        .map(([id, why]) => ({ what: `${id}: ${why}` })),
    }
  }
}
