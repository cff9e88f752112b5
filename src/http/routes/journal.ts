import { z } from 'zod'
import { journalPage } from '../../observability/journal-page.ts'
import { JOURNAL_KINDS, type JournalKind } from '../../ports/journal-kinds.ts'
import { journalLine } from '../../ports/journal-lines.ts'
import { inJson, type Route } from '../operation.ts'
import { choice, count, seq, text } from '../query.ts'
import { json } from '../reply.ts'
import { badInput } from '../route.ts'

const MOST_LINES = 1_000
const DEFAULT_LINES = 100

const KINDS = Object.keys(JOURNAL_KINDS) as [JournalKind, ...JournalKind[]]

const query = z.object({
  after: seq(0, 'Only lines with a higher number; default 0.').optional(),
  limit: count(1, MOST_LINES, 'Most lines; default 100.').optional(),
  last: count(1, MOST_LINES, 'In place of `limit`: the last so many lines.').optional(),
  before: seq(1, 'With `last`: only lines with a lower number.').optional(),
  positionId: text('positionId', 'Only lines of this position.').optional(),
  kind: choice(KINDS, 'Only lines of this kind.').optional(),
})

/** `GET /api/journal`: journal lines in pages, or the last lines. */
export const journalRoutes: Route = (on, control) => {
  on(
    {
      method: 'get',
      path: '/api/journal',
      summary: 'What happened, oldest first; the header `Link` has the address of the next page',
      needs: 'read',
      query,
      hasLink: true,
      answers: { 200: inJson('Lines of the journal', z.array(journalLine)) },
    },
    async ({ request, query: wanted }) => {
      const { after, limit, last, before, kind, positionId } = wanted
      if (last !== undefined && limit !== undefined) throw badInput('last', last, 'last or limit')
      if (last !== undefined && after !== undefined) throw badInput('last', last, 'last or after')
      if (last === undefined && before !== undefined) {
        throw badInput('before', before, 'last with it')
      }
      const isBackwards = last !== undefined
      const { lines, next } = await journalPage(each => control.journal(each), {
        isBackwards,
        from: isBackwards ? before : after,
        limit: last ?? limit ?? DEFAULT_LINES,
        kind,
        positionId,
      })
      if (next === null) return json(lines)
      const [name, relation] = isBackwards ? ['before', 'prev'] : ['after', 'next']
      const link = `<${addressWith(request.originalUrl, name, next)}>; rel="${relation}"`
      return json(lines, { headers: { link } })
    },
  )
}

/** The address of a request with another value of one parameter. */
function addressWith(address: string, name: string, value: number): string {
  const [path = '', given = ''] = address.split('?', 2)
  const parameters = new URLSearchParams(given)
  parameters.set(name, String(value))
  return `${path}?${parameters.toString()}`
}
