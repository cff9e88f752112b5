import type { WatchkeeperClient } from '../client/watchkeeper-client.ts'
import { journalPage } from '../observability/journal-page.ts'
import type { JournalLine, JournalQuery } from '../ports/journal-lines.ts'

/** Which lines of the journal to read. */
export interface WantedLines {
  /** Read the first lines after this number; undefined: the last lines. */
  readonly after: number | undefined
  readonly limit: number
  readonly position: string | undefined
  /** Only lines of this kind. */
  readonly kind?: string | undefined
  /** The account of the client; undefined: every one. */
  readonly account?: string | undefined
}

/** Most lines that the service returns in one answer. */
const PAGE = 1_000

/** The lines of a running service, oldest first, in as many requests as they need. */
export async function linesOf(
  client: WatchkeeperClient,
  wanted: WantedLines,
): Promise<JournalLine[]> {
  const { after, limit, position, kind, account } = wanted
  if (kind !== undefined) {
    // The service takes the end of the journal, or a start.
    const read = ({ after: start, limit: most, last: end, ...others }: JournalQuery) =>
      client.journal(
        end === undefined ? { after: start, limit: most, ...others } : { last: end, ...others },
      )
    return linesOfKind(read, { ...wanted, kind })
  }
  if (after !== undefined) return pages(client, wanted, after)
  const newest = Math.min(limit, PAGE)
  const last = await page(client, { last: newest }, position)
  if (last.length < newest || limit <= PAGE) return last
  // Numbers have no gaps, so the last number says where to start. The lines of one position or one account
  // have gaps: all of them are read, and the last ones kept.
  const hasGaps = position !== undefined || account !== undefined
  const start = !hasGaps ? Math.max(0, last.at(-1)!.seq - limit) : 0
  const all = await pages(client, { ...wanted, limit: Infinity }, start)
  return all.slice(-limit)
}

/** Lines of one kind, oldest first, from a source that chooses by position alone. */
export async function linesOfKind(
  read: (query: JournalQuery) => Promise<readonly JournalLine[]>,
  { after, limit, position, kind }: WantedLines & { readonly kind: string },
): Promise<JournalLine[]> {
  const isBackwards = after === undefined
  const found: JournalLine[] = []
  let from: number | null | undefined = after
  while (from !== null && found.length < limit) {
    const { lines, next } = await journalPage(read, {
      isBackwards,
      from,
      limit: limit - found.length,
      kind,
      positionId: position,
    })
    found.splice(isBackwards ? 0 : found.length, 0, ...lines)
    from = next
  }
  return found
}

/** The last line of the journal; undefined where the journal is empty. */
export const lastLine = async (client: WatchkeeperClient): Promise<JournalLine | undefined> =>
  (await page(client, { last: 1 }, undefined)).at(-1)

async function pages(
  client: WatchkeeperClient,
  { limit, position }: WantedLines,
  start: number,
): Promise<JournalLine[]> {
  const found: JournalLine[] = []
  let after = start
  for (;;) {
    const size = Math.min(PAGE, limit - found.length)
    if (size <= 0) return found
    const lines = await page(client, { after, limit: size }, position)
    found.push(...lines)
    if (lines.length < size) return found
    after = lines.at(-1)!.seq
  }
}

async function page(
  client: WatchkeeperClient,
  query: Readonly<Record<string, number>>,
  position: string | undefined,
): Promise<JournalLine[]> {
  const wanted = { ...query, ...(position !== undefined && { positionId: position }) }
  return [...(await client.journal(wanted))]
}
