import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One call of a method of the Bot API. */
export interface BotCall {
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
}

/** What becomes of the next call of a method in place of its answer; `hang`: none ever comes. */
export type Mishap = 'hang' | { readonly status: number; readonly body: object }

/** A Bot API over HTTP: updates wait until a later offset confirms them, as the reference has it ("getUpdates"). */
export class FakeTelegram {
  readonly calls: BotCall[] = []
  /** The session as persons see it, a line each. */
  readonly transcript: string[] = []
  private readonly server: Server
  private readonly token: string
  private readonly updates: { readonly update_id: number }[] = []
  private readonly mishaps = new Map<string, Mishap[]>()
  private waiting: (() => void)[] = []
  private lastId = 100

  private constructor(token: string) {
    this.token = token
    this.server = createServer((request, response) => {
      let text = ''
      request.on('data', chunk => (text += String(chunk)))
      request.on('end', () => {
        const [, given, method] = /^\/bot([^/]+)\/(\w+)$/.exec(request.url!) ?? []
        const params = JSON.parse(text === '' ? '{}' : text) as BotCall['params']
        if (given !== this.token) answer(response, 401, { ok: false, description: 'Unauthorized' })
        else this.take({ method: method!, params }, response)
      })
    })
  }

  static async start(token = '1:fake-token'): Promise<FakeTelegram> {
    const fake = new FakeTelegram(token)
    await new Promise<void>(resolve => fake.server.listen(0, '127.0.0.1', resolve))
    return fake
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise(resolve => this.server.close(resolve))
  }

  /** Lets the next calls of a method fail, one each. */
  fail(method: string, ...mishaps: readonly Mishap[]): void {
    this.mishaps.set(method, [...(this.mishaps.get(method) ?? []), ...mishaps])
  }

  /** A person writes; gives the number of the update. */
  write(text: string, from: Readonly<Record<string, unknown>> = {}): number {
    const { user = 42, chat = 42, ...but } = from
    this.transcript.push(`> ${text}`)
    return this.push({
      message: {
        message_id: 1,
        from: { id: user, is_bot: false },
        chat: { id: chat, type: Number(chat) < 0 ? 'group' : 'private' },
        date: Math.floor(Date.now() / 1_000),
        text,
        ...but,
      },
    })
  }

  /** A person presses a button below a message. */
  press(data: string, { user = 42, chat = 42 } = {}): number {
    this.transcript.push(`> [${data}]`)
    return this.push({
      callback_query: {
        id: 'q1',
        from: { id: user, is_bot: false },
        message: { message_id: 2, chat: { id: chat, type: 'private' } },
        data,
      },
    })
  }

  push(update: object): number {
    const id = ++this.lastId
    this.updates.push({ update_id: id, ...update })
    for (const wake of this.waiting.splice(0)) wake()
    return id
  }

  /** Texts that the bot has sent. */
  get sent(): readonly string[] {
    return this.calls.flatMap(({ method, params }) =>
      method === 'sendMessage' ? [String(params['text'])] : [],
    )
  }

  /** Whether an update was confirmed by a later offset. */
  isConfirmed(id: number): boolean {
    return !this.updates.some(({ update_id: each }) => each === id)
  }

  private take(call: BotCall, response: ServerResponse): void {
    this.calls.push(call)
    const mishap = this.mishaps.get(call.method)?.shift()
    if (mishap === 'hang') return
    if (mishap !== undefined) return answer(response, mishap.status, mishap.body)
    switch (call.method) {
      case 'getUpdates':
        return this.giveUpdates(call, response)
      case 'getMe':
        return answer(response, 200, { ok: true, result: { id: 1, username: 'desk_bot' } })
      case 'sendMessage':
        this.transcript.push(
          ...String(call.params['text'])
            .split('\n')
            .map(line => `< ${line}`),
        )
        return answer(response, 200, { ok: true, result: { message_id: 3 } })
      default:
        answer(response, 200, { ok: true, result: true })
    }
  }

  private giveUpdates({ params }: BotCall, response: ServerResponse): void {
    const offset = Number(params['offset'] ?? -Infinity)
    while (this.updates[0] !== undefined && this.updates[0].update_id < offset) this.updates.shift()
    const give = (): void => {
      if (!response.destroyed)
        answer(response, 200, { ok: true, result: this.updates.slice(0, 20) })
    }
    if (this.updates.length > 0) return give()
    const timer = setTimeout(give, Number(params['timeout']) * 1_000)
    response.on('close', () => clearTimeout(timer))
    this.waiting.push(() => {
      clearTimeout(timer)
      give()
    })
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
