import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Bounds the connections of a server. Beyond the bound, the connection that has been idle for
 * longest is closed, else one whose request has not arrived completely: idle and slow clients
 * cannot block a probe. Where every connection has a request in progress, the new connection is
 * refused.
 */
export function boundConnections(server: Server, most: number): void {
  /** Every open connection, the longest idle first; its value is the request in progress. */
  const open = new Map<Socket, IncomingMessage | undefined>()
  server.on('connection', (socket: Socket) => {
    if (open.size >= most) {
      const leaving = idleOf(open) ?? arrivingOf(open)
      if (leaving === undefined) {
        socket.destroy()
        return
      }
      open.delete(leaving)
      leaving.destroy()
    }
    open.set(socket, undefined)
    socket.once('close', () => open.delete(socket))
  })
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request
    if (!open.has(socket)) return
    open.set(socket, request)
    response.once('close', () => {
      if (!open.delete(socket) || socket.destroyed) return
      // After all that have been idle for longer.
      open.set(socket, undefined)
    })
  })
}

type Open = ReadonlyMap<Socket, IncomingMessage | undefined>

function idleOf(open: Open): Socket | undefined {
  for (const [socket, request] of open) if (request === undefined) return socket
  return undefined
}

function arrivingOf(open: Open): Socket | undefined {
  for (const [socket, request] of open) if (request?.complete === false) return socket
  return undefined
}
