import { z } from 'zod'
import { WatchkeeperError } from '../../errors.ts'
import { viewPage } from '../contract/view.ts'
import { inJson, type Route } from '../operation.ts'
import { pageFiles } from '../page-files.ts'
import { count, seq } from '../query.ts'
import { json } from '../reply.ts'
import { Broadcast } from '../view/broadcast.ts'

const MOST_ROWS = 5_000
const DEFAULT_ROWS = 2_000

/**
 * `GET /api/view`: every position with its levels, in pages; `GET /api/view/stream`: the changes
 * since the version that a page has, as one line of JSON four times a second.
 */
export const viewRoutes: Route = (on, control, { access, settings }) => {
  const broadcast = new Broadcast(control.everything ?? control, settings.view)
  on(
    {
      method: 'get',
      path: '/api/view',
      summary: 'The live view: every position with its levels, in pages',
      needs: 'read',
      isUntagged: true,
      query: z.object({
        after: seq(0, 'Only rows with a higher number; default: all.').optional(),
        limit: count(1, MOST_ROWS, 'Most rows; default 2,000.').optional(),
      }),
      answers: { 200: inJson('One page of the view', viewPage) },
    },
    async ({ query: { after = -1, limit = DEFAULT_ROWS } }) => {
      const page = (await broadcast.current()).page(after, limit)
      return json({ ...page, build: pageFiles()?.build ?? null })
    },
  )
  on(
    {
      method: 'get',
      path: '/api/view/stream',
      summary: 'What changes of the live view, one frame a line',
      needs: 'read',
      isUntagged: true,
      query: z.object({
        epoch: z
          .string({ error: 'the epoch of a page of /api/view' })
          .describe('Epoch of a page of `/api/view`.'),
        version: seq(0, 'Version that the client has; default 0.').optional(),
      }),
      answers: {
        200: { description: 'Frames', content: [{ type: 'application/x-ndjson' }] },
      },
      errors: ['TOO_MANY_STREAMS'],
    },
    async ({ request, response, query: { epoch, version = 0 } }) => {
      if (broadcast.isFull) {
        const text = `at most ${settings.view.clients} clients may watch`
        throw new WatchkeeperError('TOO_MANY_STREAMS', text)
      }
      response.writeHead(200, {
        'content-type': 'application/x-ndjson',
        'cache-control': 'no-store',
      })
      response.flushHeaders()
      // A page reads the view anew after a reset, and asks for the token then.
      access.onRevoked(request, response, () => {
        response.end(`${JSON.stringify({ reset: true, epoch, why: 'BAD_TOKEN' })}\n`)
      })
      await broadcast.add(response, epoch, version)
      return undefined
    },
  )
}
