import { InputError, WatchkeeperError, type Fault } from '../errors.ts'
import { type Health, healthShape, type Shape } from './answers.ts'
import { failureOf, ServiceRefusal, stranger } from './client-errors.ts'
import { dataLines, Silence } from './event-stream.ts'

/** Where the service is, and who asks. */
export interface ClientOptions {
  /** Without user, password, query or fragment: errors name it. */
  readonly url: string
  /** Bearer token, where the service wants one. */
  readonly token: string | undefined
  /** Longest wait for an answer, ms; default 10,000. */
  readonly timeoutMs?: number
  /** Longest silence of a stream, ms; default 60,000: the service says something every 15 s. */
  readonly silenceMs?: number
}

const LONGEST_ANSWER = 64 * 2 ** 20

/**
 * Asks a running service. Throws WatchkeeperError: NOBODY_ANSWERS (nothing listens there), NO_ANSWER,
 * TOO_SLOW, NOT_WATCHKEEPER; ServiceRefusal with the service's own code; InputError with its faults.
 */
export class ServiceClient {
  readonly url: string
  private readonly options: Required<ClientOptions>

  constructor(options: ClientOptions) {
    this.options = { timeoutMs: 10_000, silenceMs: 60_000, ...options }
    this.url = options.url.replace(/\/+$/, '')
  }

  get<Answer>(path: string, shape: Shape<Answer>): Promise<Answer> {
    return this.ask('GET', path, { shape })
  }

  change<Answer>(
    method: 'POST' | 'PATCH',
    path: string,
    { shape, body = {} }: { readonly shape: Shape<Answer>; readonly body?: unknown },
  ): Promise<Answer> {
    return this.ask(method, path, { shape, body })
  }

  /** Takes something away; there is nothing to read in the answer. */
  async remove(path: string): Promise<void> {
    const response = await this.send('DELETE', path, { body: {} })
    await this.assertGood(response)
    await response.body?.cancel()
  }

  /** The body of `/health`, also where it says that the service fails. */
  async health(): Promise<Health> {
    const response = await this.send('GET', '/health')
    if (response.status !== 503) await this.assertGood(response)
    return this.shaped(await this.json(response), healthShape)
  }

  /**
   * Opens a stream of server-sent events; connected when the promise resolves. Gives the text of each
   * `data` line until the stream ends; throws where it breaks off or says nothing for too long.
   */
  async events(path: string): Promise<AsyncGenerator<string>> {
    const { silenceMs, timeoutMs } = this.options
    const silence = new Silence(timeoutMs)
    const response = await this.send('GET', path, { signal: silence.signal })
    await this.assertGood(response)
    const type = response.headers.get('content-type') ?? 'nothing'
    if (!type.startsWith('text/event-stream') || response.body === null) {
      await response.body?.cancel()
      throw stranger(this.url, `it streams ${type}`)
    }
    silence.heard(silenceMs)
    return this.dataOf(response.body as AsyncIterable<Uint8Array>, silence)
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

  private async ask<Answer>(
    method: string,
    path: string,
    { shape, body }: { readonly shape: Shape<Answer>; readonly body?: unknown },
  ): Promise<Answer> {
    const response = await this.send(method, path, { body })
    await this.assertGood(response)
    return this.shaped(await this.json(response), shape)
  }

  private shaped<Answer>(value: unknown, shape: Shape<Answer>): Answer {
    const odd = shape(value)
    if (odd === undefined) return value as Answer
    throw stranger(this.url, `its answer is not what was asked for (${odd})`)
  }

  private async send(
    method: string,
    path: string,
    { body, signal }: { body?: unknown; signal?: AbortSignal } = {},
  ): Promise<Response> {
    const { token, timeoutMs } = this.options
    try {
      return await fetch(`${this.url}${path}`, {
        method,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(method !== 'GET' && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: signal ?? AbortSignal.timeout(timeoutMs),
        redirect: 'manual',
      })
    } catch (cause) {
      throw failureOf(cause, { url: this.url, waitMs: timeoutMs })
    }
  }

  private async assertGood(response: Response): Promise<void> {
    if (response.ok) return
    const body = (await this.json(response)) as {
      code?: unknown
      detail?: unknown
      faults?: unknown
    } | null
    if (typeof body?.code !== 'string') throw stranger(this.url, `it answers ${response.status}`)
    if (isFaults(body.faults)) throw new InputError(this.url, body.faults)
    throw new ServiceRefusal(body.code, typeof body.detail === 'string' ? body.detail : body.code)
  }

  private async json(response: Response): Promise<unknown> {
    const type = response.headers.get('content-type') ?? 'nothing'
    if (!type.includes('json')) {
      await response.body?.cancel()
      throw stranger(this.url, `it answers ${response.status} with ${type}`)
    }
    const text = await bounded(response).catch((cause: unknown) => {
      throw failureOf(cause, { url: this.url, waitMs: this.options.timeoutMs })
    })
    try {
      return JSON.parse(text) as unknown
    } catch {
      throw stranger(this.url, 'its answer is no JSON')
    }
  }
}

const isFaults = (value: unknown): value is Fault[] =>
  Array.isArray(value) &&
  value.every(each => {
    const { path, found, expected } = Object(each) as Partial<Record<string, unknown>>
    return [path, found, expected].every(text => typeof text === 'string')
  })

async function bounded(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    if (text.length > LONGEST_ANSWER) {
      throw new WatchkeeperError(
        'ANSWER_TOO_LONG',
        `the answer is longer than ${LONGEST_ANSWER} characters`,
      )
    }
  }
  return text
}
