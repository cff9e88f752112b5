import { once } from 'node:events'
import type { Request, Response } from 'express'
import { z } from 'zod'
import { accountParts } from '../../domain/account-name.ts'
import { WatchkeeperError } from '../../errors.ts'
import { timeLimit } from '../../observability/time-limit.ts'
import type { Control } from '../../ports/control.ts'
import { JOURNAL_KINDS, type JournalKind } from '../../ports/journal-kinds.ts'
import type { JournalLine, JournalQuery } from '../../ports/journal-lines.ts'
import type { Route } from '../operation.ts'
import { choice, text } from '../query.ts'
import { badInput } from '../route.ts'

const PAGE_LINES = 100
/** Interval of journal reads once a client has received all of it, ms. */
const READ_MS = 250
/** Reads without news until a comment keeps the connection alive. */
const HEARTBEAT_READS = 60

const KINDS = Object.keys(JOURNAL_KINDS) as [JournalKind, ...JournalKind[]]

const query = z.object({
  after: z
    .string({ error: 'one after' })
    .regex(/^(?:now|\d{1,15})$/, { error: 'a number of a journal line, or now' })
    .describe('Only lines with a higher number, or only those that come: `now`; default 0.')
    .optional(),
  positionId: text('positionId', 'Only lines of this position.').optional(),
  kind: choice(KINDS, 'Only lines of this kind.').optional(),
})

interface Wanted extends Pick<z.infer<typeof query>, 'positionId' | 'kind'> {
  /** Only lines of this account. */
  readonly account?: string | undefined
}

interface Stream {
  readonly control: Control
  readonly response: Response
  readonly wanted: Wanted
  /** A client that takes nothing for so long is cut off, ms. */
  readonly drainMs: number
  /** The client has gone, or may not read any more. */
  readonly gone: AbortSignal
}

/**
 * `GET /api/events`: journal lines as server-sent events, `id` is the sequence number. Each client
 * reads the journal at its own pace, at most one page ahead, so that a slow client costs no memory.
 * A client that has seen more than the journal contains gets the event `reset`, and the journal
 * from its start: it knows another store, or one that has lost its end.
 */
export const eventRoutes: Route = (on, control, { access, account, settings: { events } }) => {
  const { clients, drainMs } = events
  let streams = 0
  on(
    {
      method: 'get',
      path: '/api/events',
      summary: 'Lines of the journal as server-sent events, as they come',
      needs: 'read',
      query,
      isUntagged: true,
      headers: { 'Last-Event-ID': 'Number of the last line that the client has seen.' },
      answers: {
        200: { description: 'Events', content: [{ type: 'text/event-stream' }] },
      },
      errors: ['TOO_MANY_STREAMS'],
    },
    async ({ request, response, query: { after = '0', ...wanted } }) => {
      const seen = startOf(request, after)
      if (streams >= clients) {
        throw new WatchkeeperError('TOO_MANY_STREAMS', `at most ${clients} clients may listen`)
      }
      streams++
      const gone = new AbortController()
      response.once('close', () => gone.abort())
      access.onRevoked(request, response, () => {
        gone.abort()
        response.end('event: end\ndata: {"kind":"end","why":"BAD_TOKEN"}\n\n')
      })
      try {
        const start = seen === 'now' ? await lastSeq(control) : seen
        const own = { ...wanted, account }
        await follow({ control, response, wanted: own, drainMs, gone: gone.signal }, start)
      } finally {
        streams--
      }
      return undefined
    },
  )
}

/** The last line that a client saw; a browser sends it in a header when it reconnects. */
function startOf(request: Request, after: string): number | 'now' {
  const seen = request.get('last-event-id')
  if (seen === undefined) return after === 'now' ? after : Number(after)
  if (/^\d{1,15}$/.test(seen)) return Number(seen)
  throw badInput('Last-Event-ID', seen, 'a sequence number')
}

async function follow(stream: Stream, start: number): Promise<void> {
  const { control, response, wanted, gone } = stream
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.flushHeaders()
  let after = start
  let quiet = 0
  try {
    while (!gone.aborted) {
      const lines = await linesOf(control, { after, limit: PAGE_LINES })
      const last = lines.at(-1)
      if (last === undefined) {
        const end = quiet++ % HEARTBEAT_READS === 0 ? await lastSeq(control) : after
        if (end < after) {
          await send(stream, resetText({ seen: after, last: end }))
          after = 0
          continue
        }
        // An id without data is kept by the client: it goes on behind lines that it did not want.
        if (quiet % HEARTBEAT_READS === 0) await send(stream, `: alive\nid: ${after}\n\n`)
        await pause(READ_MS, gone)
        continue
      }
      quiet = 0
      after = last.seq
      const found = lines.filter(line => isWanted(line, wanted))
      await send(stream, found.map(eventOf).join(''))
    }
  } catch {
    // The headers were sent: an error answer is impossible. The client reconnects where it was.
    response.destroy()
  }
}

/** Lines of the whole journal: of one account alone, those of the others would be read again each time. */
const linesOf = (control: Control, query: JournalQuery): Promise<readonly JournalLine[]> =>
  control.everyLine?.(query) ?? control.journal(query)

const isWanted = (line: JournalLine, wanted: Wanted): boolean =>
  isOf(line, wanted.account) && isAbout(line, wanted)

const isOf = ({ account: given }: JournalLine, account: string | undefined): boolean =>
  account === undefined || (typeof given === 'string' && accountParts(given).name === account)

const isAbout = ({ kind, positionId }: JournalLine, wanted: Wanted): boolean =>
  (wanted.kind === undefined || wanted.kind === kind) &&
  (wanted.positionId === undefined || wanted.positionId === positionId)

const eventOf = (line: JournalLine): string => `id: ${line.seq}\ndata: ${JSON.stringify(line)}\n\n`

/** Number of the last journal line; 0 where there is none. */
const lastSeq = async (control: Control): Promise<number> =>
  (await linesOf(control, { after: 0, limit: 1, last: 1 })).at(-1)?.seq ?? 0

/** Sends the event for a client that has seen lines which the journal does not have. */
const resetText = (detail: { readonly seen: number; readonly last: number }): string =>
  `event: reset\nid: 0\ndata: ${JSON.stringify({ kind: 'reset', ...detail })}\n\n`

/** Waits until the client has accepted the data; throws after a timeout. */
async function send({ response, drainMs, gone }: Stream, text: string): Promise<void> {
  if (text === '' || gone.aborted || response.write(text)) return
  const { signal, clear } = timeLimit(drainMs, gone)
  try {
    await once(response, 'drain', { signal })
  } finally {
    clear()
  }
}

/** Ends early, without an error, when the client disconnects. */
const pause = (ms: number, gone: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    const timer = setTimeout(end, ms)
    gone.addEventListener('abort', end, { once: true })
    function end(): void {
      clearTimeout(timer)
      gone.removeEventListener('abort', end)
      resolve()
    }
  })
