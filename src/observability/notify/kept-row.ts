import type { Store } from '../../ports/store.ts'

const TABLE = 'settings'

/** One row of the store that outlives the process; writes go one at a time, each with all that changed. */
export class KeptRow<Value extends object> {
  value: Value
  private readonly store: Pick<Store, 'write'>
  private readonly key: string
  private writing: Promise<void> | undefined
  private isStale = false

  constructor(store: Pick<Store, 'write'>, key: string, value: Value) {
    this.store = store
    this.key = key
    this.value = value
  }

  /** Resolves when the change is durable, or the store has refused it, which the store reports itself. */
  async keep(change: Partial<Value>): Promise<void> {
    this.value = { ...this.value, ...change }
    this.isStale = true
    this.writing ??= this.writeAll().finally(() => (this.writing = undefined))
    await this.writing
  }

  private async writeAll(): Promise<void> {
    while (this.isStale) {
      this.isStale = false
      const row = { table: TABLE, key: this.key, value: this.value } as const
      await this.store.write({ rows: [row] }).catch(() => undefined)
    }
  }
}

/** The row as an earlier process has left it; undefined without one. */
export async function rowIn(store: Pick<Store, 'rows'>, key: string): Promise<unknown> {
  return (await store.rows<unknown>(TABLE)).get(key)
}
