import { onOneLine } from '../../domain/plain-text.ts'
import { timeLimit } from '../time-limit.ts'

/** One HTTP request. */
export interface HttpRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Something to send: over HTTP, or as the channel itself does it; that never throws. */
export type Outgoing = HttpRequest | { send(stopped: AbortSignal): Promise<Delivered> }

/**
 * How a request ended. `retryAfterMs`: how long the other side asks for no further one. `answer`: what it
 * said, for a person who tests the channel; it may show what the channel was sent.
 */
export type Delivered =
  | { readonly kind: 'taken'; readonly answer?: string }
  | {
      readonly kind: 'refused'
      readonly status: number
      readonly retryAfterMs: number
      readonly answer?: string
    }
  | {
      readonly kind: 'unanswered'
      readonly why: string
      readonly retryAfterMs: number
      /** The other side may have taken it all the same. */
      readonly mayHaveArrived?: boolean
      readonly answer?: string
    }

export const TIMEOUT_MS = 10_000
/** Longest wait that a channel can impose, ms. */
export const LONGEST_WAIT_MS = 3_600_000
/** Most of an answer that is read, bytes, and shown, characters. */
const MOST_BYTES = 16_384
const MOST_SHOWN = 200

/** A request with a JSON body. */
export const jsonRequest = (
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpRequest => ({
  url,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

/** Sends one request; a 4xx, but 408 and 429, is a refusal. Never throws. */
export async function deliver(outgoing: Outgoing, stopped: AbortSignal): Promise<Delivered> {
  if ('send' in outgoing) return outgoing.send(stopped)
  const { url, headers, body } = outgoing
  const { signal, clear } = timeLimit(TIMEOUT_MS, stopped)
  try {
    const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' })
    const text = await startOf(response)
    const { status } = response
    const said = onOneLine(text.trim()).slice(0, MOST_SHOWN)
    const answer = said === '' ? String(status) : `${status} ${said}`
    if (response.ok) return { kind: 'taken', answer }
    const retryAfterMs = Math.max(waitOf(response.headers), waitIn(text))
    const isFinal = status >= 400 && status < 500 && status !== 408 && status !== 429
    return isFinal
      ? { kind: 'refused', status, retryAfterMs, answer }
      : {
          kind: 'unanswered',
          why: `it answered ${status}`,
          retryAfterMs,
          mayHaveArrived: status >= 500 || status === 408,
          answer,
        }
  } catch (error) {
    // The cause could contain the address, which is a secret.
    const isLate = error instanceof Error && error.name === 'TimeoutError'
    const why = isLate ? 'it did not answer in time' : 'it could not be reached'
    return { kind: 'unanswered', why, retryAfterMs: 0, mayHaveArrived: isLate || wasReached(error) }
  } finally {
    clear()
  }
}

/** Errors before a connection: nothing can have arrived. */
const BEFORE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

function wasReached(error: unknown): boolean {
  const { cause } = Object(error) as { cause?: { code?: unknown } }
  return !BEFORE.has(String(cause?.code))
}

/** The first bytes of an answer; reading no more of a long one ends its connection. */
export async function startOf(response: Response, mostBytes = MOST_BYTES): Promise<string> {
  const reader = response.body?.getReader()
  if (reader === undefined) return ''
  const parts: Uint8Array[] = []
  let bytes = 0
  while (bytes < mostBytes) {
    const { value } = (await reader.read()) as { value?: Uint8Array }
    if (value === undefined) return Buffer.concat(parts).toString('utf8')
    parts.push(value)
    bytes += value.length
  }
  await reader.cancel()
  return Buffer.concat(parts).subarray(0, mostBytes).toString('utf8')
}

/** `retry-after`, in seconds or as a date that is compared with the server's own; 0 without one. */
function waitOf(headers: Headers): number {
  const text = headers.get('retry-after')?.trim() ?? ''
  const waitMs = /^\d{1,15}(\.\d+)?$/.test(text)
    ? Number(text) * 1_000
    : Date.parse(text) - Date.parse(headers.get('date') ?? '')
  return bounded(waitMs)
}

/** The wait in a JSON body, s: `retry_after` of Discord, `parameters.retry_after` of Telegram; 0 without one. */
export function waitIn(text: string): number {
  try {
    const body = Object(JSON.parse(text)) as Record<string, unknown>
    const given = body['retry_after'] ?? Object(body['parameters'])['retry_after']
    return typeof given === 'number' ? bounded(given * 1_000) : 0
  } catch {
    return 0
  }
}

const bounded = (waitMs: number): number =>
  Number.isNaN(waitMs) ? 0 : Math.min(Math.max(0, Math.ceil(waitMs)), LONGEST_WAIT_MS)
