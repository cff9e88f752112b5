import { setTimeout as sleep } from 'node:timers/promises'
import type { Account } from '../account/account.ts'
import { refusalOf } from '../account/admission.ts'
import { areSameRules, differencesOf, openedAtDiffers } from '../account/same-position.ts'
import type { Wanted } from '../account/wanted.ts'
import type { PositionEntry } from '../config/position-reader.ts'
import { WatchkeeperError } from '../errors.ts'
import type { Registered } from '../ports/state-repository.ts'

/** What the positions file has changed at the start, for the person who started it. */
export interface Seeded {
  /** Ids of the file that the store has closed or released. */
  readonly over: readonly string[]
  /** Ids that are guarded although the file does not name them any more. */
  readonly vanished: readonly string[]
  /** Ids whose rules have changed in the file, and are in force now. */
  readonly ruled: readonly string[]
  /** What is odd about positions that are guarded, one line each. */
  readonly noted: readonly string[]
  /** What the file says and is not done, one line each. */
  readonly refused: readonly string[]
}

const BY = 'positions file'
/** Waits before a write that the store has refused is tried again, ms; then the start fails. */
const RETRY_WAITS_MS = [100, 300, 1_000, 3_000]

/**
 * Takes the positions of a file: ids that the position table has never had are guarded unless a door
 * refuses them, changed rules of known ones are applied as a change by hand would be, what is over
 * stays so. Another position under the id of one that is over is refused.
 */
export async function seed(account: Account, entries: readonly PositionEntry[]): Promise<Seeded> {
  const { positions } = account.state
  const before = [...positions.values()].filter(({ state }) => state === 'open')
  const fresh: Wanted[] = []
  const over: string[] = []
  const refused: string[] = []
  const noted: string[] = []
  const known: [PositionEntry, Registered][] = []
  for (const entry of entries) {
    const { position } = entry
    const row = positions.get(position.id)
    if (row?.state === 'open') known.push([entry, row])
    else if (row !== undefined && differenceOf(entry, row, true) === undefined) {
      over.push(position.id)
    } else {
      try {
        const { wanted, warnings } = account.admission.admit({ ...entry, ...entry.flags })
        fresh.push(wanted)
        noted.push(...warnings.map(warning => `${position.id}: ${warning}`))
      } catch (error) {
        refused.push(refuse(account, entry, error))
      }
    }
  }
  await addAll(account, fresh)
  // Every monitor is there before its rules change.
  await account.heard()
  const named = new Set(entries.map(({ position }) => position.id))
  const vanished = before.map(({ position }) => position.id).filter(id => !named.has(id))
  const { ruled, kept } = await changeRules(account, known)
  return { over, vanished, ruled, noted, refused: [...refused, ...kept] }
}

/**
 * Registers the positions that are not open yet.
 *
 * @throws WatchkeeperError STORE_FAILED where the store has refused the write five times; any other at once.
 */
async function addAll({ changes, state }: Account, fresh: readonly Wanted[]): Promise<void> {
  const waits = RETRY_WAITS_MS[Symbol.iterator]()
  for (;;) {
    const missing = fresh.filter(
      ({ position }) => state.positions.get(position.id)?.state !== 'open',
    )
    try {
      return await changes.addAll(missing, BY)
    } catch (error) {
      const isRefused = error instanceof WatchkeeperError && error.code === 'STORE_FAILED'
      const wait = isRefused ? waits.next().value : undefined
      if (wait === undefined) throw error
      await sleep(wait)
    }
  }
}

/** Journals why a position of the file is not guarded, and gives the line for a person. */
function refuse(account: Account, { position }: PositionEntry, error: unknown): string {
  if (!(error instanceof WatchkeeperError)) throw error
  const why = refusalOf(error)
  const { id } = position
  account.state.refusedEntries.set(id, why)
  account.note('entry-refused', { for: id, by: BY, code: error.code, why })
  return `${id} is not guarded: ${why}`
}

async function changeRules(
  account: Account,
  known: readonly (readonly [PositionEntry, Registered])[],
): Promise<{ readonly ruled: readonly string[]; readonly kept: readonly string[] }> {
  const ruled: string[] = []
  const kept: string[] = []
  for (const [entry, registered] of known) {
    const { position, rules } = entry
    const { id } = position
    const difference = differenceOf(entry, registered)
    if (difference !== undefined) {
      kept.push(`${id}: ${difference}: release it and add it again to change that`)
    }
    // One that is being exited takes no other rules, and needs none where they are the same.
    const isRefused = registered.entry?.kind === 'refused'
    if (!isRefused && areSameRules(rules, registered.rules)) continue
    try {
      const request = { rules, isWhole: true, force: false, exitNow: false }
      const { changes } = await account.changeRules(id, request, BY)
      if (changes.length > 0) ruled.push(id)
    } catch (error) {
      if (!(error instanceof WatchkeeperError)) throw error
      kept.push(`${id} keeps its rules: ${error.message}`)
      account.note('rules-refused', { for: id, by: BY, code: error.code, why: error.message })
    }
  }
  return { ruled, kept }
}

/**
 * The first field that the file names and in which its position is another one than that of the
 * position table. `openedAt` counts for one that is over alone: a later trade may be like it in all else.
 */
function differenceOf(entry: PositionEntry, row: Registered, isOver = false): string | undefined {
  const [first] = differencesOf(entry, row)
  if (first !== undefined) {
    return `${first.field} is ${String(first.kept)}, the file says ${String(first.given)}`
  }
  if (!isOver || !openedAtDiffers(entry, row)) return undefined
  return `it was opened at ${row.position.openedAt}, the file says ${String(entry.position.openedAt)}`
}
