import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/**
 * A port whose connections are forwarded to another one; a test switches the target of later
 * connections.
 */
export class SwitchedPort {
  private readonly server: Server
  private readonly sockets = new Set<Socket>()
  /** Connections so far. */
  connections = 0

  static async open(target: { readonly port: number }): Promise<SwitchedPort> {
    const made = new SwitchedPort(target)
    made.server.listen(0, '127.0.0.1')
    await once(made.server, 'listening')
    return made
  }

  /** Where the next connections lead to. */
  target: { readonly port: number }

  private constructor(target: { readonly port: number }) {
    this.target = target
    this.server = createServer(socket => this.lead(socket))
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy()
    this.server.close()
  }

  private lead(from: Socket): void {
    this.connections++
    const to = connect(this.target.port, '127.0.0.1')
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      this.sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        this.sockets.delete(one)
        other.destroy()
      })
    }
    from.pipe(to).pipe(from)
  }
}
