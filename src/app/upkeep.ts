import type { ServiceConfig } from '../config/schema.ts'
import type { Meters } from '../observability/meters.ts'
import type { Clock } from '../ports/clock.ts'
import type { Store } from '../ports/store.ts'

const PRUNE_MS = 60_000
const DAY_MS = 86_400_000

export interface UpkeepDeps {
  readonly journal: ServiceConfig['journal']
  readonly clock: Clock
  readonly performance: Meters
  readonly store: Pick<Store, 'prune'>
}

/** Once a minute: keeps the history, and takes away journal lines that are too many or too old. */
export class Upkeep {
  private readonly deps: UpkeepDeps
  /** Monotonic ms. */
  private pruneAt = 0

  constructor(deps: UpkeepDeps) {
    this.deps = deps
  }

  /** Does what is due. */
  async cycle(): Promise<void> {
    const { clock, journal, performance, store } = this.deps
    await performance.rollUp()
    const now = clock.monotonic()
    if (now < this.pruneAt) return
    this.pruneAt = now + PRUNE_MS
    await store.prune({ keep: journal.rows, olderThan: clock.now() - journal.days * DAY_MS })
  }
}
