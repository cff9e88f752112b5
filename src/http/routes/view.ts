import { WatchkeeperError } from '../../errors.ts'
import { pageFiles } from '../page-files.ts'
import { badInput, countOf, sendJson, type Route } from '../route.ts'
import { Broadcast, VIEW_BOUNDS } from '../view/broadcast.ts'

const MOST_ROWS = 5_000
const LAST = Number.MAX_SAFE_INTEGER

/**
 * `GET /api/view`: every position with its levels, in pages; `GET /api/view/stream`: the changes
 * since the version that a page has, as one line of JSON four times a second.
 */
export const viewRoutes: Route = (router, control) => {
  const broadcast = new Broadcast(control)
  router.get('/api/view', async (request, response) => {
    const after = countOf(request, 'after', { least: 0, most: LAST, fallback: -1 })
    const limit = countOf(request, 'limit', { least: 1, most: MOST_ROWS, fallback: 2_000 })
    const page = (await broadcast.current()).page(after, limit)
    sendJson(response, { ...page, build: pageFiles()?.build ?? null })
  })
  router.get('/api/view/stream', async (request, response) => {
    const { epoch } = request.query
    if (typeof epoch !== 'string')
      throw badInput('epoch', epoch, 'the epoch of a page of /api/view')
    const version = countOf(request, 'version', { least: 0, most: LAST, fallback: 0 })
    if (broadcast.isFull) {
      const text = `at most ${VIEW_BOUNDS.clients} clients may watch`
      throw new WatchkeeperError('TOO_MANY_STREAMS', text)
    }
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' })
    response.flushHeaders()
    await broadcast.add(response, epoch, version)
  })
}
