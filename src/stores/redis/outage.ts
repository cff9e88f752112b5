import { WatchkeeperError } from '../../errors.ts'
import type { LostFolder, OwnedStore, Row, Store } from '../../ports/store.ts'
import { admits, generationIn } from '../life.ts'
import { keyOf, TABLES, type EncodedBatch, type EncodedRow } from './keys.ts'

/** Which store the writes of an outage belong to. */
export interface OutageAbout {
  readonly instance: string
  /** Of the owner that wrote them. */
  readonly epoch: number
  /** All that there is was written: what the server has does not matter. */
  readonly isWhole: boolean
}

/** The latest of each row, and each line, that the server does not have yet. */
export interface Kept {
  readonly batch: EncodedBatch
  /** Number of the first line. */
  readonly first: number
}

const ABOUT = 'about'
const LINE = 'line '
const ROW = 'row '
const SEQ_DIGITS = 16
/** Rows that one commit takes away. */
const AT_ONCE = 500

type Local = Pick<Store, 'rows' | 'write' | 'close'> & Partial<Pick<OwnedStore, 'status'>>

/**
 * What is written while a server is away, in a store of this machine: durable here, and the latest of
 * each row alone, so that it grows with the positions and not with the time.
 */
export class OutageJournal {
  private readonly store: Local
  private readonly mostLines: number
  private readonly keys = new Set<string>()
  /** The life of each row that waits, where it says one. */
  private readonly lives = new Map<string, number>()
  private lines = 0
  about: OutageAbout | undefined

  /** Opens it with what an earlier process has left. */
  static async in(store: Local, mostLines: number): Promise<OutageJournal> {
    const journal = new OutageJournal(store, mostLines)
    for (const [key, value] of await store.rows<unknown>('outage')) {
      if (key === ABOUT) journal.about = value as OutageAbout
      else {
        journal.note(key)
        if (key.startsWith(ROW)) journal.lives.set(key, lifeShown(value as KeptRow))
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

  /** Rows and lines that wait. */
  get size(): number {
    return this.keys.size
  }

  /** Keeps batches, all or nothing, lines numbered from `first`. Throws STORE_FULL, STORE_FAILED. */
  async keep(batches: readonly EncodedBatch[], first: number, about: OutageAbout): Promise<void> {
    const lines = batches.flatMap(batch => batch.lines)
    const isExit = batches.some(batch => batch.rows.some(([key]) => EXIT_KEYS.has(Math.abs(key))))
    // What decides about an exit may always be kept: there are only so many positions.
    if (!isExit && this.lines + lines.length > this.mostLines) throw full(this.mostLines)
    const lives = new Map<string, number>()
    const lifeOf = (name: string): number => lives.get(name) ?? this.lives.get(name) ?? 0
    const rows: Row[] = []
    for (const row of batches.flatMap(batch => batch.rows)) {
      if (!isAdmitted(row, lifeOf)) continue
      const [key, field, text, generation] = row
      const name = nameOf(Math.abs(key), field)
      const kept = key > 0 ? text : null
      const value: KeptRow = generation === '' ? [kept] : [kept, generation]
      rows.push({ table: 'outage', key: name, value })
      lives.set(name, lifeShown(value))
    }
    for (const [index, line] of lines.entries()) {
      rows.push({ table: 'outage', key: `${LINE}${padded(first + index)}`, value: line })
    }
    if (!isSame(about, this.about)) rows.push({ table: 'outage', key: ABOUT, value: about })
    await this.store.write({ rows })
    this.about = about
    for (const { key } of rows) if (key !== ABOUT) this.note(key)
    for (const [name, generation] of lives) this.lives.set(name, generation)
  }

  /** Everything that waits; undefined: nothing. */
  async kept(): Promise<Kept | undefined> {
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
        const [text, generation = ''] = value as KeptRow
        // An earlier release has kept no text for what is taken away.
        const isGone = text === undefined || text === null
        rows.push([isGone ? -Number(number) : Number(number), field, text ?? '', generation])
      }
    }
    return { batch: { rows, lines, given: [] }, first }
  }

  /** The same writes, as those of a later owner that goes on with them. */
  async adopt(about: OutageAbout): Promise<void> {
    await this.store.write({ rows: [{ table: 'outage', key: ABOUT, value: about }] })
    this.about = about
  }

  /** Forgets everything: the server has it. */
  async clear(): Promise<void> {
    const keys = [...this.keys]
    for (let at = 0; at < keys.length; at += AT_ONCE) {
      const rows = keys.slice(at, at + AT_ONCE).map((key): Row => ({ table: 'outage', key }))
      await this.store.write({ rows })
    }
    await this.store.write({ rows: [{ table: 'outage', key: ABOUT }] })
    this.keys.clear()
    this.lives.clear()
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

/** Text of a row, null where it is to be taken away; the life that it belongs to. */
type KeptRow = readonly [text?: string | null, generation?: number]

const nameOf = (key: number, field: string): string => `${ROW}${key} ${field}`

/** The life that a row says; what is taken away says none. */
const lifeShown = ([text, generation]: KeptRow): number =>
  typeof text === 'string' ? (generation ?? generationIn(JSON.parse(text))) : 0

/** Whether what waits already allows the row; the server looks at it again with what it has. */
const isAdmitted = (
  [key, field, text, generation]: EncodedRow,
  lifeOf: (name: string) => number,
): boolean =>
  generation === '' ||
  admits(
    { table: TABLES[Math.abs(key) - 4]!, key: field, generation, ...(key > 0 && { value: text }) },
    table => lifeOf(nameOf(keyOf(table as (typeof TABLES)[number]), field)),
  )

const EXIT_KEYS = new Set((['exits', 'settings', 'closed', 'released'] as const).map(keyOf))

const padded = (seq: number): string => String(seq).padStart(SEQ_DIGITS, '0')

const isSame = (a: OutageAbout, b: OutageAbout | undefined): boolean =>
  a.instance === b?.instance && a.epoch === b.epoch && a.isWhole === b.isWhole

function full(most: number): WatchkeeperError {
  const text = `the server of the store is away, and ${most} journal lines wait for it: no more are kept`
  return new WatchkeeperError('STORE_FULL', text)
}
