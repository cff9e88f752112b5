import type { Batch, NewJournalLine, Row, Table } from '../../ports/store.ts'

/**
 * Numbers of the tables in the arguments of scripts, counted from 1 after the keys of the journal.
 */
export const TABLES = [
  'positions',
  'closed',
  'ratchets',
  'exits',
  'settings',
  'history',
  'released',
  'extremes',
  'nets',
] as const

/** The keys of one store. No key expires. */
export interface RedisKeys {
  /** Hash: schema, instance, owner, and the numbers of the journal. */
  readonly meta: string
  /** Hash: number of a line → the line. */
  readonly journal: string
  /** Sorted set, all scores 0: position and number of each line about that position. */
  readonly index: string
  /** Hashes: key of a row → the row. */
  table(table: Table): string
  /** All keys, in the order in which scripts expect them. */
  readonly all: readonly string[]
}

export function redisKeys(prefix: string): RedisKeys {
  const table = (name: Table): string => `${prefix}:${name}`
  const meta = `${prefix}:meta`
  const journal = `${prefix}:journal`
  const index = `${prefix}:journal-index`
  return { meta, journal, index, table, all: [meta, journal, index, ...TABLES.map(table)] }
}

/**
 * Number of the table's key, negative to delete the row; key; value; generation that the row
 * belongs to, an empty text where it has none.
 */
export type EncodedRow = readonly [
  key: number,
  field: string,
  value: string,
  generation: number | '',
]

/** A batch in the encoding that scripts expect. */
export interface EncodedBatch {
  readonly rows: readonly EncodedRow[]
  /** Position id, or an empty text; the line. */
  readonly lines: readonly (readonly [positionId: string, line: string])[]
  /** The lines as the caller passed them. */
  readonly given: readonly NewJournalLine[]
}

/** @throws where a part of the batch cannot be encoded. */
export function encodeBatch({ rows = [], lines = [] }: Batch): EncodedBatch {
  return {
    rows: rows.map(encodeRow),
    lines: lines.map(line => [positionOf(line), JSON.stringify(line)] as const),
    given: lines,
  }
}

const JOURNAL_KEYS = 3

/** Number of a table's key in encoded rows. */
export const keyOf = (table: (typeof TABLES)[number]): number =>
  TABLES.indexOf(table) + 1 + JOURNAL_KEYS

function encodeRow({ table, key, value, generation: given }: Row): EncodedRow {
  const generation = given ?? ''
  const number = keyOf(table as (typeof TABLES)[number])
  return value === undefined
    ? [-number, key, '', generation]
    : [number, key, JSON.stringify(value), generation]
}

const positionOf = ({ positionId }: NewJournalLine): string =>
  typeof positionId === 'string' ? positionId : ''

const SEQ_DIGITS = 16

/** Index member for a line of a position; members sort by position, then by number. */
export const indexMember = (positionId: string, seq: number): string =>
  `${positionId}\0${String(seq).padStart(SEQ_DIGITS, '0')}`

/** The line number in an index member. */
export const seqOfMember = (member: string): number => Number(member.slice(-SEQ_DIGITS))
