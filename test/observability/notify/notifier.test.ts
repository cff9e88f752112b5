import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { Heartbeat } from '../../../src/observability/notify/heartbeat.ts'
import { Notifier, type NotifierOptions } from '../../../src/observability/notify/notifier.ts'
import { channelOf, channelOptions } from '../../../src/observability/notify/registry.ts'
import type { HealthSnapshot, HealthStatus } from '../../../src/ports/control.ts'

interface Received {
  readonly url: string
  readonly body: Record<string, unknown>
}

describe('Notifier', () => {
  let server: Server
  let base: string
  let received: Received[]
  let answers: number[]
  let failures: string[]
  let waits: number[]
  let mono: number
  let notifier: Notifier | undefined

  beforeEach(async () => {
    received = []
    answers = []
    failures = []
    waits = []
    mono = 0
    server = createServer((request, response) => {
      let text = ''
      request.on('data', chunk => (text += String(chunk)))
      request.on('end', () => {
        const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
        received.push({ url: request.url!, body })
        response.writeHead(answers.shift() ?? 200).end('fine')
      })
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })

  afterEach(async () => {
    await notifier?.stop()
    notifier = undefined
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })

  function start(given: object, but: Partial<NotifierOptions> = {}): Notifier {
    notifier = new Notifier({
      channels: [channelOf(channelOptions.parse(given))],
      service: 'desk-1',
      ...{ settleMs: 1_000, maxPerHour: 5 },
      monotonic: () => mono,
      onFailure: (channel, why) => failures.push(`${channel}: ${why}`),
      pause: ms => {
        waits.push(ms)
        return Promise.resolve()
      },
      ...but,
    })
    return notifier
  }

  async function report(status: HealthStatus, lastsMs = 1_000): Promise<void> {
    const output = status === 'pass' ? [] : [`positions:unguarded: p<1>`]
    const snapshot: HealthSnapshot = { status, at: 1_700_000_000_000, output, checks: {} }
    notifier!.observe(snapshot)
    mono += lastsMs
    notifier!.observe(snapshot)
    await notifier!.idle()
  }

  const hook = (but: object = {}): object => ({ kind: 'webhook', url: `${base}/hook`, ...but })

  it('tells each change that lasts, once', async () => {
    start(hook())
    await report('pass')
    await report('fail')
    await report('fail')
    await report('pass')
    expect(received.map(({ body }) => [body['before'], body['status']])).to.deep.equal([
      ['pass', 'fail'],
      ['fail', 'pass'],
    ])
    expect(received[0]?.body).to.deep.include({
      service: 'desk-1',
      at: '2023-11-14T22:13:20.000Z',
      reasons: ['positions:unguarded: p<1>'],
    })
  })

  it('says nothing of a status that does not last', async () => {
    start(hook())
    await report('fail', 900)
    await report('pass')
    expect(received).to.deep.equal([])
  })

  it('tries again when nobody takes it, waits longer each time, and gives up in the end', async () => {
    start(hook())
    answers = [500, 429, 503]
    await report('fail')
    expect([received.length, waits, failures]).to.deep.equal([4, [1_000, 4_000, 16_000], []])
    answers = [500, 500, 500, 500, 500]
    await report('pass')
    expect([received.length, failures.length]).to.deep.equal([9, 1])
    expect(failures[0]).to.match(/^webhook 127\.0\.0\.1:\d+: nobody took it in 5 tries$/)
  })

  it('does not ask again where it was refused for good', async () => {
    start(hook())
    answers = [404]
    await report('fail')
    expect([received.length, failures.length]).to.deep.equal([1, 1])
  })

  it('sends a bounded number an hour, and says later how many it left out', async () => {
    start(hook(), { maxPerHour: 2 })
    for (const status of ['fail', 'warn', 'fail', 'pass'] as const) await report(status)
    expect(received).to.have.length(2)
    mono += 3_600_000
    await report('fail')
    expect(received.at(-1)?.body['leftOut']).to.equal(2)
  })

  it('tells a channel only what is bad enough for it, and that it is over', async () => {
    start(hook({ from: 'fail' }))
    for (const status of ['warn', 'pass', 'warn', 'fail', 'warn', 'pass'] as const) {
      await report(status)
    }
    expect(received.map(({ body }) => body['status'])).to.deep.equal(['fail', 'warn'])
  })

  it('opens one incident at PagerDuty, and resolves it', async () => {
    start({ kind: 'pagerduty', routingKey: 'key', url: `${base}/enqueue` })
    await report('fail')
    await report('pass')
    expect(
      received.map(({ body }) => [body['event_action'], body['dedup_key'], body['routing_key']]),
    ).to.deep.equal([
      ['trigger', 'watchkeeper-desk-1', 'key'],
      ['resolve', 'watchkeeper-desk-1', 'key'],
    ])
    expect(received[0]?.body['payload']).to.include({ severity: 'critical', source: 'desk-1' })
  })

  it('writes to Slack without making markup of names', async () => {
    start({ kind: 'slack', url: `${base}/services/x` })
    await report('fail')
    expect(received[0]?.body['text']).to.equal(
      ':red_circle: *desk-1 reports fail*\npositions:unguarded: p&lt;1&gt;',
    )
  })

  it('writes to Telegram as a bot', async () => {
    start({ kind: 'telegram', token: 't0', chatId: -5, url: base })
    await report('warn')
    expect(received[0]).to.deep.equal({
      url: '/bott0/sendMessage',
      body: { chat_id: -5, text: '🟡 desk-1 reports warn\npositions:unguarded: p<1>' },
    })
  })

  it('beats while health is not fail, at its pace, and tells once that nobody hears', async () => {
    const heartbeat = new Heartbeat({
      ...{ url: `${base}/beat`, everyMs: 100 },
      monotonic: () => mono,
      onFailure: why => failures.push(why),
    })
    const beat = async (status: HealthStatus, at: number): Promise<void> => {
      mono = at
      heartbeat.observe(status)
      await heartbeat.idle()
    }
    await beat('pass', 0)
    await beat('warn', 99)
    await beat('fail', 100)
    expect(received).to.have.length(1)
    answers = [500, 500]
    await beat('warn', 200)
    await beat('pass', 300)
    await beat('pass', 400)
    expect([received.length, failures]).to.deep.equal([4, ['it answered 500']])
  })
})
