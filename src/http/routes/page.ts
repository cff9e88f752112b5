import type { Request, Response } from 'express'
import { WatchkeeperError } from '../../errors.ts'
import { allowStyle } from '../headers.ts'
import type { Route } from '../operation.ts'
import { ENCODINGS, pageFiles, type PageFile } from '../page-files.ts'
import { hasTag } from '../reply.ts'

/** File names contain the hash of the content: a browser caches them for good. */
const FOR_GOOD = 'public, max-age=31536000, immutable'

const html = {
  200: { description: 'The page', content: [{ type: 'text/html' }] },
}

/** `GET /`: the live page, and at `/docs` the document of the API; `/page/…`: its files. They need no token. */
export const pageRoutes: Route = on => {
  for (const [path, summary] of [
    ['/', 'The live page'],
    ['/docs', 'The document of the API, for people'],
  ] as const) {
    on(
      { method: 'get', path, summary, needs: 'open', answers: html, errors: ['NOT_FOUND'] },
      ({ request, response }) => {
        const { build, styleHash } = thePage()
        allowStyle(request, response, styleHash)
        // Always revalidated, so that the browser notices another version of the service; mostly
        // answered by 304.
        response.setHeader('cache-control', 'no-cache')
        const tag = `"${build}"`
        response.setHeader('etag', tag)
        if (hasTag(request.get('if-none-match'), tag)) response.status(304).end()
        else send(request, response, fileOf('index.html'))
        return undefined
      },
    )
  }
  on(
    {
      method: 'get',
      path: '/page/:file',
      summary: 'A file of the page; its name has the hash of its content',
      needs: 'open',
      isUntagged: true,
      answers: {
        200: {
          description: 'The file, compressed where the client takes that',
          content: ['text/html', 'text/javascript', 'text/css'].map(type => ({ type })),
        },
      },
      errors: ['NOT_FOUND'],
    },
    ({ request, response }) => {
      const file = fileOf(request.params['file']!)
      response.setHeader('cache-control', FOR_GOOD)
      send(request, response, file)
      return undefined
    },
  )
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
