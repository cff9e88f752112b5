import type { Request, Response } from 'express'
import { WatchkeeperError } from '../../errors.ts'
import { ENCODINGS, pageFiles, type PageFile } from '../page-files.ts'
import type { Route } from '../route.ts'

/** File names contain the hash of the content: a browser caches them for good. */
const FOR_GOOD = 'public, max-age=31536000, immutable'

/** `GET /`: the live page; `/page/…`: its files. They contain nothing secret and need no token. */
export const pageRoutes: Route = router => {
  router.get('/', (request, response) => {
    const { build } = thePage()
    // Always revalidated, so that the browser notices another version of the service; mostly
    // answered by 304.
    response.setHeader('cache-control', 'no-cache')
    response.setHeader('etag', `"${build}"`)
    if (request.get('if-none-match') === `"${build}"`) response.status(304).end()
    else send(request, response, fileOf('index.html'))
  })
  router.get('/page/:file', (request, response) => {
    const file = fileOf(request.params.file)
    response.setHeader('cache-control', FOR_GOOD)
    send(request, response, file)
  })
}

function thePage() {
  const page = pageFiles()
  if (page !== undefined) return page
  throw new WatchkeeperError('NOT_FOUND', 'the page is not built: npm run build')
}

function fileOf(name: string): PageFile {
  const file = thePage().files.get(name)
  if (file !== undefined) return file
  throw new WatchkeeperError('NOT_FOUND', `the page has no file ${JSON.stringify(name)}`)
}

function send(request: Request, response: Response, { type, bodies }: PageFile): void {
  const chosen = ENCODINGS.find(each => request.acceptsEncodings(each)) ?? 'identity'
  response.setHeader('vary', 'accept-encoding')
  if (chosen !== 'identity') response.setHeader('content-encoding', chosen)
  response.setHeader('content-type', type)
  response.end(bodies[chosen])
}
