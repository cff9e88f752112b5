import type { AlertRequest } from './channel.ts'

/** How a request ended: `gone` will not do better later. */
export type Delivered = 'done' | 'gone' | 'later'

const TIMEOUT_MS = 10_000

/** Sends one request. An address that refuses it for good (4xx but 408 and 429) is not asked again. */
export async function deliver(
  { url, headers, body }: AlertRequest,
  stopped: AbortSignal,
): Promise<Delivered> {
  try {
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(TIMEOUT_MS)])
    const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' })
    // What the other side says is not needed; not reading it would keep the connection.
    await response.body?.cancel()
    if (response.ok) return 'done'
    const isFinal = response.status >= 400 && response.status < 500
    return isFinal && response.status !== 408 && response.status !== 429 ? 'gone' : 'later'
  } catch {
    return 'later'
  }
}
