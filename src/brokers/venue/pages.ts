import { OutcomeUnknown } from '../../errors.ts'

/** One page of a list, and the cursor of the next page; undefined on the last page. */
export interface Page<Row> {
  readonly rows: readonly Row[]
  readonly next: string | undefined
}

/** Most pages that are read of one list; more would be a fault of the venue or of this adapter. */
const MOST_PAGES = 100

/**
 * Reads a whole list page by page.
 *
 * @throws OutcomeUnknown where the list has no end or changes while it is read: a cursor comes
 * again, or two rows have the same name by `nameOf`.
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
