import type { z } from 'zod'
import { InputError } from '../errors.ts'
import type { Answer } from '../ports/control/answer.ts'
import { healthReport, type HealthReport } from '../ports/control/health.ts'
import { assertGood, jsonOf } from './answer-body.ts'
import { failureOf, stranger, type Asked } from './errors.ts'
import { dataLines, Silence } from './event-stream.ts'

/** Address of the service, credentials and timeouts. */
export interface ClientOptions {
  /** Without user, password, query or fragment: errors name it. */
  readonly url: string
  /** Bearer token, where the service requires one. */
  readonly token?: string | undefined
  /** Longest wait for an answer, ms; default 10,000. */
  readonly timeoutMs?: number
  /**
   * Longest silence of a stream, ms; default 60,000: the service sends at least a comment every 15
   * s.
   */
  readonly silenceMs?: number
  /**
   * The account that requests concern where the service guards several; `all` for the kill switch
   * of every account.
   */
  readonly account?: string | undefined
}

/** What a change sends beside its path. */
export interface ChangeOptions<Schema extends z.ZodType> {
  /** Schema of the answer. */
  readonly shape: Schema
  readonly body?: unknown
  /** Of a POST, 1 to 200 printable characters: the service carries out one request per key. */
  readonly key?: string
}

/**
 * Requests to a running service: any path, the answer checked by its schema. `WatchkeeperClient` has a method
 * for each.
 *
 * @throws InputError for a URL that is not one of http or https; WatchkeeperError NO_SERVICE (no program listens there), NO_ANSWER, TOO_SLOW,
 * NOT_WATCHKEEPER; ServiceRefusal with the service's own code; InputError with its faults.
 *
 * @example
 * ```ts
 * import { startWatchkeeper } from 'watchkeeper'
 * import { ServiceClient } from 'watchkeeper/client'
 *
 * const service = await startWatchkeeper({
 *   config: { dataFolder: `/tmp/guard-${process.pid}`, http: { port: 0 } },
 * })
 * const client = new ServiceClient({ url: service.url })
 * const { status } = await client.health()
 * status // => 'pass'
 * await service.stop()
 * ```
 */
export class ServiceClient {
  readonly url: string
  private readonly options: ClientOptions & {
    readonly timeoutMs: number
    readonly silenceMs: number
  }

  constructor(options: ClientOptions) {
    this.options = { timeoutMs: 10_000, silenceMs: 60_000, ...options }
    this.url = usableUrl(options.url)
  }

  /** Reads an answer; `shape` is its schema in `ports/`. A newer service may send more fields. */
  get<Schema extends z.ZodType>(path: string, shape: Schema): Promise<Answer<Schema>> {
    return this.ask('GET', path, { shape })
  }

  change<Schema extends z.ZodType>(
    method: 'POST' | 'PATCH',
    path: string,
    { shape, body = {}, key }: ChangeOptions<Schema>,
  ): Promise<Answer<Schema>> {
    return this.ask(method, path, { shape, body, ...(key !== undefined && { key }) })
  }

  /** Sends a DELETE request and ignores the body of the answer. */
  async remove(path: string): Promise<void> {
    const response = await this.send('DELETE', path, { body: {} })
    await this.assertGood(response)
    await response.body?.cancel()
  }

  /** The body of `/health`, also where its status is an error. */
  async health(): Promise<HealthReport> {
    const response = await this.send('GET', '/health')
    if (response.status !== 503) await this.assertGood(response)
    return this.shaped(await this.json(response), healthReport)
  }

  /**
   * Opens a stream of server-sent events; connected when the promise resolves. Yields the text of
   * each `data` line until the stream ends; throws where it breaks off or is silent for too long.
   * `signal` closes the stream.
   */
  async stream(path: string, signal?: AbortSignal): Promise<AsyncGenerator<string>> {
    const { silenceMs, timeoutMs } = this.options
    const silence = new Silence(timeoutMs)
    try {
      const body = await this.openStream(path, eitherOf(silence.signal, signal))
      silence.heard(silenceMs)
      return this.dataOf(body, silence)
    } catch (error) {
      // A pending timer would keep the process from ending.
      silence.end()
      throw error
    }
  }

  /** The text of a long answer in chunks; throws where it breaks off or stalls. */
  async download(path: string): Promise<AsyncGenerator<Uint8Array>> {
    const { silenceMs } = this.options
    const silence = new Silence(silenceMs)
    try {
      const response = await this.send('POST', path, { body: {}, signal: silence.signal })
      await this.assertGood(response)
      return this.piecesOf(response.body as AsyncIterable<Uint8Array>, silence)
    } catch (error) {
      silence.end()
      throw error
    }
  }

  private async *piecesOf(
    body: AsyncIterable<Uint8Array>,
    silence: Silence,
  ): AsyncGenerator<Uint8Array> {
    const { silenceMs } = this.options
    try {
      for await (const piece of body) {
        silence.heard(silenceMs)
        yield piece
      }
    } catch (cause) {
      throw failureOf(cause, { url: this.url, waitMs: silenceMs })
    } finally {
      silence.end()
    }
  }

  private async openStream(path: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.send('GET', path, { signal })
    await this.assertGood(response)
    const type = response.headers.get('content-type') ?? 'nothing'
    if (type.startsWith('text/event-stream') && response.body !== null) {
      return response.body as AsyncIterable<Uint8Array>
    }
    await response.body?.cancel()
    throw stranger(this.url, `it streams ${type}`)
  }

  private async *dataOf(body: AsyncIterable<Uint8Array>, silence: Silence): AsyncGenerator<string> {
    const { silenceMs } = this.options
    try {
      yield* dataLines(body, {
        heard: () => silence.heard(silenceMs),
        tooLong: () => stranger(this.url, 'a line of its stream does not end'),
      })
    } catch (cause) {
      throw failureOf(cause, { url: this.url, waitMs: silenceMs })
    } finally {
      silence.end()
    }
  }

  private async ask<Schema extends z.ZodType>(
    method: string,
    path: string,
    { shape, ...sent }: { readonly shape: Schema; readonly body?: unknown; readonly key?: string },
  ): Promise<Answer<Schema>> {
    const response = await this.send(method, path, sent)
    await this.assertGood(response)
    return this.shaped(await this.json(response), shape)
  }

  private shaped<Schema extends z.ZodType>(value: unknown, shape: Schema): Answer<Schema> {
    const issue = shape.safeParse(value).error?.issues[0]
    if (issue === undefined) return value as Answer<Schema>
    const path = issue.path.join('.') || 'as a whole'
    throw stranger(this.url, `its answer is not what was asked for (${path})`)
  }

  private async send(
    method: string,
    path: string,
    { body, key, signal }: { body?: unknown; key?: string; signal?: AbortSignal } = {},
  ): Promise<Response> {
    const { account, token, timeoutMs } = this.options
    try {
      return await fetch(`${this.url}${pathIn(account, path)}`, {
        method,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(method !== 'GET' && { 'content-type': 'application/json' }),
          ...(key !== undefined && { 'idempotency-key': key }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: signal ?? AbortSignal.timeout(timeoutMs),
        redirect: 'manual',
      })
    } catch (cause) {
      throw failureOf(cause, this.asked)
    }
  }

  private assertGood(response: Response): Promise<void> {
    return assertGood(response, this.asked)
  }

  private json(response: Response): Promise<unknown> {
    return jsonOf(response, this.asked)
  }

  /** What errors about an answer need. */
  private get asked(): Asked {
    return { url: this.url, waitMs: this.options.timeoutMs }
  }
}

/** Refused before a request: an error of fetch could not say that nothing was sent. */
function usableUrl(given: string): string {
  const isShown = !/[@?#]/.test(given)
  if (isShown && /^https?:\/\//.test(given) && URL.canParse(given)) return given.replace(/\/+$/, '')
  const found = isShown ? JSON.stringify(given) : 'one with @, ? or # (not shown)'
  const expected = 'a URL such as http://127.0.0.1:8080'
  throw new InputError('the client', [{ path: 'url', found, expected }])
}

const eitherOf = (one: AbortSignal, other: AbortSignal | undefined): AbortSignal =>
  other === undefined ? one : AbortSignal.any([one, other])

/** What a service keeps for each account: `/api/accounts/<name>/` has these paths. */
const OF_ACCOUNT =
  /^\/api\/(?=(?:positions|exits|kill-switch|journal|events|portfolio|supervision|gateway|holdings)(?:[/?]|$))/

/** The path of a request that concerns one account. */
function pathIn(account: string | undefined, path: string): string {
  if (account === undefined) return path
  const name = encodeURIComponent(account)
  if (path === '/health') return `${path}?account=${name}`
  return path.replace(OF_ACCOUNT, `/api/accounts/${name}/`)
}
