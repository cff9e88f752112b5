import type { Batch, NewJournalLine, Row, Table } from '../../ports/store.ts'

/** Tables as they are numbered in the arguments of scripts, from 1 behind the journal's keys. */
export const TABLES = [
  'positions',
  'closed',
  'ratchets',
  'exits',
  'settings',
  'history',
  'released',
] as const

/** The keys of one store. None of them ever expires. */
export interface RedisKeys {
  /** Hash: schema, instance, owner, and the numbers of the journal. */
  readonly meta: string
  /** Hash: number of a line → the line. */
  readonly journal: string
  /** Sorted set, all scores 0: position and number of each line that tells of one. */
  readonly index: string
  /** Hashes: key of a row → the row. */
  table(table: Table): string
  /** All of them, in the order in which scripts take them. */
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
 * Number of the table's key, negative to take the row away; key; value; the life that it belongs to,
 * an empty text where it says none.
 */
export type EncodedRow = readonly [
  key: number,
  field: string,
  value: string,
  generation: number | '',
]

/** A batch as scripts take it. */
export interface EncodedBatch {
  readonly rows: readonly EncodedRow[]
  /** Position, or an empty text; the line. */
  readonly lines: readonly (readonly [positionId: string, line: string])[]
  /** The lines as they were given. */
  readonly given: readonly NewJournalLine[]
}

/** Throws where a part of the batch cannot be kept. */
export function encodeBatch({ rows = [], lines = [] }: Batch): EncodedBatch {
  return {
    rows: rows.map(encodeRow),
    lines: lines.map(line => [positionOf(line), JSON.stringify(line)] as const),
    given: lines,
  }
}

const JOURNAL_KEYS = 3

/** Number of a table's key, as rows are encoded. */
export const keyOf = (table: (typeof TABLES)[number]): number =>
  TABLES.indexOf(table) + 1 + JOURNAL_KEYS

function encodeRow({ table, key, value, generation: life }: Row): EncodedRow {
  const generation = life ?? ''
  const number = keyOf(table as (typeof TABLES)[number])
  return value === undefined
    ? [-number, key, '', generation]
    : [number, key, JSON.stringify(value), generation]
}

const positionOf = ({ positionId }: NewJournalLine): string =>
  typeof positionId === 'string' ? positionId : ''

const SEQ_DIGITS = 16

/** The member of the index for a line of a position; members sort by position, then by number. */
export const indexMember = (positionId: string, seq: number): string =>
  `${positionId}\0${String(seq).padStart(SEQ_DIGITS, '0')}`

/** The number in a member of the index. */
export const seqOfMember = (member: string): number => Number(member.slice(-SEQ_DIGITS))
