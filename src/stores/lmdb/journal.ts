import type { Database, RootDatabase, Transaction } from 'lmdb'
import type { JournalLine, JournalQuery } from '../../ports/journal-lines.ts'
import type { NewJournalLine, Prune } from '../../ports/store.ts'
import { plainTable, tableOf } from './open.ts'

type IndexKey = [positionId: string, seq: number]

/** Most lines that one commit deletes or indexes. */
const STEP = 250
const LAST_SEQ = 'last-seq'
const HIGHEST = Number.MAX_SAFE_INTEGER

/** The journal inside an lmdb environment. Run everything that changes it inside a transaction. */
export class LmdbJournal {
  private readonly lines: Database<NewJournalLine, number>
  /** Index: the lines of each position. */
  private readonly index: Database<true, IndexKey>
  private readonly meta: Database<unknown, string>

  constructor(root: RootDatabase<unknown, string>, meta: Database<unknown, string>) {
    this.lines = tableOf(root, plainTable('journal'))
    this.index = root.openDB({ name: 'journal-index' })
    this.meta = meta
  }

  append(lines: readonly NewJournalLine[]): JournalLine[] {
    let seq = this.lastSeq()
    const numbered = lines.map(line => ({ ...line, seq: ++seq }) as JournalLine)
    this.put(numbered)
    return numbered
  }

  /** Appends lines that already have increasing numbers. */
  put(lines: readonly JournalLine[]): void {
    for (const { seq, ...line } of lines) {
      this.lines.putSync(seq, line)
      this.enter(seq, line)
    }
    const last = lines.at(-1)
    if (last !== undefined) this.goOnBehind(last.seq)
  }

  /** The next line gets the number after this one. */
  goOnBehind(seq: number): void {
    this.meta.putSync(LAST_SEQ, seq)
  }

  /** The highest number that a line ever had; as `transaction` sees it, where one is given. */
  lastSeq(transaction?: Transaction): number {
    const view = transaction === undefined ? {} : { transaction }
    const stored = this.meta.get(LAST_SEQ, view)
    if (typeof stored === 'number') return stored
    const [last = 0] = this.lines.getKeys({ ...view, reverse: true, limit: 1 })
    return last
  }

  read({ after, limit, last, before, positionId }: JournalQuery): JournalLine[] {
    const range = { limit: last ?? limit, reverse: last !== undefined }
    // A range excludes its end and includes its start.
    const end = before === undefined ? HIGHEST : range.reverse ? before - 1 : before
    const found =
      positionId === undefined
        ? [...this.lines.getRange({ ...bounds(range.reverse, after, end), ...range })]
        : this.readOf(positionId, { after, end }, range)
    const lines = found.map(({ key, value }) => ({ ...value, seq: key }) as JournalLine)
    return range.reverse ? lines.reverse() : lines
  }

  /** Deletes the oldest lines, as many as one commit may; returns how many. */
  prune({ keep, olderThan }: Prune): number {
    const beyond = this.lastSeq() - keep
    const going: { key: number; value: NewJournalLine }[] = []
    for (const line of this.lines.getRange({ limit: STEP })) {
      if (line.key > beyond && (line.value.at as number) >= olderThan) break
      going.push(line)
    }
    for (const { key, value } of going) {
      this.lines.removeSync(key)
      const { positionId } = value
      if (typeof positionId === 'string') this.index.removeSync([positionId, key])
    }
    return going.length
  }

  /** Indexes lines of an earlier version after `seq`; returns the last number, if any. */
  reindex(seq: number): number | undefined {
    const range = [...this.lines.getRange({ start: seq + 1, limit: STEP })]
    for (const { key, value } of range) this.enter(key, value)
    return range.at(-1)?.key
  }

  private enter(seq: number, { positionId }: NewJournalLine): void {
    if (typeof positionId === 'string') this.index.putSync([positionId, seq], true)
  }

  private readOf(
    positionId: string,
    { after, end }: { after: number; end: number },
    range: { limit: number; reverse: boolean },
  ): { key: number; value: NewJournalLine }[] {
    const seqs = this.index.getKeys({
      ...bounds<IndexKey>(range.reverse, [positionId, after], [positionId, end]),
      ...range,
    })
    return [...seqs].flatMap(([, key]) => {
      const value = this.lines.get(key)
      return value === undefined ? [] : [{ key, value }]
    })
  }
}

/** Keys above `after` up to `highest`, from either end; lmdb excludes the end of a range. */
function bounds<Key>(isReverse: boolean, after: Key, highest: Key): object {
  return isReverse
    ? { start: highest, end: after }
    : { start: after, exclusiveStart: true, end: highest }
}
