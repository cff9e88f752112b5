import { once } from 'node:events'
import type { Request, Response } from 'express'
import { WatchkeeperError } from '../../errors.ts'
import { timeLimit } from '../../observability/time-limit.ts'
import type { Control } from '../../ports/control.ts'
import { badInput, countOf, type Route } from '../route.ts'

const MOST_STREAMS = 20
const PAGE_LINES = 100
const LAST_SEQ = Number.MAX_SAFE_INTEGER
/** Interval of journal reads once a client has received all of it, ms. */
const POLL_MS = 250
/** Reads without news until a comment keeps the connection alive. */
const HEARTBEAT_POLLS = 60
/** A client that accepts no data for so long is disconnected, ms. */
const SLOW_MS = 5_000

/**
 * `GET /api/events`: journal lines as server-sent events, `id` is the sequence number. Each client
 * reads the journal at its own pace, at most one page ahead, so that a slow client costs no memory.
 * A client that has seen more than the journal contains gets the event `reset`, and the journal
 * from its start: it knows another store, or one that has lost its end.
 */
export const eventRoutes: Route = (router, control) => {
  let streams = 0
  router.get('/api/events', async (request, response) => {
    const after = startOf(request)
    if (streams >= MOST_STREAMS) {
      throw new WatchkeeperError('TOO_MANY_STREAMS', `at most ${MOST_STREAMS} clients may follow`)
    }
    streams++
    try {
      await stream(control, response, after)
    } finally {
      streams--
    }
  })
}

/** The last line that a client saw; a browser sends it in a header when it reconnects. */
function startOf(request: Request): number {
  const seen = request.get('last-event-id')
  if (seen === undefined) {
    return countOf(request, 'after', { least: 0, most: LAST_SEQ, fallback: 0 })
  }
  if (/^\d{1,15}$/.test(seen)) return Number(seen)
  throw badInput('Last-Event-ID', seen, 'a sequence number')
}

async function stream(control: Control, response: Response, start: number): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.flushHeaders()
  let after = start
  let quiet = 0
  try {
    while (!gone.signal.aborted) {
      const lines = await control.journal({ after, limit: PAGE_LINES })
      const last = lines.at(-1)
      if (last === undefined) {
        const end = quiet++ % HEARTBEAT_POLLS === 0 ? await lastSeq(control) : after
        if (end < after) {
          await send(response, resetText({ seen: after, last: end }), gone.signal)
          after = 0
          continue
        }
        if (quiet % HEARTBEAT_POLLS === 0) await send(response, ': alive\n\n', gone.signal)
        await pause(POLL_MS, gone.signal)
        continue
      }
      quiet = 0
      after = last.seq
      const text = lines.map(line => `id: ${line.seq}\ndata: ${JSON.stringify(line)}\n\n`).join('')
      await send(response, text, gone.signal)
    }
  } catch {
    // The headers were sent: an error answer is impossible. The client reconnects where it was.
    response.destroy()
  }
}

/** Number of the last journal line; 0 where there is none. */
const lastSeq = async (control: Control): Promise<number> =>
  (await control.journal({ after: 0, limit: 1, last: 1 })).at(-1)?.seq ?? 0

/** Sends the event for a client that has seen lines which the journal does not have. */
const resetText = (detail: { readonly seen: number; readonly last: number }): string =>
  `event: reset\nid: 0\ndata: ${JSON.stringify({ kind: 'reset', ...detail })}\n\n`

/** Waits until the client has accepted the data; throws after a timeout. */
async function send(response: Response, text: string, gone: AbortSignal): Promise<void> {
  if (response.write(text) || gone.aborted) return
  const { signal, clear } = timeLimit(SLOW_MS, gone)
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
