import { WatchkeeperError } from '../../errors.ts'
import type { LostFolder, OwnedStore, Row, Store } from '../../ports/store.ts'
import { admits, generationIn } from '../generations.ts'
import { keyOf, TABLES, type EncodedBatch, type EncodedRow } from './keys.ts'

/** The store that the writes of an outage belong to. */
export interface OutageAbout {
  readonly instance: string
  /** Epoch of the owner that wrote them. */
  readonly epoch: number
  /**
   * True where the writes contain the complete state: the content of the server does not matter.
   */
  readonly isWhole: boolean
}

/** The latest version of each row, and each line, that the server does not have yet. */
export interface Pending {
  readonly batch: EncodedBatch
  /** Number of the first line. */
  readonly first: number
}

const ABOUT = 'about'
const LINE = 'line '
const ROW = 'row '
const SEQ_DIGITS = 16
/** Rows that one commit deletes. */
const AT_ONCE = 500

type Local = Pick<Store, 'rows' | 'write' | 'close'> & Partial<Pick<OwnedStore, 'status'>>

/**
 * Stores on this machine what is written while a server is unreachable. Only the latest version of
 * each row is stored, so that the journal grows with the number of positions and not with time.
 */
export class OutageJournal {
  private readonly store: Local
  private readonly mostLines: number
  private readonly keys = new Set<string>()
  /** Generation of each waiting row that has one. */
  private readonly generations = new Map<string, number>()
  private lines = 0
  about: OutageAbout | undefined

  /** Opens it with what an earlier process has left. */
  static async in(store: Local, mostLines: number): Promise<OutageJournal> {
    const journal = new OutageJournal(store, mostLines)
    for (const [key, value] of await store.rows<unknown>('outage')) {
      if (key === ABOUT) journal.about = value as OutageAbout
      else {
        journal.note(key)
        if (key.startsWith(ROW)) journal.generations.set(key, generationShown(value as StoredRow))
      }
    }
    return journal
  }

  private constructor(store: Local, mostLines: number) {
    this.store = store
    this.mostLines = mostLines
  }

  /** Its folder, where that was deleted or replaced. */
  get lost(): readonly LostFolder[] {
    return this.store.status?.().lost ?? []
  }

  /** Rows and lines that wait for the server. */
  get size(): number {
    return this.keys.size
  }

  /**
   * Stores batches, all or nothing, lines numbered from `first`.
   *
   * @throws WatchkeeperError STORE_FULL, STORE_FAILED.
   */
  async keep(batches: readonly EncodedBatch[], first: number, about: OutageAbout): Promise<void> {
    const lines = batches.flatMap(batch => batch.lines)
    const isExit = batches.some(batch => batch.rows.some(([key]) => EXIT_KEYS.has(Math.abs(key))))
    // Writes that decide about an exit are always accepted: the number of positions bounds them.
    if (!isExit && this.lines + lines.length > this.mostLines) throw full(this.mostLines)
    const generations = new Map<string, number>()
    const generationOf = (name: string): number =>
      generations.get(name) ?? this.generations.get(name) ?? 0
    const rows: Row[] = []
    for (const row of batches.flatMap(batch => batch.rows)) {
      if (!isAdmitted(row, generationOf)) continue
      const [key, field, text, generation] = row
      const name = rowName(Math.abs(key), field)
      const stored = key > 0 ? text : null
      const value: StoredRow = generation === '' ? [stored] : [stored, generation]
      rows.push({ table: 'outage', key: name, value })
      generations.set(name, generationShown(value))
    }
    for (const [index, line] of lines.entries()) {
      rows.push({ table: 'outage', key: `${LINE}${padded(first + index)}`, value: line })
    }
    if (!isSame(about, this.about)) rows.push({ table: 'outage', key: ABOUT, value: about })
    await this.store.write({ rows })
    this.about = about
    for (const { key } of rows) if (key !== ABOUT) this.note(key)
    for (const [name, generation] of generations) this.generations.set(name, generation)
  }

  /** Everything that waits; undefined where nothing does. */
  async pending(): Promise<Pending | undefined> {
    if (this.size === 0) return undefined
    const rows: EncodedRow[] = []
    const lines: [string, string][] = []
    let first = 0
    for (const [key, value] of await this.store.rows<unknown>('outage')) {
      if (key.startsWith(LINE)) {
        if (lines.length === 0) first = Number(key.slice(LINE.length))
        lines.push(value as [string, string])
      } else if (key.startsWith(ROW)) {
        const [, number = '', field = ''] = /^row (\d+) (.*)$/s.exec(key) ?? []
        const [text, generation = ''] = value as StoredRow
        // An earlier version stored no text for a deletion.
        const isGone = text === undefined || text === null
        rows.push([isGone ? -Number(number) : Number(number), field, text ?? '', generation])
      }
    }
    return { batch: { rows, lines, given: [] }, first }
  }

  /** Assigns the same writes to a later owner, which continues with them. */
  async adopt(about: OutageAbout): Promise<void> {
    await this.store.write({ rows: [{ table: 'outage', key: ABOUT, value: about }] })
    this.about = about
  }

  /** Deletes everything: the server has it. */
  async clear(): Promise<void> {
    const keys = [...this.keys]
    for (let at = 0; at < keys.length; at += AT_ONCE) {
      const rows = keys.slice(at, at + AT_ONCE).map((key): Row => ({ table: 'outage', key }))
      await this.store.write({ rows })
    }
    await this.store.write({ rows: [{ table: 'outage', key: ABOUT }] })
    this.keys.clear()
    this.generations.clear()
    this.lines = 0
    this.about = undefined
  }

  async close(): Promise<void> {
    await this.store.close()
  }

  private note(key: string): void {
    if (this.keys.has(key)) return
    this.keys.add(key)
    if (key.startsWith(LINE)) this.lines++
  }
}

/** Text of a row, null for a deletion; the generation that it belongs to. */
type StoredRow = readonly [text?: string | null, generation?: number]

const rowName = (key: number, field: string): string => `${ROW}${key} ${field}`

/** The generation of a row; a deletion has none. */
const generationShown = ([text, generation]: StoredRow): number =>
  typeof text === 'string' ? (generation ?? generationIn(JSON.parse(text))) : 0

/** Whether the waiting rows allow this row; the server checks again against its own rows. */
const isAdmitted = (
  [key, field, text, generation]: EncodedRow,
  generationOf: (name: string) => number,
): boolean =>
  generation === '' ||
  admits(
    { table: TABLES[Math.abs(key) - 4]!, key: field, generation, ...(key > 0 && { value: text }) },
    table => generationOf(rowName(keyOf(table as (typeof TABLES)[number]), field)),
  )

const EXIT_KEYS = new Set((['exits', 'settings', 'closed', 'released', 'nets'] as const).map(keyOf))

const padded = (seq: number): string => String(seq).padStart(SEQ_DIGITS, '0')

const isSame = (a: OutageAbout, b: OutageAbout | undefined): boolean =>
  a.instance === b?.instance && a.epoch === b.epoch && a.isWhole === b.isWhole

function full(most: number): WatchkeeperError {
  const text = `the server of the store is away, and ${most} journal lines wait for it: no more are kept`
  return new WatchkeeperError('STORE_FULL', text)
}
