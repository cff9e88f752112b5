import { PassThrough } from 'node:stream'
import { expect } from 'chai'
import {
  logger,
  logOptions,
  type LogEntry,
  type Logger,
  type LoggerOptions,
} from '../../src/observability/logger.ts'

describe('logger', () => {
  let stream: PassThrough
  let mono: number

  beforeEach(() => {
    stream = new PassThrough()
    mono = 0
  })

  const make = (given: object = {}, but: Partial<LoggerOptions> = {}): Promise<Logger> =>
    logger({
      ...logOptions.parse({ format: 'json', ...given }),
      stream,
      secrets: [],
      monotonic: () => mono,
      text: ({ kind, detail }) => `${kind} ${JSON.stringify(detail)}`,
      ...but,
    })

  const anEntry = (but: Partial<LogEntry> = {}): LogEntry => ({
    level: 'info',
    component: 'exits',
    kind: 'exit-filled',
    at: 0,
    detail: { positionId: 'p1' },
    ...but,
  })

  async function linesOf(log: Logger): Promise<string[]> {
    await log.close()
    const text = String(stream.read() ?? '')
    return text.split('\n').slice(0, -1)
  }

  it('writes one JSON object a line, with everything that explains it', async () => {
    const log = await make()
    log.log(anEntry({ detail: { positionId: 'p1', price: 95.5, reason: 'stop-loss' } }))
    expect((await linesOf(log)).map(line => JSON.parse(line) as unknown)).to.deep.equal([
      {
        ts: '1970-01-01T00:00:00.000Z',
        level: 'info',
        component: 'exits',
        kind: 'exit-filled',
        positionId: 'p1',
        price: 95.5,
        reason: 'stop-loss',
      },
    ])
  })

  it('lets no detail replace level, time, component or kind', async () => {
    const log = await make()
    log.log(anEntry({ detail: { level: 95.5, ts: 1, kind: 'x', component: 'y', price: 95 } }))
    const [line] = await linesOf(log)
    expect(JSON.parse(line!)).to.deep.equal({
      ts: '1970-01-01T00:00:00.000Z',
      level: 'info',
      component: 'exits',
      kind: 'exit-filled',
      price: 95,
      detail: { level: 95.5, ts: 1, kind: 'x', component: 'y' },
    })
  })

  it('omits what is below the present level of its component', async () => {
    const log = await make({ levels: { supervision: 'warn' } })
    log.log(anEntry({ component: 'supervision', kind: 'a' }))
    log.log(anEntry({ level: 'debug', kind: 'b' }))
    log.setLevel('exits', 'debug')
    log.setLevel('supervision', 'error')
    log.log(anEntry({ level: 'debug', kind: 'c' }))
    log.log(anEntry({ level: 'warn', component: 'supervision', kind: 'd' }))
    expect((await linesOf(log)).map(line => (JSON.parse(line) as LogEntry).kind)).to.deep.equal([
      'c',
    ])
  })

  it('never shows a secret, in any field and any encoding', async () => {
    const secrets = ['hunter2hunter2', 'quo"ted-secret']
    for (const format of ['json', 'text']) {
      const log = await make({ format }, { secrets })
      log.log(
        anEntry({
          kind: 'failed',
          detail: { url: 'https://x/bothunter2hunter2/send', deep: [{ key: 'quo"ted-secret' }] },
        }),
      )
      const [line] = await linesOf(log)
      expect(line).to.include('[redacted]')
      expect(line).not.to.match(/hunter2|quo/)
      stream = new PassThrough()
    }
  })

  it('lets a bounded number of a kind through, and reports later how many it omitted', async () => {
    const log = await make({ maxPerSecond: 2 })
    for (let i = 0; i < 5; i++) log.log(anEntry({ kind: 'flood' }))
    log.log(anEntry({ kind: 'other' }))
    mono = 1_000
    log.log(anEntry({ kind: 'flood' }))
    const lines = (await linesOf(log)).map(line => JSON.parse(line) as Record<string, unknown>)
    expect(lines.map(({ kind, leftOut }) => [kind, leftOut])).to.deep.equal([
      ['flood', undefined],
      ['flood', undefined],
      ['other', undefined],
      ['flood', 3],
    ])
  })
})
