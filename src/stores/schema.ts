import { StoreError } from './errors.ts'

/** Version of the layout that this release reads and writes. */
export const SCHEMA_VERSION = 1

/** Refuses a store of a later release. `found` is what the store at `place` says of itself. */
export function checkSchema(place: string, found: number): void {
  if (!Number.isInteger(found) || found < 1) {
    throw new StoreError('STORE_CORRUPT', `${place}: its schema version is unreadable`)
  }
  if (found > SCHEMA_VERSION) {
    throw new StoreError(
      'STORE_NEWER',
      `${place} was written by a later release (schema ${found}, this one knows ` +
        `${SCHEMA_VERSION}): run that release, or give another data folder`,
    )
  }
}
