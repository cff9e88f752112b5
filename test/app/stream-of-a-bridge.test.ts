import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { startWatchkeeper, type RunningWatchkeeper } from '../../src/app/embed.ts'
import type { JournalLine } from '../../src/ports/journal-lines.ts'
import { serveBroker, type BrokerServer } from '../support/broker-server/server.ts'
import { until } from '../support/until.ts'

/** The whole service at a bridge that pushes what changes; it asks for all holdings each ten minutes only. */
describe('a service at a bridge with a stream', () => {
  let folder: string
  let server: BrokerServer
  let running: RunningWatchkeeper

  const start = async (): Promise<void> => {
    running = await startWatchkeeper({
      env: {},
      config: {
        dataFolder: join(folder, 'data'),
        http: { port: 0 },
        cycleMs: 50,
        holdings: { confirm: false, reconcileMs: 600_000 },
        feed: { kind: 'poll', pollMs: 100 },
        broker: {
          kind: 'http',
          url: `http://127.0.0.1:${server.port}`,
          token: 'test-token',
          stream: true,
          capabilities: { lookup: 'complete', reduceOnly: true, visibilityMs: 100 },
        },
      },
    })
    await until(() => server.streams.count === 1)
  }
  const guard = (id: string, instrument: string): Promise<unknown> => {
    server.venue.price(instrument, 100)
    server.venue.hand({ instrument, quantity: 2 })
    const rules = { stopLoss: { pct: 10 } }
    return running.guard({ id, instrument, side: 'long', quantity: 2, entryPrice: 100, rules })
  }
  const lines = async (kind: JournalLine['kind']): Promise<readonly JournalLine[]> => {
    const answer = await fetch(`${running.url}/api/journal?last=1000`)
    return ((await answer.json()) as readonly JournalLine[]).filter(line => line.kind === kind)
  }
  const isGone = (id: string) => (): boolean => !running.positions().some(each => each.id === id)

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-stream-'))
    server = await serveBroker({ folder: join(folder, 'bridge') })
    await start()
  })
  after(async () => {
    await running.stop()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('notices at once what another trader closes', async () => {
    await guard('seen', 'ACME')
    server.venue.hand({ instrument: 'ACME', quantity: -2 })
    await until(isGone('seen'))
    expect(await lines('exit-intended')).to.have.length(0)
  })

  it('counts lines that cannot be read, and goes on', async () => {
    await server.run({ stream: { lines: ['{"kind":', '{"kind":"order","instrument":7}'] } })
    await until(async () => {
      const text = await (await fetch(`${running.url}/metrics`)).text()
      return ['syntax', 'shape'].every(each =>
        new RegExp(`^watchkeeper_stream_odd_messages_total\\{[^}]*${each}[^}]*\\} 1$`, 'm').test(
          text,
        ),
      )
    })
    await guard('after-odd', 'BETA')
    server.venue.hand({ instrument: 'BETA', quantity: -2 })
    await until(isGone('after-odd'))
  })

  it('asks for everything after the stream was lost: what was pushed meanwhile is noticed too', async () => {
    await guard('meanwhile', 'GAMMA')
    await server.run({ stream: { drop: true } })
    server.venue.hand({ instrument: 'GAMMA', quantity: -2 })
    await until(async () => (await lines('stream-lost')).length >= 1)
    await until(isGone('meanwhile'))
    await until(async () => (await lines('stream-connected')).length >= 2)
  })

  it('sees the fill of its exit, and guards on after it was ended and started again', async () => {
    await guard('exited', 'DELTA')
    await guard('kept', 'OMEGA')
    server.venue.settings = {
      ...server.venue.settings,
      fills: { share: 1, afterMs: 300 },
      reportsState: false,
    }
    await running.exit('exited')
    await until(isGone('exited'))
    expect(
      server.venue.book.fills.filter(({ instrument }) => instrument === 'DELTA'),
    ).to.have.length(1)
    await running.stop()
    await start()
    server.venue.hand({ instrument: 'OMEGA', quantity: -2 })
    await until(isGone('kept'))
  })
})
