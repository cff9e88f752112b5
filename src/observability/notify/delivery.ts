import { timeLimit } from '../time-limit.ts'
import type { AlertRequest } from './channel.ts'

/** How a request ended; `retryAfterMs`: how long the receiver asks to wait. */
export type Delivered =
  | { readonly kind: 'taken' }
  | { readonly kind: 'refused'; readonly status: number; readonly retryAfterMs: number }
  | { readonly kind: 'unanswered'; readonly why: string; readonly retryAfterMs: number }

const TIMEOUT_MS = 10_000
/** Longest wait that a channel can impose, ms. */
const LONGEST_WAIT_MS = 3_600_000

/** Sends one request; a 4xx other than 408 and 429 is a refusal. Never throws. */
export async function deliver(
  { url, headers, body }: AlertRequest,
  stopped: AbortSignal,
): Promise<Delivered> {
  const { signal, clear } = timeLimit(TIMEOUT_MS, stopped)
  try {
    const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' })
    // The answer's body is not needed, but an unread body would keep the connection.
    await response.body?.cancel()
    if (response.ok) return { kind: 'taken' }
    const { status } = response
    const retryAfterMs = waitOf(response.headers)
    const isFinal = status >= 400 && status < 500 && status !== 408 && status !== 429
    return isFinal
      ? { kind: 'refused', status, retryAfterMs }
      : { kind: 'unanswered', why: `it answered ${status}`, retryAfterMs }
  } catch (error) {
    // The cause could contain the address, which is a secret.
    const isLate = error instanceof Error && error.name === 'TimeoutError'
    const why = isLate ? 'it did not answer in time' : 'it could not be reached'
    return { kind: 'unanswered', why, retryAfterMs: 0 }
  } finally {
    clear()
  }
}

/** `retry-after`, in seconds or as a date that is compared with the server's own; 0 without one. */
function waitOf(headers: Headers): number {
  const text = headers.get('retry-after')?.trim() ?? ''
  const waitMs = /^\d{1,15}$/.test(text)
    ? Number(text) * 1_000
    : Date.parse(text) - Date.parse(headers.get('date') ?? '')
  return Number.isNaN(waitMs) ? 0 : Math.min(Math.max(0, waitMs), LONGEST_WAIT_MS)
}
