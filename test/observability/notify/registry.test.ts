import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Message } from '../../../src/observability/notify/channel.ts'
import { deliver, type HttpRequest } from '../../../src/observability/notify/delivery.ts'
import { notifySchema } from '../../../src/observability/notify/options.ts'
import {
  channelOf,
  channelOptions,
  channelsOf,
} from '../../../src/observability/notify/registry.ts'

const ITEM = {
  seq: 7,
  at: 0,
  event: 'exits',
  tone: 'good',
  title: 'Exited <p1> & *p2*',
  text: 'long 1 ACME',
  line: { seq: 7, at: 0, kind: 'exit-filled' },
} as const
const MESSAGE: Message = {
  id: 'desk-1-7-7-0',
  service: 'desk-1',
  items: [ITEM],
  leftOut: undefined,
  mayRepeat: false,
}

describe('channelsOf', () => {
  it('gives a channel of any kind the accounts that it is about', () => {
    const url = 'https://hook.example/x'
    const kinds: object[] = [
      { kind: 'webhook', url },
      { kind: 'slack', url },
      { kind: 'discord', url },
      { kind: 'pagerduty', routingKey: 'key' },
      { kind: 'telegram', token: 'token', chatId: 1 },
      { kind: 'email', host: 'h', sender: 'a@example.com', to: ['b@example.com'], tls: 'none' },
      { kind: 'plugin', name: 'own' },
    ]
    const parse = (accounts?: string[]) =>
      kinds.map(each => channelOptions.parse({ ...each, ...(accounts && { accounts }) }))
    const own = () => () => ({}) as never
    for (const { name, accounts } of channelsOf(parse(['acme']), own)) {
      expect([...(accounts ?? [])], name).to.deep.equal(['acme'])
    }
    expect(channelsOf(parse(), own).some(channel => 'accounts' in channel)).to.equal(false)
  })
})

describe('channelOf', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-channels-'))
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  const secret = (text: string, mode = 0o600): string => {
    const path = join(folder, 'secret')
    rmSync(path, { force: true })
    writeFileSync(path, `${text}\n`, { mode })
    return path
  }

  const request = (options: object): HttpRequest =>
    channelOf(channelOptions.parse(options)).message(MESSAGE) as HttpRequest

  const textIn = ({ body }: HttpRequest, name: string): unknown =>
    (JSON.parse(body) as Record<string, unknown>)[name]

  it('writes a message in the markup of each channel, without making markup of names', () => {
    const url = 'https://hook.example/x'
    expect(textIn(request({ kind: 'slack', url }), 'text')).to.equal(
      '🟢 *Exited &lt;p1&gt; &amp; *p2**\nlong 1 ACME',
    )
    expect(textIn(request({ kind: 'discord', url }), 'content')).to.equal(
      '🟢 **Exited \\<p1\\> & \\*p2\\***\nlong 1 ACME',
    )
    const telegram = { kind: 'telegram', token: 't', chatId: 1, url }
    expect(textIn(request(telegram), 'text')).to.equal(
      '🟢 <b>Exited &lt;p1&gt; &amp; *p2*</b>\nlong 1 ACME',
    )
  })

  it('opens an incident of its own at PagerDuty for each message', () => {
    const { body } = request({ kind: 'pagerduty', routingKey: 'k', events: ['exits'] })
    expect(JSON.parse(body)).to.deep.include({ event_action: 'trigger', dedup_key: MESSAGE.id })
  })

  it('reads secrets from files of mode 0600, for each request anew (urlFile, routingKeyFile, tokenFile)', () => {
    const urlFile = secret('https://hook.example/first')
    const slack = channelOf(channelOptions.parse({ kind: 'slack', urlFile }))
    expect((slack.message(MESSAGE) as HttpRequest).url).to.equal('https://hook.example/first')
    secret('https://hook.example/second')
    expect((slack.message(MESSAGE) as HttpRequest).url).to.equal('https://hook.example/second')
    secret('https://hook.example/open', 0o640)
    expect(() => slack.message(MESSAGE)).to.throw('others can read the url file (mode 0640)')
    const routingKeyFile = secret('the-key')
    expect(textIn(request({ kind: 'pagerduty', routingKeyFile }), 'routing_key')).to.equal(
      'the-key',
    )
    const tokenFile = secret('1:token')
    expect(request({ kind: 'telegram', tokenFile, chatId: 1 }).url).to.equal(
      'https://api.telegram.org/bot1:token/sendMessage',
    )
  })

  it('keeps two channels of one kind apart by a number, or by the name that they have', () => {
    const hook = { kind: 'slack', url: 'https://hook.example/x' }
    const all = [hook, hook, { ...hook, name: 'desk' }].map(each => channelOptions.parse(each))
    expect(channelsOf(all).map(({ name }) => name)).to.deep.equal(['slack', 'slack 2', 'desk'])
  })

  it('sends exits and health unless `events` and `from` say otherwise', () => {
    const sent = (options: object): unknown => {
      const { events, from } = channelOf(channelOptions.parse(options))
      return [[...events], from]
    }
    const mail = { kind: 'email', host: 'mail.example', sender: 'a@b.example', to: ['c@d.example'] }
    expect(sent({ kind: 'discord', url: 'https://hook.example/x' })).to.deep.equal([
      ['exits', 'health'],
      'warn',
    ])
    expect(sent({ ...mail, events: ['summary'], from: 'fail' })).to.deep.equal([
      ['summary'],
      'fail',
    ])
    expect(sent({ kind: 'pagerduty', routingKey: 'k' })).to.deep.equal([['health'], 'fail'])
  })

  it('is refused without its secret: a password where a user is, or the chats of a bot', () => {
    const faults = (channel: object): readonly string[] =>
      notifySchema
        .safeParse({ channels: [channel] })
        .error!.issues.map(({ path }) => path.slice(2).join('.'))
    const mail = { kind: 'email', host: 'mail.example', sender: 'a@b.example', to: ['c@d.example'] }
    expect(faults({ kind: 'slack' })).to.deep.equal(['urlFile'])
    expect(faults({ ...mail, user: 'desk' })).to.deep.equal(['passwordFile'])
    const bot = { kind: 'telegram', token: 't', chatId: '@desk', users: [7] }
    expect(faults(bot)).to.deep.equal(['chats'])
  })
})

describe('deliver', () => {
  let server: Server
  let port: number
  let status: number
  let headers: Record<string, string>
  let body: string

  beforeEach(async () => {
    headers = {}
    body = ''
    server = createServer((_request, response) => response.writeHead(status, headers).end(body))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
  })

  afterEach(async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })

  const send = () =>
    deliver(
      {
        url: `http://127.0.0.1:${port}/`,
        headers: {},
        body: '{}',
      },
      new AbortController().signal,
    )

  it('reads how long to wait from the header, and from the bodies of Discord and Telegram', async () => {
    status = 429
    headers = { 'retry-after': '2' }
    expect(await send()).to.include({ kind: 'unanswered', retryAfterMs: 2_000 })
    headers = {}
    body = JSON.stringify({ retry_after: 0.75, global: false })
    expect(await send()).to.include({ retryAfterMs: 750 })
    body = JSON.stringify({ ok: false, parameters: { retry_after: 7 } })
    expect(await send()).to.include({ retryAfterMs: 7_000, mayHaveArrived: false })
    body = JSON.stringify({ retry_after: 1e9 })
    expect(await send()).to.include({ retryAfterMs: 3_600_000 })
  })

  it('counts a failure of the server as one that may have arrived, and a closed port as none', async () => {
    status = 502
    expect(await send()).to.include({ kind: 'unanswered', mayHaveArrived: true })
    await new Promise(resolve => server.close(resolve))
    expect(await send()).to.include({ kind: 'unanswered', mayHaveArrived: false })
  })

  it('reads no more of an endless answer than it shows', async () => {
    status = 200
    body = 'x'.repeat(5_000_000)
    const result = await send()
    expect(result.kind).to.equal('taken')
    expect(result.answer!.length).to.be.at.most(210)
  })
})
