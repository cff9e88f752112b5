import { InputError, WatchkeeperError, type Fault } from '../errors.ts'

/** Where the service is, and who asks. */
export interface ClientOptions {
  readonly url: string
  /** Bearer token, where the service wants one. */
  readonly token: string | undefined
  /** Longest wait for an answer, ms; default 10,000. */
  readonly timeoutMs?: number
}

/** An answer that the service gave with an error status. */
export class ServiceRefusal extends WatchkeeperError {}

const LONGEST_ANSWER = 64 * 2 ** 20

/**
 * Asks a running service. Throws WatchkeeperError: NOBODY_ANSWERS, TOO_SLOW, NOT_WATCHKEEPER;
 * ServiceRefusal with the service's own code; InputError with its faults.
 */
export class ServiceClient {
  readonly url: string
  private readonly options: ClientOptions

  constructor(options: ClientOptions) {
    this.options = options
    this.url = options.url.replace(/\/+$/, '')
  }

  get<Answer>(path: string): Promise<Answer> {
    return this.ask('GET', path) as Promise<Answer>
  }

  change<Answer>(
    method: 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body: unknown = {},
  ): Promise<Answer> {
    return this.ask(method, path, body) as Promise<Answer>
  }

  /** The body of `/health`, whatever its status. */
  async health<Answer>(): Promise<Answer> {
    const response = await this.send('GET', '/health')
    return (await this.json(response)) as Answer
  }

  /** A stream of server-sent events: the text of each `data` line, until it breaks off. */
  async *events(path: string, signal?: AbortSignal): AsyncGenerator<string> {
    const response = await this.send('GET', path, { ...(signal && { signal }), isStream: true })
    await this.assertGood(response)
    const decoder = new TextDecoder()
    let rest = ''
    for await (const chunk of response.body ?? []) {
      const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n')
      rest = lines.pop()!
      for (const line of lines) if (line.startsWith('data: ')) yield line.slice('data: '.length)
    }
  }

  private async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await this.send(method, path, { body })
    await this.assertGood(response)
    return response.status === 204 ? undefined : this.json(response)
  }

  private async send(
    method: string,
    path: string,
    { body, signal, isStream }: { body?: unknown; signal?: AbortSignal; isStream?: boolean } = {},
  ): Promise<Response> {
    const { token, timeoutMs = 10_000 } = this.options
    const timeout = isStream === true ? [] : [AbortSignal.timeout(timeoutMs)]
    try {
      return await fetch(`${this.url}${path}`, {
        method,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(method !== 'GET' && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.any([...timeout, ...(signal === undefined ? [] : [signal])]),
        redirect: 'error',
      })
    } catch (cause) {
      if (cause instanceof DOMException && cause.name === 'TimeoutError') {
        const text = `${this.url} did not answer within ${timeoutMs / 1_000} s`
        throw new WatchkeeperError('TOO_SLOW', text, { cause })
      }
      const { cause: inner } = cause as { cause?: { code?: string; message?: string } }
      const why = inner?.code ?? inner?.message ?? String(cause)
      throw new WatchkeeperError('NOBODY_ANSWERS', `no service at ${this.url} (${why})`, { cause })
    }
  }

  private async assertGood(response: Response): Promise<void> {
    if (response.ok) return
    const body = (await this.json(response)) as {
      code?: unknown
      detail?: unknown
      faults?: unknown
    }
    if (typeof body.code !== 'string') throw this.stranger(`it answers ${response.status}`)
    if (Array.isArray(body.faults)) throw new InputError(this.url, body.faults as Fault[])
    throw new ServiceRefusal(body.code, typeof body.detail === 'string' ? body.detail : body.code)
  }

  private async json(response: Response): Promise<unknown> {
    const type = response.headers.get('content-type') ?? 'nothing'
    if (!type.includes('json')) {
      await response.body?.cancel()
      throw this.stranger(`it answers ${response.status} with ${type}`)
    }
    try {
      return JSON.parse(await bounded(response)) as unknown
    } catch (cause) {
      if (cause instanceof WatchkeeperError) throw cause
      throw this.stranger('its answer broke off, or is no JSON')
    }
  }

  private stranger(why: string): WatchkeeperError {
    return new WatchkeeperError('NOT_WATCHKEEPER', `${this.url} is no watchkeeper: ${why}`)
  }
}

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
