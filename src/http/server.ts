import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { WatchkeeperError } from '../errors.ts'
import type { Control } from '../ports/control.ts'
import { guard, isLoopback } from './guard.ts'
import { answerProblem, Problem } from './problem.ts'
import { ROUTES } from './routes/registry.ts'

export interface HttpOptions {
  readonly control: Control
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly token?: string | undefined
}

/** A server that listens. */
export interface HttpServer {
  readonly port: number
  close(): Promise<void>
}

const BODY_LIMIT = '64kb'
const REQUEST_MS = 30_000
const MOST_CONNECTIONS = 200

/** Serves the API. Throws WatchkeeperError: TOKEN_REQUIRED, ADDRESS_IN_USE, CANNOT_LISTEN. */
export async function serveHttp({ control, host, port, token }: HttpOptions): Promise<HttpServer> {
  const onLoopback = isLoopback(host)
  if (!onLoopback && token === undefined) {
    const text = `listening on ${host} needs a token: set WATCHKEEPER_HTTP_TOKEN`
    throw new WatchkeeperError('TOKEN_REQUIRED', text)
  }
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.enable('case sensitive routing')
  app.use(guard({ onLoopback, token }))
  app.use(express.json({ limit: BODY_LIMIT }))
  const router = express.Router({ caseSensitive: true })
  for (const add of ROUTES) add(router, control)
  app.use(router)
  app.use(({ method, path }) => {
    throw new Problem(404, 'NOT_FOUND', `nothing answers ${method} ${path}`)
  })
  app.use(answerProblem)
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, app)
  server.maxConnections = MOST_CONNECTIONS
  await listen(server, host, port)
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeIdleConnections()
      }),
  }
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
