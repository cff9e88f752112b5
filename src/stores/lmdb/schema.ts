import type { Database } from 'lmdb'
import { WatchkeeperError } from '../../errors.ts'
import type { LmdbJournal } from './journal.ts'
import type { LmdbOwnership } from './ownership.ts'

/** 2: journal lines are indexed by position. 3: best prices are also stored as extremes of instruments. */
const SCHEMA_VERSION = 3
const INDEXED_SINCE = 2
/** Key of the `meta` table. */
const SCHEMA = 'schema'

type Meta = Database<unknown, string>

/** @throws WatchkeeperError STORE_NEWER for a store that a later version has written. */
export function assertKnownSchema(meta: Meta): void {
  const schema = meta.get(SCHEMA)
  if (typeof schema !== 'number' || schema <= SCHEMA_VERSION) return
  const text = `the store has schema ${schema}, expected at most ${SCHEMA_VERSION}: it was written by a later version`
  throw new WatchkeeperError('STORE_NEWER', text)
}

/**
 * Indexes the journal of an early version, a few hundred lines a commit. From then on an earlier version
 * refuses the store: it would take best prices that are looser than those of now.
 */
export async function upgradeSchema(
  meta: Meta,
  lines: LmdbJournal,
  ownership: LmdbOwnership,
): Promise<void> {
  const schema = meta.get(SCHEMA)
  if (schema === SCHEMA_VERSION) return
  let seq: number | undefined = schema === INDEXED_SINCE ? undefined : 0
  while (seq !== undefined) {
    const from: number = seq
    seq = await ownership.fenced(() => lines.reindex(from))
  }
  await ownership.fenced(() => meta.putSync(SCHEMA, SCHEMA_VERSION))
}
