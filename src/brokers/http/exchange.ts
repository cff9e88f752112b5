import { once, setMaxListeners } from 'node:events'
import {
  request as plainRequest,
  type Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http'
import { request as tlsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { NotSent, OutcomeUnknown } from '../../errors.ts'

/** One request. `path` is URL-encoded and relative to the server's address. */
export interface Ask {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  /** Sent as JSON. */
  readonly body?: unknown
  /** Headers in place of the bearer token, such as the signature headers of a venue. */
  readonly headers?: Readonly<Record<string, string>>
  /** Headers beside the bearer token. */
  readonly more?: Readonly<Record<string, string>>
  /** Raw body, sent byte by byte in place of `body`; its content type is in `headers`. */
  readonly text?: string
  /**
   * True when the request changes something. It then uses a connection of its own: a kept
   * connection may already be dead, and a write to it leaves the outcome unknown.
   */
  readonly isOrder?: boolean
}

/** Where requests go, and their bounds. */
export interface Line {
  /** Pool that keeps connections alive, for queries. */
  readonly agent: Agent
  /** Pool that opens each connection anew, for orders. */
  readonly orderAgent: Agent
  /** Address of the server without a trailing slash. */
  readonly url: string
  /** Longest wait for a ready connection, ms. */
  readonly connectTimeoutMs: number
  /** Longest wait for the complete answer, ms. */
  readonly timeoutMs: number
  /** Longest answer that is read, bytes. */
  readonly answerBytes: number
}

/** The answer, whatever its status. */
export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The whole body of a 200; of any other status as much as arrived quickly. */
  readonly text: string
}

/** The shortest connect time per address that Node accepts, ms. */
const SHORTEST_ATTEMPT_MS = 10

/** How many characters of an error body are read for the message, and for how long, ms. */
const EXCERPT = { bytes: 2048, ms: 200 }

/**
 * Sends one request once and reads its answer.
 *
 * Not `fetch`: `fetch` sends a request a second time when it is answered with 421, and it does not
 * report whether a failed request had left. Here no byte is written before the line that marks the
 * request as sent, and nothing is resent or redirected.
 *
 * @throws NotSent before the first byte was written; OutcomeUnknown from then on.
 */
export async function exchange(
  line: Line,
  { ask, token = '' }: { ask: Ask; token?: string },
  signal: AbortSignal,
): Promise<RawAnswer> {
  // The query string carries the signature, so only the path appears in messages.
  const what = `${ask.method} ${ask.headers === undefined ? ask.path : ask.path.split('?')[0]}`
  if (signal.aborted) throw new NotSent(`${what} was given up before it was sent`)
  let isSent = false
  const body = ask.text ?? (ask.body === undefined ? '' : JSON.stringify(ask.body))
  const ending = new Ending()
  try {
    const request = open(line, { ask, token, bytes: Buffer.byteLength(body) })
    const failed = failureOf(request)
    ending.on(signal, () => request.destroy(new Error('given up')))
    ending.after(line.timeoutMs, () => request.destroy(timedOut('answer', line.timeoutMs)))
    const connecting = ending.after(line.connectTimeoutMs, () =>
      request.destroy(timedOut('connection', line.connectTimeoutMs)),
    )
    await Promise.race([connected(request), failed])
    clearTimeout(connecting)
    if (request.destroyed) await failed
    isSent = true // From here on bytes may leave.
    request.end(body)
    const [response] = (await Promise.race([once(request, 'response'), failed])) as [
      IncomingMessage,
    ]
    return await answerOf(response, line.answerBytes)
  } catch (cause) {
    const message = `${what}: ${reasonOf(cause)}`
    throw isSent ? new OutcomeUnknown(message, { cause }) : new NotSent(message, { cause })
  } finally {
    ending.clear()
  }
}

/** Starts to connect; no byte is written before `end` is called. */
function open(
  { url, agent, orderAgent, connectTimeoutMs }: Line,
  { ask, token, bytes }: { ask: Ask; token: string; bytes: number },
): ClientRequest {
  const send = url.startsWith('https:') ? tlsRequest : plainRequest
  const headers = {
    accept: 'application/json',
    'accept-encoding': 'identity',
    'cache-control': 'no-cache',
    ...(ask.method === 'POST' && { 'content-type': 'application/json', 'content-length': bytes }),
    ...(ask.headers ?? { authorization: `Bearer ${token}`, ...ask.more }),
  }
  return send(`${url}${ask.path}`, {
    method: ask.method,
    headers,
    agent: ask.isOrder === true ? orderAgent : agent,
    // Otherwise Node gives each address of a name but the last only a quarter of a second. It takes whole numbers only.
    autoSelectFamilyAttemptTimeout: Math.max(SHORTEST_ATTEMPT_MS, Math.ceil(connectTimeoutMs / 2)),
  } as RequestOptions)
}

/** A promise that rejects when the request fails; its rejection is always handled. */
function failureOf(request: ClientRequest): Promise<never> {
  const failed = new Promise<never>((_, reject) => {
    request.on('error', reject)
    request.on('close', () => reject(new Error('the connection ended')))
  })
  failed.catch(() => undefined)
  return failed
}

/** Sockets that have been ready once; the pool hands them from one request to the next. */
const ready = new WeakSet<Socket>()

/** Resolves when the connection is ready: over TLS after the server's certificate was verified. */
async function connected(request: ClientRequest): Promise<void> {
  if (request.socket === null) await once(request, 'socket')
  const { socket } = request
  if (socket === null || ready.has(socket)) return
  if ('encrypted' in socket) await once(socket, 'secureConnect')
  else if (socket.connecting) await once(socket, 'connect')
  ready.add(socket)
}

async function answerOf(response: IncomingMessage, bytes: number): Promise<RawAnswer> {
  const { statusCode: status = 0, headers } = response
  if (status === 200) return { status, headers, text: await whole(response, bytes) }
  return { status, headers, text: await excerpt(response) }
}

async function whole(response: IncomingMessage, most: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    // Leaving the loop destroys the connection.
    if (bytes > most) throw new Error(`the answer is longer than ${most} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/**
 * Reads the body of an error answer for the message. The status alone decides the outcome, so a
 * body that cannot be read is not a failure.
 */
async function excerpt(response: IncomingMessage): Promise<string> {
  const timer = setTimeout(() => response.destroy(), EXCERPT.ms)
  let text = ''
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      text += chunk.toString()
      if (text.length > EXCERPT.bytes) break
    }
  } catch {
    // The status was read, and only the status decides.
  }
  clearTimeout(timer)
  return text.slice(0, EXCERPT.bytes)
}

/** Releases the timers and listeners of a call when it ends. */
class Ending {
  private readonly undo: (() => void)[] = []

  on(signal: AbortSignal, act: () => void): void {
    // One signal may serve many calls at once; each call removes its own listener.
    setMaxListeners(0, signal)
    signal.addEventListener('abort', act, { once: true })
    this.undo.push(() => signal.removeEventListener('abort', act))
  }

  after(ms: number, act: () => void): NodeJS.Timeout {
    const timer = setTimeout(act, ms)
    this.undo.push(() => clearTimeout(timer))
    return timer
  }

  clear(): void {
    for (const undo of this.undo) undo()
  }
}

const timedOut = (what: string, ms: number): Error => new Error(`no ${what} within ${ms} ms`)

/**
 * When several addresses all refuse, Node throws an AggregateError without a message: build one.
 */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return cause.message === ''
    ? ((cause as NodeJS.ErrnoException).code ?? cause.name)
    : cause.message
}
