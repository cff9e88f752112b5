import { createHash, type Hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { WatchkeeperError } from '../errors.ts'
import type { JournalLine } from '../ports/journal-lines.ts'
import type { OwnedStore, Snapshot, Table } from '../ports/store.ts'
import { nextTurn } from '../ports/turns.ts'
import type { CopySource } from './copy.ts'
import { TABLES } from './redis/keys.ts'
import { unconfirmedRow } from './state-repository.ts'

/*
 * - A backup is text, one JSON value a line: a header; each row as [table, key, value]; each
 *   journal line as [number, line]; and a footer with the counts of rows and lines and a checksum
 *   of all lines before it.
 */

const FORMAT = 1
/** Rows, or lines of the journal, in one turn of the event loop. */
const AT_ONCE = 100

interface Head {
  readonly watchkeeper: 'backup'
  readonly format: number
  /** Epoch ms. */
  readonly at: number
}

interface End {
  readonly rows: number
  readonly lines: number
  readonly lastSeq: number
  /** SHA-256 of all lines before this one, hex. */
  readonly checksum: string
}

/** Streams a snapshot of a store as the text of a backup, some lines at a time. */
export async function* backupOf(
  store: Pick<OwnedStore, 'snapshot' | 'journal'>,
  at: number,
): AsyncGenerator<string> {
  const hash = createHash('sha256')
  const { tables, lastSeq } = await store.snapshot()
  const head: Head = { watchkeeper: 'backup', format: FORMAT, at }
  yield text(hash, [head])
  let rows = 0
  for (const table of TABLES) {
    const entries = [...(tables.get(table) ?? [])]
    rows += entries.length
    for (let from = 0; from < entries.length; from += AT_ONCE) {
      const some = entries.slice(from, from + AT_ONCE)
      yield text(
        hash,
        some.map(([key, value]) => [table, key, value]),
      )
      await nextTurn()
    }
  }
  let lines = 0
  for (let after = 0; after < lastSeq;) {
    const page = (await store.journal({ after, limit: AT_ONCE })).filter(
      ({ seq }) => seq <= lastSeq,
    )
    if (page.length === 0) break
    yield text(
      hash,
      page.map(({ seq, ...line }) => [seq, line]),
    )
    await nextTurn()
    lines += page.length
    after = page.at(-1)!.seq
  }
  const end: End = { rows, lines, lastSeq, checksum: hash.digest('hex') }
  yield `${JSON.stringify({ end })}\n`
}

/** The lines of a backup, each added to the checksum. */
function text(hash: Hash, values: readonly unknown[]): string {
  const lines = values.map(value => `${JSON.stringify(value)}\n`).join('')
  hash.update(lines)
  return lines
}

/** The content of a backup. */
export interface Backup extends Snapshot {
  readonly lines: readonly JournalLine[]
  /** Epoch ms. */
  readonly at: number
}

/**
 * Reads a whole backup.
 *
 * @throws WatchkeeperError BACKUP_UNUSABLE where the file is no backup or is incomplete.
 */
export function readBackup(file: string): Backup {
  const parts = linesOf(file)
  const head = parsed(file, parts[0]) as Partial<Head> | undefined
  if (head?.watchkeeper !== 'backup') throw unusable(file, 'it is no backup of watchkeeper')
  if (head.format !== FORMAT) throw unusable(file, `its format ${head.format} is not known`)
  const last = parsed(file, parts.at(-1)) as { end?: End } | undefined
  if (last?.end === undefined) throw unusable(file, 'its end is missing')
  const body = parts.slice(0, -1)
  const checksum = createHash('sha256')
    .update(body.map(line => `${line}\n`).join(''))
    .digest('hex')
  if (checksum !== last.end.checksum) throw unusable(file, 'its checksum is another one')
  const tables = new Map<Table, Map<string, unknown>>()
  const lines: JournalLine[] = []
  for (const line of body.slice(1)) {
    const [first, second, third] = JSON.parse(line) as [Table | number, string | object, unknown]
    if (typeof first === 'number') lines.push({ ...(second as JournalLine), seq: first })
    else
      tables.set(
        first,
        (tables.get(first) ?? new Map<string, unknown>()).set(second as string, third),
      )
  }
  return { tables, lines, lastSeq: last.end.lastSeq, at: head.at! }
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n')
  } catch (cause) {
    const isMissing = Object(cause).code === 'ENOENT'
    const why = cause instanceof Error ? cause.message : String(cause)
    throw unusable(file, isMissing ? 'there is no such file' : why)
  }
}

function parsed(file: string, line: string | undefined): unknown {
  try {
    return JSON.parse(line ?? '')
  } catch {
    throw unusable(file, 'it is not whole, or no backup')
  }
}

const unusable = (file: string, why: string): WatchkeeperError =>
  new WatchkeeperError('BACKUP_UNUSABLE', `the backup ${file} cannot be used: ${why}`)

/**
 * A backup as the source of a copy. Its state is older than the account: the store made from it
 * sends nothing before a person has confirmed the holdings.
 */
export function backupSource({ tables, lines, lastSeq }: Backup): CopySource {
  const { table, key, value } = unconfirmedRow(true)
  const settings = new Map(tables.get(table)).set(key, value)
  const all = new Map<Table, ReadonlyMap<string, unknown>>([...tables, [table, settings]])
  return {
    rows: <Value>(name: Table) => {
      const rows = [...(all.get(name) ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1))
      return Promise.resolve(new Map(rows) as ReadonlyMap<string, Value>)
    },
    journal: ({ after, limit }) => {
      const from = firstAfter(lines, after)
      return Promise.resolve(lines.slice(from, from + limit))
    },
    lastSeq: () => Promise.resolve(lastSeq),
  }
}

/** Index of the first line numbered above `after`; lines are sorted by number. */
function firstAfter(lines: readonly JournalLine[], after: number): number {
  let from = 0
  let until = lines.length
  while (from < until) {
    const middle = (from + until) >> 1
    if (lines[middle]!.seq > after) until = middle
    else from = middle + 1
  }
  return from
}
