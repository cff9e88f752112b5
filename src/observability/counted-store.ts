import type { Store } from '../ports/store.ts'
import type { Telemetry } from '../ports/telemetry.ts'

/** Wraps a store so that each read and write counts as a query. */
export const countedStore = (
  store: Pick<Store, 'rows' | 'write'>,
  telemetry: Telemetry,
): Pick<Store, 'rows' | 'write'> => ({
  rows: table => {
    telemetry.count('storeQueries')
    return store.rows(table)
  },
  write: batch => {
    telemetry.count('storeQueries')
    return store.write(batch)
  },
})
