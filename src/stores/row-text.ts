import type { JournalLine, Op, Table } from '../ports/store.ts'
import { StoreError } from './errors.ts'

/** Most bytes of a key; lmdb takes 1,978 with what is put around it. */
const MAX_KEY_BYTES = 1_024
/** Rows are small; a larger one is a mistake. Characters. */
const MAX_ROW_CHARS = 1_048_576

/** A change that was checked and written as text, so that nothing in it can change or fail later. */
export type TextOp =
  | { readonly kind: 'put'; readonly table: Table; readonly key: string; readonly text: string }
  | { readonly kind: 'remove'; readonly table: Table; readonly key: string }
  | { readonly kind: 'append'; readonly line: JournalLine; readonly text: string }

/** Checks changes and writes their rows as text. Throws `STORE_BAD_ROW`. */
export const textOps = (ops: readonly Op[]): TextOp[] => ops.map(textOp)

function textOp(op: Op): TextOp {
  switch (op.kind) {
    case 'put':
      checkKey(op.key)
      return { kind: 'put', table: op.table, key: op.key, text: rowText(op.row, op.key) }
    case 'remove':
      checkKey(op.key)
      return op
    case 'append': {
      const { at, positionId } = op.line
      if (!Number.isFinite(at)) throw badRow('journal', 'its time is not a number')
      if (positionId !== undefined) checkKey(positionId)
      const text = rowText(op.line, 'journal')
      return {
        kind: 'append',
        line: { at, kind: op.line.kind, ...(positionId && { positionId }) },
        text,
      }
    }
  }
}

/** A row from its text; `where` names it in the error, which is `STORE_CORRUPT`. */
export function parseRow(text: string, where: string): object {
  try {
    const row: unknown = JSON.parse(text)
    if (typeof row === 'object' && row !== null) return row
  } catch (cause) {
    throw new StoreError('STORE_CORRUPT', `${where}: the row is damaged`, { cause })
  }
  throw new StoreError('STORE_CORRUPT', `${where}: the row is damaged`)
}

function rowText(row: object, key: string): string {
  checkValue(row, key)
  const text = JSON.stringify(row)
  if (text.length > MAX_ROW_CHARS)
    throw badRow(key, `it is longer than ${MAX_ROW_CHARS} characters`)
  return text
}

/** JSON writes NaN and Infinity as null without a word, and a price that is null is no price. */
function checkValue(value: unknown, key: string): void {
  switch (typeof value) {
    case 'number':
      if (!Number.isFinite(value)) throw badRow(key, `it holds ${value}`)
      return
    case 'string':
    case 'boolean':
    case 'undefined':
      return
    case 'object':
      if (value === null) return
      if (value instanceof Map || value instanceof Set) throw badRow(key, 'it holds a Map or a Set')
      for (const name in value) checkValue((value as Record<string, unknown>)[name], key)
      return
    case 'bigint':
    case 'symbol':
    case 'function':
      throw badRow(key, `it holds a ${typeof value}`)
  }
}

function checkKey(key: string): void {
  if (key === '') throw badRow('""', 'a key must not be empty')
  if (key.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw badRow(`${key.slice(0, 20)}…`, `a key has at most ${MAX_KEY_BYTES} bytes`)
  }
  // A lone surrogate or a NUL has no faithful form in the key's bytes.
  if (key.includes('\0') || /\p{Surrogate}/u.test(key)) {
    throw badRow(JSON.stringify(key), 'a key must not hold NUL or half a character')
  }
}

const badRow = (key: string, why: string): StoreError =>
  new StoreError('STORE_BAD_ROW', `row ${key} cannot be stored: ${why}`)
