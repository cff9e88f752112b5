import { onOneLine } from '../domain/plain-text.ts'
import { LONGEST_WAIT_MS, startOf, waitIn } from '../observability/notify/delivery.ts'
import { methodUrl } from '../observability/notify/telegram.ts'
import { timeLimit } from '../observability/time-limit.ts'

/** How a call of the Bot API ended. */
export type ApiResult =
  | { readonly kind: 'ok'; readonly result: unknown }
  /** Another process asks for the updates of this bot, or a webhook is set (409). */
  | { readonly kind: 'conflict'; readonly why: string }
  /** Too many calls (429): none is taken for so long, ms. */
  | { readonly kind: 'wait'; readonly retryAfterMs: number }
  | { readonly kind: 'failed'; readonly why: string }

export interface BotApiOptions {
  readonly url: string
  /** @throws Error that shows nothing of it. */
  token(): string
}

/** Most of an answer that is read, bytes: 20 updates of some 10 KB each. */
const MOST_BYTES = 1_000_000
const DEFAULT_WAIT_MS = 5_000

/** Calls methods of the Bot API over HTTP; never throws, never shows the token. */
export class BotApi {
  private readonly options: BotApiOptions

  constructor(options: BotApiOptions) {
    this.options = options
  }

  async call(
    method: string,
    params: object,
    { timeoutMs, stopped }: { readonly timeoutMs: number; readonly stopped: AbortSignal },
  ): Promise<ApiResult> {
    let address: string
    try {
      address = methodUrl(this.options.url, this.options.token(), method)
    } catch (error) {
      return { kind: 'failed', why: (error as Error).message }
    }
    const { signal, clear } = timeLimit(timeoutMs, stopped)
    try {
      const response = await fetch(address, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(params),
        signal,
        redirect: 'error',
      })
      return resultOf(response.status, await startOf(response, MOST_BYTES))
    } catch (error) {
      // The cause could show the address, and with it the token.
      const isLate = error instanceof Error && error.name === 'TimeoutError'
      const why = isLate ? 'it did not answer in time' : 'it could not be reached'
      return { kind: 'failed', why }
    } finally {
      clear()
    }
  }
}

function resultOf(status: number, text: string): ApiResult {
  const body = bodyOf(text)
  if (status === 200 && body['ok'] === true) return { kind: 'ok', result: body['result'] }
  if (status === 429) {
    const retryAfterMs = Math.min(waitIn(text) || DEFAULT_WAIT_MS, LONGEST_WAIT_MS)
    return { kind: 'wait', retryAfterMs }
  }
  const said = body['description']
  const why = typeof said === 'string' ? onOneLine(said).slice(0, 150) : `it answered ${status}`
  return { kind: status === 409 ? 'conflict' : 'failed', why }
}

function bodyOf(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>
  } catch {
    return {}
  }
}
