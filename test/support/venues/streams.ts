import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'

/** How a venue speaks on its public streams. */
export interface StreamSpeech {
  /** Reads a message of a client. */
  read(text: string): StreamRequest
  /** Answers to a request that is accepted, in the order in which they are sent. */
  accepted(request: Subscription): readonly string[]
  refused(request: Subscription, name: string): string
  pong(text: string): string
  /** Messages about a price on a connection with this path; none where it carries other figures. */
  quote(path: string, price: StreamPrice): readonly string[]
}

export interface Subscription {
  readonly kind: 'subscribe' | 'unsubscribe'
  readonly names: readonly string[]
  readonly id: string
}

export type StreamRequest = Subscription | { readonly kind: 'ping' }

export interface StreamPrice {
  readonly name: string
  readonly price: number
  readonly ts: number
  /** Whether it is the first on its connection. */
  readonly isFirst: boolean
}

/** A connection of a client. */
interface Client {
  readonly socket: WebSocket
  readonly path: string
  readonly names: Set<string>
  /** Names about which something was pushed. */
  readonly begun: Set<string>
}

/** The public streams of a venue, with faults. */
export class VenueStreams {
  /** Texts of the clients, in order. */
  readonly seen: string[] = []
  /** Heartbeats of the clients. */
  pings = 0
  /** Connections that were accepted so far. */
  connections = 0
  /** Names whose subscription is refused. */
  readonly refusing = new Set<string>()
  /** Answers nothing and pushes nothing, and keeps its connections. */
  isSilent = false
  /** Takes connections and ends them at once. */
  endsAtOnce = false
  /** Accepts subscriptions and pushes nothing. */
  isForgetful = false
  private readonly speech: StreamSpeech
  private server: WebSocketServer | undefined
  private port = 0
  private readonly clients = new Set<Client>()
  private readonly prices = new Map<string, number>()

  constructor(speech: StreamSpeech) {
    this.speech = speech
  }

  async open(): Promise<void> {
    const server = new WebSocketServer({ port: this.port, host: '127.0.0.1', autoPong: false })
    this.server = server
    await once(server, 'listening')
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (socket, request) => this.accept(socket, request.url ?? ''))
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`
  }

  /** Ends every connection, and refuses new ones until it is opened again. */
  close(): void {
    this.drop()
    this.server?.close()
    this.server = undefined
  }

  /** Ends every connection. */
  drop(): void {
    for (const { socket } of this.clients) socket.terminate()
    this.clients.clear()
  }

  /** Instruments that are subscribed, once for each connection. */
  subscribedNames(): readonly string[] {
    return [...this.clients].flatMap(({ names }) => [...names]).toSorted()
  }

  /** Paths of the connections. */
  paths(): readonly string[] {
    return [...this.clients].map(({ path }) => path)
  }

  /** Moves a price, and pushes it to the connections that subscribed to its instrument. */
  price(name: string, price: number, ts = Date.now()): void {
    this.prices.set(name, price)
    for (const client of this.clients) if (client.names.has(name)) this.push(client, name, ts)
  }

  /** Sends a text to every connection. */
  say(text: string): void {
    for (const { socket } of this.clients) socket.send(text)
  }

  private accept(socket: WebSocket, path: string): void {
    this.connections++
    if (this.endsAtOnce) return socket.close()
    const client: Client = { socket, path, names: new Set(), begun: new Set() }
    this.clients.add(client)
    socket.on('close', () => this.clients.delete(client))
    socket.on('error', () => undefined)
    socket.on('message', (data: Buffer) => this.answer(client, data.toString()))
  }

  private answer(client: Client, text: string): void {
    this.seen.push(text)
    if (this.isSilent) return
    const request = this.speech.read(text)
    if (request.kind === 'ping') {
      this.pings++
      client.socket.send(this.speech.pong(text))
      return
    }
    const refused = request.names.find(name => this.refusing.has(name))
    if (refused !== undefined && request.kind === 'subscribe') {
      client.socket.send(this.speech.refused(request, refused))
      return
    }
    for (const name of request.names) {
      if (request.kind === 'subscribe') client.names.add(name)
      else client.names.delete(name)
    }
    for (const each of this.speech.accepted(request)) client.socket.send(each)
    for (const name of request.names) {
      if (client.names.has(name) && this.prices.has(name)) this.push(client, name, Date.now())
    }
  }

  private push({ socket, path, begun }: Client, name: string, ts: number): void {
    if (this.isSilent || this.isForgetful) return
    const price = this.prices.get(name)!
    const isFirst = !begun.has(name)
    begun.add(name)
    for (const text of this.speech.quote(path, { name, price, ts, isFirst })) socket.send(text)
  }
}
