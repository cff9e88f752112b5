import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A port of this machine that can be closed, so that connections are refused, and opened again. */
export class Door {
  /** 0 before it was first open; the same ever after. */
  port: number
  private readonly serve: RequestListener
  private server: Server | undefined

  /** 0 takes a free port. */
  constructor(port: number, serve: RequestListener) {
    this.port = port
    this.serve = serve
  }

  async open(): Promise<void> {
    if (this.server !== undefined) return
    const server = createServer(this.serve)
    server.keepAliveTimeout = 5_000
    this.server = server
    await listening(server, this.port)
    this.port = (server.address() as AddressInfo).port
  }

  /** Destroys every connection. */
  shut(): void {
    this.server?.close()
    this.server?.closeAllConnections()
    this.server = undefined
  }
}

/** Listens; a port that is still taken after a kill is waited for. */
async function listening(server: Server, port: number): Promise<void> {
  for (let left = 50; ; left--) {
    server.listen(port, '127.0.0.1')
    try {
      await once(server, 'listening')
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || left === 0) throw error
      await sleep(100)
    }
  }
}
