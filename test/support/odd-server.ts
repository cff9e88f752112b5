import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A real http server that answers as a test says, and records its requests. */
export class OddServer {
  /** Method, path and body of each request that arrived completely. */
  readonly asked: string[] = []
  private readonly server: Server

  constructor(answer: RequestListener) {
    this.server = createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (text: string) => (body += text))
      request.once('end', () => {
        this.asked.push(`${request.method} ${request.url} ${body}`.trimEnd())
        answer(request, response)
      })
    })
  }

  /** Starts it; gives its URL. */
  async open(): Promise<string> {
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  close(): void {
    this.server.closeAllConnections()
    this.server.close()
  }
}

/** Answers every request with this JSON. */
export const always =
  (value: unknown, status = 200): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  }
