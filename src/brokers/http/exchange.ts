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

/** One request. `path` is encoded and stands below the server's address. */
export interface Ask {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  /** Sent as JSON. */
  readonly body?: unknown
  /** Headers in place of the bearer token, such as those that sign a request of a venue. */
  readonly headers?: Readonly<Record<string, string>>
  /** Sent byte by byte, in place of `body`; its type stands in `headers`. */
  readonly text?: string
  /**
   * Changes something, and so travels over a connection of its own: one that was kept may be dead
   * already, and what is written to it may have arrived or not.
   */
  readonly isOrder?: boolean
}

/** Where requests go, and their bounds. */
export interface Line {
  /** Keeps connections, for questions. */
  readonly agent: Agent
  /** Makes each connection anew, for orders. */
  readonly orderAgent: Agent
  /** Address of the server without a slash at its end. */
  readonly url: string
  /** A connection that is not ready by then is given up, ms. */
  readonly connectTimeoutMs: number
  /** A call without its whole answer by then is given up, ms. */
  readonly timeoutMs: number
  /** Longest answer that is read, bytes. */
  readonly answerBytes: number
}

/** What came back, whatever it says. */
export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The whole body of a 200; of any other status what came at once of it. */
  readonly text: string
}

/** Node takes no shorter time for one address, ms. */
const SHORTEST_ATTEMPT_MS = 10

/** How much of an answer that is an error is read for its message, and for how long. */
const EXCERPT = { bytes: 2048, ms: 200 }

/**
 * Sends one request once and reads its answer. Throws `NotSent` as long as no byte of it was written,
 * `OutcomeUnknown` from then on.
 *
 * This is not `fetch`, which sends a request a second time when it is answered with 421, and which
 * does not tell whether a request that failed had left. Here nothing is written before the line
 * that says so, and nothing is sent again or redirected.
 */
export async function exchange(
  line: Line,
  { ask, token = '' }: { ask: Ask; token?: string },
  signal: AbortSignal,
): Promise<RawAnswer> {
  // What signs a request stands behind the question mark, and is for the venue alone.
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

/** Starts to connect; nothing is written before `end` is called. */
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
    ...(ask.headers ?? { authorization: `Bearer ${token}` }),
  }
  return send(`${url}${ask.path}`, {
    method: ask.method,
    headers,
    agent: ask.isOrder === true ? orderAgent : agent,
    // Else a name of several addresses has a quarter of a second for each but the last.
    autoSelectFamilyAttemptTimeout: Math.max(SHORTEST_ATTEMPT_MS, connectTimeoutMs / 2),
  } as RequestOptions)
}

/** Rejects when the request fails; its failure is never unheard. */
function failureOf(request: ClientRequest): Promise<never> {
  const failed = new Promise<never>((_, reject) => {
    request.on('error', reject)
    request.on('close', () => reject(new Error('the connection ended')))
  })
  failed.catch(() => undefined)
  return failed
}

/** Connections that have been ready once; they are handed from one request to the next. */
const ready = new WeakSet<Socket>()

/** Resolves when the connection is ready: over TLS after the server has proved who it is. */
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
    // Leaving the loop ends the connection.
    if (bytes > most) throw new Error(`the answer is longer than ${most} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** What an error says of itself; it is proved by its status, so that a body that fails is no failure. */
async function excerpt(response: IncomingMessage): Promise<string> {
  const timer = setTimeout(() => response.destroy(), EXCERPT.ms)
  let text = ''
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      text += chunk.toString()
      if (text.length > EXCERPT.bytes) break
    }
  } catch {
    // The status has been read, and is all that counts.
  }
  clearTimeout(timer)
  return text.slice(0, EXCERPT.bytes)
}

/** Everything that has to be let go of when a call is over. */
class Ending {
  private readonly undo: (() => void)[] = []

  on(signal: AbortSignal, act: () => void): void {
    // A signal may stand for many calls at once, each of which lets go of it.
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

/** Several addresses that all refuse give an error without a message. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return cause.message === ''
    ? ((cause as NodeJS.ErrnoException).code ?? cause.name)
    : cause.message
}
