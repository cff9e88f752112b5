import type { JournalLine } from '../../src/ports/journal-lines.ts'

/** Client order ids: each store has others. */
const ORDER_ID = /\bwk[\da-f]{24}\b/g

/** A value as JSON has it, without what differs from run to run. */
export const asJson = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll(ORDER_ID, 'wk')) as unknown

/** What happened, as texts, in no order: the line that ends a request may come before or after those of its act. */
export const happened = (lines: readonly JournalLine[]): string[] =>
  lines.map(({ seq: _seq, ...line }) => JSON.stringify(asJson(line))).sort()
