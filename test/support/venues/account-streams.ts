import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import type { VenueEvent } from '../broker-server/book.ts'
import type { Venue } from '../broker-server/venue.ts'
import type { AccountSpeech } from './account-speech.ts'

interface Client {
  readonly path: string
  isLoggedIn: boolean
}

/** The streams of an account of a venue: pushes what changes there, with faults. */
export class AccountStreams {
  /** Connections that were made, and logins that were valid. */
  connections = 0
  logins = 0
  /** Answers nothing and pushes nothing, and keeps its connections. */
  isSilent = false
  /** Paths whose connections are ended at once. */
  readonly shut = new Set<string>()
  /** Connections that were ended because of their path. */
  refusals = 0
  /** Keeps what it would push by itself: the test pushes instead. */
  isMute = false
  private readonly speech: AccountSpeech
  private readonly venue: Venue
  private server: WebSocketServer | undefined
  private port = 0
  /** Connections. */
  private readonly clients = new Map<WebSocket, Client>()

  constructor(speech: AccountSpeech, venue: Venue) {
    this.speech = speech
    this.venue = venue
    venue.onEvent = event => this.happened(event)
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`
  }

  async open(): Promise<void> {
    const server = new WebSocketServer({ port: this.port, host: '127.0.0.1', autoPong: false })
    this.server = server
    await once(server, 'listening')
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (socket, { url = '' }) => this.accept(socket, url))
  }

  close(): void {
    this.drop()
    this.server?.close()
    this.server = undefined
  }

  /** Ends every connection. */
  drop(): void {
    for (const socket of this.clients.keys()) socket.terminate()
    this.clients.clear()
  }

  /** Pushes a text to every connection that is logged in and carries what it is about. */
  say(text: string): void {
    if (this.isSilent) return
    for (const [socket, { path, isLoggedIn }] of this.clients)
      if (isLoggedIn && this.speech.carries(path, text)) socket.send(text)
  }

  private accept(socket: WebSocket, path: string): void {
    if (!this.speech.takes(path) || this.shut.has(path)) {
      this.refusals++
      socket.close()
      return
    }
    this.connections++
    this.clients.set(socket, { path, isLoggedIn: !this.speech.hasLogin })
    socket.on('close', () => this.clients.delete(socket))
    socket.on('error', () => undefined)
    socket.on('message', (data: Buffer) => this.answer(socket, data.toString()))
  }

  private answer(socket: WebSocket, text: string): void {
    if (this.isSilent) return
    const request = this.speech.read(text)
    switch (request.kind) {
      case 'ping':
        socket.send(this.speech.pong(text))
        return
      case 'login':
        if (request.isValid) this.logins++
        this.clients.get(socket)!.isLoggedIn = request.isValid
        socket.send(this.speech.loggedIn(request.isValid))
        return
      case 'subscribe':
        for (const each of this.speech.subscribed(request.text)) socket.send(each)
    }
  }

  private happened(event: VenueEvent): void {
    if (this.isMute || event.kind === 'price' || event.kind === 'day-over') return
    const { book } = this.venue
    const holding = (instrument: string): void => {
      const held = book.holdings().find(each => each.instrument === instrument)
      this.say(this.speech.holding(instrument, held?.quantity ?? 0))
    }
    if (event.kind === 'hand') return holding(event.instrument)
    const number = event.kind === 'order' || event.kind === 'rejected' ? event.number : event.order
    const { clientOrderId: id, instrument } = book.order(number)
    // A triggered stop is pushed as the order that it has become.
    const isStop = event.kind !== 'fill' && book.order(number).trigger !== undefined
    this.say(this.speech.order({ id, instrument, state: event.kind, isStop }))
    if (event.kind === 'fill') holding(instrument)
  }
}
