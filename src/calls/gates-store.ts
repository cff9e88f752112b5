import { z } from 'zod'
import type { Clock } from '../ports/clock.ts'
import type { Store } from '../ports/store.ts'
import { aged, gatesSnapshot, type GatesSnapshot } from './gates-snapshot.ts'
import type { CallGates } from './gates.ts'

// Names of the first release: stores have rows under them.
const TABLE = 'settings'
const KEY = 'gateway'

/** `at`: epoch ms, so that the next process knows how old it is. */
const kept = z.strictObject({ at: z.number(), gates: gatesSnapshot })

/** Stores breakers and throttles across restarts, in one row of the store. */
export class GatesStore {
  private readonly store: Pick<Store, 'write'>
  private readonly clock: Pick<Clock, 'now'>
  private revision = 0
  private writing: Promise<void> | undefined

  constructor(store: Pick<Store, 'write'>, clock: Pick<Clock, 'now'>) {
    this.store = store
    this.clock = clock
  }

  /** Makes changes durable, one write at a time; repeats a failed write. */
  keep(gates: Pick<CallGates, 'revision' | 'snapshot'>): void {
    if (this.writing !== undefined || gates.revision === this.revision) return
    const { revision } = gates
    const value: z.infer<typeof kept> = { at: this.clock.now(), gates: gates.snapshot() }
    this.writing = this.store
      .write({ rows: [{ table: TABLE, key: KEY, value }] })
      .then(() => void (this.revision = revision))
      // Writers of rows that must not be lost report a failing store.
      .catch(() => undefined)
      .finally(() => (this.writing = undefined))
  }

  /** Resolves when no write is in flight. */
  async idle(): Promise<void> {
    await this.writing
  }
}

/**
 * The state of an earlier process, aged to the present; undefined where there is none, or none that
 * this version can read. A clock that was set back counts as no time at all.
 */
export async function rememberedGates(
  store: Pick<Store, 'rows'>,
  now: number,
): Promise<GatesSnapshot | undefined> {
  const { success, data } = kept.safeParse((await store.rows<unknown>(TABLE)).get(KEY))
  return success ? aged(data.gates, Math.max(0, now - data.at)) : undefined
}
