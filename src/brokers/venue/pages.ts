import { OutcomeUnknown } from '../../errors.ts'

/** One page of a list, and the mark of the next one; undefined: this is the last one. */
export interface Page<Row> {
  readonly rows: readonly Row[]
  readonly next: string | undefined
}

/** Pages that are read of one list; more are a mistake of the venue, or of ours. */
const MOST_PAGES = 100

/**
 * A whole list. Throws `OutcomeUnknown` where it has no end, or where it changes while it is read: a
 * mark that comes again, a row that stands twice by the name that `nameOf` gives.
 */
export async function wholeList<Row>(
  what: string,
  ask: (mark: string | undefined) => Promise<Page<Row>>,
  nameOf: (row: Row) => string,
): Promise<Row[]> {
  const marks = new Set<string>()
  const rows = new Map<string, Row>()
  let mark: string | undefined
  for (let page = 0; page < MOST_PAGES; page++) {
    const { rows: some, next } = await ask(mark)
    for (const row of some) {
      const name = nameOf(row)
      if (rows.has(name)) throw new OutcomeUnknown(`${what}: ${name} is listed twice`)
      rows.set(name, row)
    }
    if (next === undefined) return [...rows.values()]
    if (marks.has(next)) throw new OutcomeUnknown(`${what}: a page comes again`)
    marks.add(next)
    mark = next
  }
  throw new OutcomeUnknown(`${what}: more than ${MOST_PAGES} pages`)
}
