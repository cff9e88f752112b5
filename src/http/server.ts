import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type NextFunction, type Request, type Response, type Router } from 'express'
import { WatchkeeperError } from '../errors.ts'
import type { Control } from '../ports/control.ts'
import { guard, isLoopback } from './auth.ts'
import { boundConnections } from './connections.ts'
import { securityHeaders } from './headers.ts'
import { jsonBody } from './json-body.ts'
import { answerProblem } from './problem.ts'
import { parametersOf } from './queries.ts'
import { assertQuery } from './route.ts'
import { ROUTES } from './routes/registry.ts'

export interface HttpOptions {
  readonly control: Control
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly token?: string | undefined
  /** Most simultaneous connections; a new one replaces the longest idle one. Default 200. */
  readonly maxConnections?: number
  /**
   * Longest time until a request has arrived completely, ms; its headers may take a third of it.
   * Default 30 s.
   */
  readonly requestMs?: number
}

/** A listening server. */
export interface HttpServer {
  readonly port: number
  close(): Promise<void>
}

const BODY_LIMIT = '64kb'
/** Interval of checks for connections whose requests do not arrive, ms. */
const CHECK_MS = 5_000
/** How long requests in progress may take when the server closes, ms. */
const GRACE_MS = 1_000

/**
 * Starts the HTTP API.
 *
 * @throws WatchkeeperError TOKEN_REQUIRED, ADDRESS_IN_USE, CANNOT_LISTEN.
 */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const { control, host, port, token, maxConnections = 200, requestMs = 30_000 } = options
  const onLoopback = isLoopback(host)
  if (!onLoopback && token === undefined) {
    const text = `listening on ${host} needs a token: set WATCHKEEPER_HTTP_TOKEN`
    throw new WatchkeeperError('TOKEN_REQUIRED', text)
  }
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.enable('case sensitive routing')
  app.use(securityHeaders())
  app.use(guard({ onLoopback, token }))
  app.use(express.text({ limit: BODY_LIMIT, type: 'application/json' }))
  app.use(jsonBody)
  const router = express.Router({ caseSensitive: true })
  for (const add of ROUTES) add(router, control)
  app.use((request: Request, _response: Response, next: NextFunction) => {
    const known = parametersOf(request.path)
    if (known !== undefined && methodsAt(router, request.path).length > 0) {
      assertQuery(request, known)
    }
    next()
  })
  app.use(router)
  app.use(({ method, path }: Request, response: Response) => {
    const allowed = methodsAt(router, path)
    if (allowed.length === 0) throw new WatchkeeperError('NOT_FOUND', `nothing answers at ${path}`)
    response.setHeader('allow', allowed.join(', '))
    throw new WatchkeeperError(
      'METHOD_NOT_ALLOWED',
      `${path} takes ${allowed.join(', ')}, not ${method}`,
    )
  })
  app.use(answerProblem)
  const server = createServer(
    {
      requestTimeout: requestMs,
      headersTimeout: Math.ceil(requestMs / 3),
      connectionsCheckingInterval: Math.min(requestMs, CHECK_MS),
    },
    app,
  )
  boundConnections(server, maxConnections)
  await listen(server, host, port)
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeIdleConnections()
        setTimeout(() => server.closeAllConnections(), GRACE_MS).unref()
      }),
  }
}

/** The part of an express route that its types leave out. */
interface Layer {
  readonly route?: { readonly methods: Readonly<Record<string, boolean>> }
  match(path: string): boolean
}

/** The methods of a path, in alphabetical order; none for an unknown path. */
function methodsAt(router: Router, path: string): string[] {
  const methods = (router.stack as unknown as Layer[])
    .filter(layer => layer.route !== undefined && layer.match(path))
    .flatMap(({ route }) => Object.keys(route!.methods))
    .map(each => each.toUpperCase())
  return [...new Set(methods.flatMap(each => (each === 'GET' ? ['GET', 'HEAD'] : [each])))].sort()
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE'
      const why = isTaken ? 'another program listens there' : error.message
      const code = isTaken ? 'ADDRESS_IN_USE' : 'CANNOT_LISTEN'
      const text = `cannot listen on ${host}:${port}: ${why}`
      reject(new WatchkeeperError(code, text, { cause: error }))
    })
    server.listen(port, host, resolve)
  })
}
