import { getEventListeners } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import type { Delivered } from '../../../src/observability/notify/delivery.ts'
import { Heartbeat } from '../../../src/observability/notify/heartbeat.ts'
import {
  Notifier,
  type NotifierKept,
  type NotifierOptions,
  type NotifierPast,
} from '../../../src/observability/notify/notifier.ts'
import { channelOptions, channelsOf } from '../../../src/observability/notify/registry.ts'
import type {
  HealthCheck,
  HealthSnapshot,
  HealthStatus,
} from '../../../src/ports/control/health.ts'
import { until } from '../../support/until.ts'

const EPOCH = 1_700_000_000_000

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
  let retryAfter: string | undefined
  let kept: NotifierKept | undefined
  let mono: number
  let notifier: Notifier | undefined

  beforeEach(async () => {
    received = []
    answers = []
    failures = []
    retryAfter = undefined
    kept = undefined
    mono = 0
    server = createServer((request, response) => {
      let text = ''
      request.on('data', chunk => (text += String(chunk)))
      request.on('end', () => {
        const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
        received.push({ url: request.url!, body })
        const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
        response.writeHead(answers.shift() ?? 200, headers).end('fine')
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

  function start(given: object | object[], but: Partial<NotifierOptions> = {}): Notifier {
    notifier = new Notifier({
      channels: channelsOf([given].flat().map(each => channelOptions.parse(each))),
      service: 'desk-1',
      settleMs: 1_000,
      maxSettleMs: 60_000,
      maxPerHour: 5,
      monotonic: () => mono,
      onFailure: (channel, why) => failures.push(`${channel}: ${why}`),
      onRecovery: channel => failures.push(`${channel} is back`),
      keep: state => {
        kept = JSON.parse(JSON.stringify(state)) as NotifierKept
        return Promise.resolve()
      },
      ...but,
    })
    return notifier
  }

  /** The state that the next process finds. */
  const past = (but: Partial<NotifierPast> = {}): NotifierPast => ({
    ...kept!,
    hasCrashed: false,
    isLoop: false,
    ...but,
  })

  /** One cycle with that health. */
  async function cycle(status: HealthStatus): Promise<void> {
    const output = status === 'pass' ? [] : [`positions:unguarded: p<1>`]
    notifier!.observe({ status, at: EPOCH + mono, output, checks: {} })
    await notifier!.idle()
  }

  /** Cycles of a second with that health. */
  async function report(status: HealthStatus, lastsMs = 1_000): Promise<void> {
    const end = mono + lastsMs
    await cycle(status)
    while (mono < end) {
      mono = Math.min(end, mono + 1_000)
      await cycle(status)
    }
  }

  const statuses = (): unknown[] => received.map(({ body }) => body['status'])
  const actions = (): unknown[] => received.map(({ body }) => body['event_action'])

  const hook = (but: object = {}): object => ({ kind: 'webhook', url: `${base}/hook`, ...but })

  it('sends each change that lasts, once', async () => {
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
      at: '2023-11-14T22:13:22.000Z',
      reasons: ['positions:unguarded: p<1>'],
    })
  })

  it('sends a channel the health of its accounts alone, under their names', async () => {
    const both = [hook(), hook({ url: `${base}/bolt`, accounts: ['bolt'] })]
    const health = (status: HealthStatus, output: string[]): HealthSnapshot => {
      return { status, at: EPOCH + mono, output, checks: {} }
    }
    let ofBolt: HealthStatus = 'pass'
    const seconds = async (count: number): Promise<void> => {
      for (let second = 0; second < count; second++) {
        mono += 1_000
        notifier!.observe(health('fail', ['positions:unguarded: acme: p1']), accounts => {
          expect([...accounts]).to.deep.equal(['bolt'])
          return health(ofBolt, ofBolt === 'pass' ? [] : ['gateway:breakers: orders'])
        })
        await notifier!.idle()
      }
    }
    start(both)
    await seconds(5)
    expect(received.map(({ url }) => url)).to.deep.equal(['/hook'])
    ofBolt = 'warn'
    await seconds(3)
    expect(received.at(-1)).to.deep.include({ url: '/bolt' })
    expect(received.at(-1)!.body).to.deep.include({
      service: 'desk-1 (bolt)',
      status: 'warn',
      reasons: ['gateway:breakers: orders'],
    })
    // The next process goes on with what lasts.
    await notifier!.stop()
    start(both, { past: past() })
    await seconds(5)
    expect(received).to.have.length(2)
  })

  it('sends nothing about a status that does not last', async () => {
    start(hook())
    await report('fail', 900)
    await report('pass')
    expect(received).to.deep.equal([])
  })

  it('keeps trying an unreachable channel, and sends it the last state when it is back', async () => {
    start(hook())
    answers = Array.from({ length: 30 }, () => 503)
    await report('fail', 600_000)
    expect(received.length).to.be.within(6, 9)
    expect(failures).to.have.length(1)
    expect(failures[0]).to.match(/^webhook 127\.0\.0\.1:\d+: it answered 503$/)
    expect(notifier!.troubles.map(({ what }) => what)).to.deep.equal(failures)
    expect([notifier!.waiting, notifier!.counts.failed > 0]).to.deep.equal([1, true])
    answers = []
    received = []
    await report('warn', 600_000)
    expect(received.map(({ body }) => [body['before'], body['status']])).to.deep.equal([
      ['fail', 'warn'],
    ])
    expect([notifier!.waiting, notifier!.troubles]).to.deep.equal([0, []])
    expect(failures.at(-1)).to.match(/is back$/)
  })

  it('reports a fail that has ended before the channel is back', async () => {
    start(hook())
    answers = Array.from({ length: 4 }, () => 500)
    await report('fail', 10_000)
    await report('pass', 300_000)
    expect(received.at(-1)?.body).to.deep.include({
      before: 'fail',
      status: 'pass',
      reasons: ['positions:unguarded: p<1>'],
    })
    expect(statuses().filter(each => each === 'pass').length).to.be.greaterThan(0)
    const { length } = received
    await report('pass', 60_000)
    expect(received).to.have.length(length)
  })

  it('sends again what was refused once', async () => {
    start(hook())
    answers = [404]
    await report('fail', 5_000)
    expect([statuses(), notifier!.counts]).to.deep.equal([
      ['fail', 'fail'],
      { delivered: 1, failed: 1, leftOut: 0 },
    ])
    const host = new URL(base).host
    expect(failures).to.deep.equal([
      `webhook ${host}: it refuses messages (404)`,
      `webhook ${host} is back`,
    ])
  })

  it('waits for as long as the channel requests', async () => {
    start(hook())
    answers = [429]
    retryAfter = '120'
    await report('fail', 120_000)
    expect(received).to.have.length(1)
    await report('fail', 2_000)
    expect(received).to.have.length(2)
  })

  it('waits at most an hour for a channel that requests more', async () => {
    start(hook())
    answers = [429]
    retryAfter = '99999999'
    await report('fail', 3_602_000)
    expect(received).to.have.length(2)
  })

  it('sends the last state once an hour with too many changes allows it', async () => {
    start(hook(), { maxPerHour: 2 })
    for (const status of ['warn', 'fail', 'warn'] as const) await report(status)
    expect(statuses()).to.deep.equal(['warn', 'fail'])
    await report('warn', 3_600_000)
    expect([statuses().slice(2), received.at(-1)?.body['before']]).to.deep.equal([['warn'], 'fail'])
  })

  it('delays no fail for an hour, however many messages there were', async () => {
    start(hook(), { maxPerHour: 4 })
    for (const status of ['warn', 'pass', 'warn', 'warn', 'pass', 'pass'] as const) {
      await report(status)
    }
    const before = received.length
    expect(before).to.equal(4)
    await report('fail', 3_600_000 / 4 + 1_000)
    expect(statuses().slice(before)).to.deep.equal(['fail'])
  })

  it('sends one message for a check that flaps', async () => {
    start(hook(), { maxPerHour: 100 })
    for (let turn = 0; turn < 200; turn++) {
      await report('fail', 3_000)
      await report('pass', 3_000)
    }
    expect(received.length).to.be.lessThan(14)
    const { length } = received
    for (let turn = 0; turn < 200; turn++) {
      await report('fail', 3_000)
      await report('pass', 3_000)
    }
    expect([received.length, statuses().at(-1)]).to.deep.equal([length, 'fail'])
    await report('pass', 61_000)
    expect(statuses().at(-1)).to.equal('pass')
  })

  it('misses no check that comes and goes faster than a status must last', async () => {
    start(hook())
    for (let turn = 0; turn < 20; turn++) {
      await report('fail', 600)
      await report('pass', 600)
    }
    expect(statuses()).to.deep.equal(['fail'])
  })

  it('sends through many channels at once without a warning of Node, and leaves nothing behind', async () => {
    const warnings: string[] = []
    const onWarning = ({ message }: Error): number => warnings.push(message)
    process.on('warning', onWarning)
    let signal: AbortSignal | undefined
    try {
      const many = Array.from({ length: 20 }, (_, index) => ({ ...hook(), name: `hook-${index}` }))
      start(many, {
        send: (_, stopped) => {
          signal = stopped
          return Promise.resolve({ kind: 'taken' })
        },
        keep: () => new Promise(resolve => setImmediate(resolve)),
      })
      await report('fail')
      await new Promise(resolve => setImmediate(resolve))
    } finally {
      process.off('warning', onWarning)
    }
    expect(notifier!.counts.delivered).to.equal(20)
    expect(warnings).to.deep.equal([])
    expect(getEventListeners(signal!, 'abort')).to.deep.equal([])
  })

  it('reports an unreachable channel to the others, and never to itself', async () => {
    start([hook({ url: `${base}/first`, from: 'warn' }), hook({ url: 'http://127.0.0.1:1/' })])
    await report('fail', 300_000)
    await report('pass', 300_000)
    const last = received.at(-1)!.body
    expect([last['status'], last['reasons']]).to.deep.equal([
      'warn',
      ['notify:undelivered: webhook 127.0.0.1:1'],
    ])
    // The health check about it is not sent by itself.
    notifier!.observe({
      status: 'warn',
      at: EPOCH,
      output: ['notify:undelivered: 1: x'],
      checks: { 'notify:undelivered': [{ status: 'warn' } as HealthCheck] },
    })
    expect(notifier!.waiting).to.equal(1)
  })

  describe('over a restart', () => {
    const PAGER = { kind: 'pagerduty', routingKey: 'key' }
    const pager = (): object => ({ ...PAGER, url: `${base}/enqueue` })

    async function restart(but: Partial<NotifierPast> = {}): Promise<void> {
      await notifier!.stop()
      start(pager(), { past: past(but) })
      received = []
    }

    it('resolves the incident of the previous process', async () => {
      start(pager())
      await report('fail')
      await restart()
      await report('pass', 2_000)
      expect(actions()).to.deep.equal(['resolve'])
      await restart()
      await report('pass', 10_000)
      expect(actions()).to.deep.equal([])
    })

    it('opens no second incident for what is still failing', async () => {
      start(pager())
      await report('fail')
      await restart()
      await report('fail', 60_000)
      expect(actions()).to.deep.equal([])
    })

    it('resolves an incident that may be open: the message was in flight at the end', async () => {
      let answer: ((result: Delivered) => void) | undefined
      start(pager(), { send: () => new Promise(resolve => (answer = resolve)) })
      notifier!.observe({ status: 'fail', at: EPOCH, output: [], checks: {} })
      mono += 1_000
      notifier!.observe({ status: 'fail', at: EPOCH, output: [], checks: {} })
      await until(() => answer !== undefined)
      const atTheKill = past()
      answer!({ kind: 'unanswered', why: '', retryAfterMs: 0 })
      await notifier!.stop()
      start(pager(), { past: atTheKill })
      await report('pass', 3_000)
      expect(actions()).to.deep.equal(['resolve'])
    })

    it('keeps one incident open through a crash loop', async () => {
      start(pager())
      await report('fail')
      for (let turn = 0; turn < 5; turn++) {
        await restart({ hasCrashed: true })
        await report('pass', 20_000)
        await report('fail', 3_000)
        expect(actions()).to.deep.equal([])
      }
      await restart({ hasCrashed: true })
      await report('pass', 61_000)
      expect(actions()).to.deep.equal(['resolve'])
    })

    it('sends the fail of a crash loop in its first cycle: there may be no second one', async () => {
      start(pager())
      await report('pass', 2_000)
      await restart({ hasCrashed: true, isLoop: true })
      await cycle('fail')
      expect(actions()).to.deep.equal(['trigger'])
    })

    it('names the channel that kept a state which can no longer be sent', async () => {
      start(pager())
      await report('fail')
      start({ ...PAGER, routingKey: 'other', url: `${base}/enqueue` }, { past: past() })
      expect(failures).to.deep.equal([
        'pagerduty: it is not configured any more, and the last state that it accepted is fail',
      ])
    })
  })

  it('sends a channel only changes that are severe enough for it, and their end', async () => {
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

  it('writes to Slack without turning names into markup', async () => {
    start({ kind: 'slack', url: `${base}/services/x` })
    await report('fail')
    expect(received[0]?.body['text']).to.equal(
      ':red_circle: *desk-1 reports fail, 2023-11-14T22:13:21.000Z*\npositions:unguarded: p&lt;1&gt;',
    )
  })

  it('has the time of its news in the zone of the people that read it', async () => {
    start({ kind: 'slack', url: `${base}/services/x` }, { timezone: 'Asia/Kolkata' })
    await report('fail')
    expect(received[0]?.body['text']).to.match(/^.*reports fail, 2023-11-15T03:43:21.000\+05:30\*/)
  })

  it('writes to Telegram as a bot', async () => {
    start({ kind: 'telegram', token: 't0', chatId: -5, url: base })
    await report('warn')
    expect(received[0]).to.deep.equal({
      url: '/bott0/sendMessage',
      body: {
        chat_id: -5,
        text: '🟡 <b>desk-1 reports warn, 2023-11-14T22:13:21.000Z</b>\npositions:unguarded: p&lt;1&gt;',
        parse_mode: 'HTML',
        link_preview_options: { is_disabled: true },
      },
    })
  })

  it('sends heartbeats while health is not fail, at its interval, and reports once that they fail', async () => {
    const heartbeat = new Heartbeat({
      url: `${base}/beat`,
      everyMs: 100,
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
