import { startOf } from '../observability/notify/delivery.ts'
import { readSecret } from '../observability/notify/secret.ts'
import { timeLimit } from '../observability/time-limit.ts'
import type { FreqtradeApiOptions } from './options.ts'

/** How a call ended. `refused`: freqtrade has answered, and did not do it. */
export type ApiResult<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'away'; readonly why: string }

const TIMEOUT_MS = 10_000
/** Most of an answer that is read, bytes: a trade with its orders. */
const MOST_BYTES = 1_000_000

/**
 * Calls the REST API of freqtrade with HTTP basic authentication; never throws, never shows the password.
 *
 * https://www.freqtrade.io/en/stable/rest-api
 */
export class FreqtradeApi {
  private readonly options: FreqtradeApiOptions

  constructor(options: FreqtradeApiOptions) {
    this.options = options
  }

  /** Has a trade read anew from the orders of the exchange: an exit that freqtrade did not send closes it. */
  async reload(tradeId: string, stopped: AbortSignal): Promise<ApiResult<undefined>> {
    const path = `/api/v1/trades/${encodeURIComponent(tradeId)}/reload`
    const result = await this.call('POST', path, stopped)
    return result.kind === 'ok' ? { kind: 'ok', value: undefined } : result
  }

  /** Whether freqtrade keeps stops of its own on the exchange: `stoploss_on_exchange` of its configuration. */
  async keepsStops(stopped: AbortSignal): Promise<ApiResult<boolean>> {
    const result = await this.call('GET', '/api/v1/show_config', stopped)
    if (result.kind !== 'ok') return result
    const { stoploss_on_exchange: value } = Object(result.value) as Record<string, unknown>
    if (typeof value === 'boolean') return { kind: 'ok', value }
    return { kind: 'refused', why: 'its configuration has no stoploss_on_exchange' }
  }

  private async call(
    method: string,
    path: string,
    stopped: AbortSignal,
  ): Promise<ApiResult<unknown>> {
    const { url, user, passwordFile: file } = this.options
    const { signal, clear } = timeLimit(TIMEOUT_MS, stopped)
    try {
      const password = readSecret({ value: undefined, file, what: 'password' })
      const basic = Buffer.from(`${user}:${password}`).toString('base64')
      const response = await fetch(url.replace(/\/+$/, '') + path, {
        method,
        headers: { authorization: `Basic ${basic}` },
        signal,
        redirect: 'error',
      })
      return resultOf(response.status, await startOf(response, MOST_BYTES))
    } catch (error) {
      return { kind: 'away', why: whyOf(error) }
    } finally {
      clear()
    }
  }
}

function resultOf(status: number, text: string): ApiResult<unknown> {
  if (status === 401) return { kind: 'away', why: 'it refuses the user or the password' }
  if (status !== 200) return { kind: 'refused', why: `it answered ${status}` }
  try {
    return { kind: 'ok', value: JSON.parse(text) }
  } catch {
    return { kind: 'refused', why: 'its answer is no JSON' }
  }
}

/** The error of a connection could show the address; that of a secret names its file. */
function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it could not be reached'
  if (error.name === 'TimeoutError') return 'it did not answer in time'
  return error.message.includes('password') ? error.message : 'it could not be reached'
}
