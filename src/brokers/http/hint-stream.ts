import { request as plainRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { z } from 'zod'
import type { AccountHint } from '../../domain/account-hint.ts'
import { instrument } from '../shapes.ts'

/** Longest line, characters: a longer one is no hint, and the connection is made anew. */
const LONGEST_LINE = 65_536
/** The server writes at least an empty line each 15 s; a stream that is silent for longer than twice that is dead, ms. */
const SILENT_MS = 35_000
/** Waits before the next connection, ms: the first one, doubled each time up to the longest. */
const AGAIN_MS = 1_000
const LONGEST_AGAIN_MS = 60_000

const hint = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('order'), clientOrderId: z.string().nullable(), instrument }),
  z.object({ kind: z.literal('holding'), instrument }),
  z.object({ kind: z.literal('gap'), why: z.string().default('the server says so') }),
])

export interface HintStreamOptions {
  /** Address of the server without a trailing slash. */
  readonly url: string
  /** The bearer token of the next connection; rejects where there is none. */
  readonly token: () => Promise<string>
  readonly onHint: (hint: AccountHint) => void
  readonly silentMs?: number
  readonly againMs?: number
}

/**
 * What a server pushes about an account: one line of JSON for each hint. A connection that is lost, silent or refused is
 * made again after a growing wait; what was pushed meanwhile is lost, so that each `up` asks for everything.
 */
export class HintStream {
  private readonly options: HintStreamOptions
  private request: ClientRequest | undefined
  private timer: NodeJS.Timeout | undefined
  private isUp = false
  private isClosed = false
  private againMs: number
  private rest = ''

  /** Starts to connect and does not wait for it. */
  constructor(options: HintStreamOptions) {
    this.options = options
    this.againMs = options.againMs ?? AGAIN_MS
    void this.connect()
  }

  close(): void {
    this.isClosed = true
    clearTimeout(this.timer)
    this.request?.destroy()
  }

  private async connect(): Promise<void> {
    const { url, token } = this.options
    try {
      const authorization = `Bearer ${await token()}`
      if (this.isClosed) return
      const send = url.startsWith('https:') ? tlsRequest : plainRequest
      const headers = { authorization, accept: 'application/x-ndjson' }
      const request = send(`${url}/v1/stream`, { headers, agent: false })
      this.request = request
      this.heard()
      request.once('response', response => this.take(request, response))
      request.once('error', error => this.lost(request, error.message))
      request.end()
    } catch (error) {
      this.lost(undefined, error instanceof Error ? error.message : String(error))
    }
  }

  private take(request: ClientRequest, response: IncomingMessage): void {
    response.once('close', () => this.lost(request, 'the server ended the stream'))
    if (response.statusCode !== 200) {
      this.lost(request, `the stream was answered with ${response.statusCode}`)
      return
    }
    this.isUp = true
    this.rest = ''
    this.options.onHint({ kind: 'up' })
    response.setEncoding('utf8')
    response.on('data', (text: string) => this.read(request, text))
  }

  private read(request: ClientRequest, text: string): void {
    if (request !== this.request) return
    this.heard()
    this.againMs = this.options.againMs ?? AGAIN_MS
    const lines = `${this.rest}${text}`.split('\n')
    this.rest = lines.pop()!
    if (this.rest.length > LONGEST_LINE) {
      this.lost(request, 'a line of the stream is too long')
      return
    }
    for (const line of lines) if (line.trim() !== '') this.options.onHint(hintOf(line))
  }

  /** Something came: the silence begins anew. */
  private heard(): void {
    const { request } = this
    clearTimeout(this.timer)
    const { silentMs = SILENT_MS } = this.options
    this.timer = setTimeout(() => this.lost(request, 'the stream is silent'), silentMs)
  }

  /** The end of a connection, reported once; the next one follows. */
  private lost(request: ClientRequest | undefined, why: string): void {
    if (this.isClosed || request !== this.request) return
    this.request = undefined
    request?.on('error', () => undefined).destroy()
    clearTimeout(this.timer)
    if (this.isUp) this.options.onHint({ kind: 'down', why })
    this.isUp = false
    this.timer = setTimeout(() => void this.connect(), this.againMs)
    this.againMs = Math.min(LONGEST_AGAIN_MS, this.againMs * 2)
  }
}

function hintOf(line: string): AccountHint {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return { kind: 'odd', what: 'syntax' }
  }
  const { data } = hint.safeParse(value)
  return data ?? { kind: 'odd', what: 'shape' }
}
