import { join } from 'node:path'
import { expect } from 'chai'
import { startWatchkeeper, type RunningWatchkeeper } from '../../src/app/embed.ts'
import type { JournalLine } from '../../src/ports/journal-lines.ts'
import { Folder } from '../support/cli.ts'
import { needing } from '../support/needing.ts'
import { RedisServer } from '../support/redis-server.ts'
import { until } from '../support/until.ts'

needing('redis-server').describe('A service whose prices and store are in Redis', () => {
  let folder: Folder
  let redis: RedisServer
  let running: RunningWatchkeeper

  beforeEach(async () => {
    folder = new Folder()
    redis = await RedisServer.start({ appendonly: true, settings: { appendfsync: 'always' } })
    running = await startWatchkeeper({
      env: {},
      config: {
        dataFolder: join(folder.path, 'data'),
        http: { port: 0 },
        cycleMs: 50,
        stop: { deadlineMs: 500 },
        feed: { kind: 'redis', redis: { url: redis.url, push: 'stream', reconnectMaxMs: 50 } },
        store: {
          kind: 'redis',
          leaseMs: 1_500,
          redis: { url: redis.url, commandTimeoutMs: 500, reconnectMaxMs: 50, pingMs: 100 },
        },
      },
    })
  })

  afterEach(async () => {
    await running.stop()
    await redis.close()
    folder.remove()
  })

  /** The journal; none while its server is away. */
  const lines = async (): Promise<readonly JournalLine[]> => {
    const answer = await fetch(`${running.url}/api/journal?last=1000`)
    return answer.ok ? ((await answer.json()) as readonly JournalLine[]) : []
  }

  /** Resolves with the line of a kind, and of a connection where it is named, once there are so many. */
  const journaled = async (kind: string, use?: string, count = 1): Promise<JournalLine> => {
    let found: readonly JournalLine[] = []
    await until(async () => {
      found = (await lines()).filter(
        line => line.kind === kind && (use === undefined || line['use'] === use),
      )
      return found.length >= count
    })
    return found.at(-1)!
  }

  const add = (price: number): Promise<unknown> =>
    redis.ask(['xadd', 'ticks', '*', 'tick', `${Date.now()}|ACME|${price}`])

  it('journals what a server refuses, prices that were missed, and outages of both', async () => {
    await journaled('redis-connected', 'feed-push')
    await journaled('redis-connected', 'feed-pull')
    await running.guard({
      id: 'a',
      instrument: 'ACME',
      side: 'long',
      quantity: 1,
      entryPrice: 100,
      rules: { stopLoss: { pct: 50 } },
    })
    // A stream that is new to a feed is read from its next entry on.
    await until(async () => {
      await add(100)
      return running.positions()[0]?.lastPrice === 100
    })
    await redis.ask(['acl', 'setuser', 'default', '-xread'])
    expect(await journaled('redis-refused', 'feed-push')).to.include({ code: 'REDIS_AUTH' })
    // Two of three prices are trimmed before they can be read.
    for (const price of [101, 102, 103]) await add(price)
    await redis.ask(['xtrim', 'ticks', 'maxlen', 1])
    await redis.ask(['acl', 'setuser', 'default', '+xread'])
    expect(await journaled('feed-gap')).to.include({ stream: 'ticks' })
    await until(() => running.positions()[0]?.lastPrice === 103)
    await redis.stop()
    // The journal is at the server too: its lines come when it is back.
    await until(async () => {
      const { checks } = (await (await fetch(`${running.url}/health`)).json()) as {
        checks: Record<string, { status: string }[]>
      }
      return checks['redis:connections']?.[0]?.status === 'warn'
    })
    await redis.startAgain()
    await journaled('redis-connected', 'feed-push', 2)
    expect(await journaled('redis-lost', 'feed-push')).to.have.property('code')
    expect(await journaled('store-away')).to.have.property('why')
    expect(await journaled('store-back')).to.have.property('awayMs')
    expect(running.positions()).to.have.length(1)
  })
})
