import { WatchkeeperError } from '../../errors.ts'
import type { RedisDatabase } from './database.ts'
import { keyOf, type EncodedBatch } from './keys.ts'
import type { OutageJournal } from './outage.ts'

export interface Merge {
  readonly outage: OutageJournal
  readonly database: RedisDatabase
  readonly token: string
  readonly leaseMs: number
}

/** Most rows and lines of one commit: the server serves no other client while it executes it. */
export const MOST_AT_ONCE = 1_000
const EXITS = keyOf('exits')

/**
 * Merges the writes of an outage into the server. Repeating it changes nothing, so that a kill in
 * the middle loses nothing. The store must be claimed.
 *
 * @throws WatchkeeperError STORE_FOREIGN.
 */
export async function mergeOutage({ outage, database, token, leaseMs }: Merge): Promise<void> {
  const { about } = outage
  const pending = await outage.pending()
  if (about === undefined || pending === undefined) return
  const owner = database.ownership!
  const isAnew = about.isWhole && owner.instance !== about.instance
  if (owner.instance !== about.instance && !about.isWhole) throw foreign(database.name)
  if (isAnew || (about.isWhole && !owner.isIncomplete)) {
    const { instance } = about
    await database.claim({ token, leaseMs, isAnew: true, instance })
  }
  const { epoch, instance } = database.ownership!
  const isAlone = about.isWhole || epoch <= about.epoch + 1
  const batch = isAlone ? pending.batch : await unknownExits(pending.batch, database)
  if (isAlone) await outage.adopt({ instance, epoch, isWhole: about.isWhole })
  const lines = { rows: [], lines: batch.lines, given: [] }
  let first = pending.first
  for (const part of slices(lines, MOST_AT_ONCE)) {
    await database.commit([part], first)
    first += part.lines.length
  }
  for (const part of slices({ ...batch, lines: [] }, MOST_AT_ONCE)) await database.commit([part])
  await database.complete()
  await outage.clear()
}

/** Splits a batch into parts of so many rows, then so many lines. */
export function slices({ rows, lines }: EncodedBatch, most: number): EncodedBatch[] {
  const parts: EncodedBatch[] = []
  for (let at = 0; at < rows.length; at += most) {
    parts.push({ rows: rows.slice(at, at + most), lines: [], given: [] })
  }
  for (let at = 0; at < lines.length; at += most) {
    parts.push({ rows: [], lines: lines.slice(at, at + most), given: [] })
  }
  return parts
}

/**
 * Another process has owned the store since, and its state is newer. Only an unknown exit is added,
 * as it may have been sent: one of a position that is open in the same generation.
 */
async function unknownExits(
  { rows }: EncodedBatch,
  database: RedisDatabase,
): Promise<EncodedBatch> {
  const open = await database.rows<{ generation: number }>('positions')
  const exits = await database.rows('exits')
  const unknown = rows.filter(([key, id, text]) => {
    if (key !== EXITS || exits.has(id)) return false
    const { generation } = JSON.parse(text) as { generation: number }
    return open.get(id)?.generation === generation
  })
  return { rows: unknown, lines: [], given: [] }
}

function foreign(place: string): WatchkeeperError {
  const text =
    `the data folder holds writes of an outage that belong to another store than the one at ${place}; ` +
    'point the config at the store that they belong to, or take the folder outage away to lose them'
  return new WatchkeeperError('STORE_FOREIGN', text)
}
