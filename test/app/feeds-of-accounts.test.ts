import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { ServiceParts } from '../../src/app/build.ts'
import type { Service } from '../../src/app/service.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Control } from '../../src/ports/control.ts'
import type { RedisConnection } from '../../src/redis/connection.ts'
import { Folder } from '../support/cli.ts'
import { needing } from '../support/needing.ts'
import { RedisServer } from '../support/redis-server.ts'
import { startService } from '../support/start-service.ts'
import { until } from '../support/until.ts'

const BY = { who: 'test', from: 'here' }

interface Given {
  readonly rules: Readonly<Record<string, unknown>>
  readonly underlying?: string
}

/** Three accounts of a process: two share a feed in Redis, the third has simulated prices. */
needing('redis-server').describe('the feeds of several accounts', function () {
  this.timeout(60_000)

  let folder: Folder
  let secret: string
  let redis: RedisServer
  let publisher: RedisConnection
  let service: Service
  let accounts: ReadonlyMap<string, Control>

  before(async () => {
    folder = new Folder()
    secret = join(folder.path, 'password')
    redis = await RedisServer.start()
    publisher = await redis.connect()
    const broker = { kind: 'paper' }
    ;({ service } = await startService({
      dataFolder: join(folder.path, 'data'),
      cycleMs: 50,
      feeds: {
        crypto: { kind: 'redis', redis: { url: redis.url } },
        stocks: { kind: 'simulated', intervalMs: 20 },
        // No account has it as its own, and its password cannot be read yet.
        locked: { kind: 'redis', redis: { url: redis.url, passwordFile: secret } },
      },
      // The first account is no reader of the feed in Redis until it needs it.
      accounts: {
        desk: { broker, feed: 'stocks' },
        coins: { broker, feed: 'crypto' },
        more: { broker, feed: 'crypto' },
      },
    }))
    accounts = service.control.accounts!
  })

  after(async () => {
    await service.stop()
    await redis.close()
    folder.remove()
  })

  const of = (account: string): Control => accounts.get(account)!

  async function guard(
    account: string,
    [id, instrument]: readonly [string, string],
    { rules, underlying }: Given,
  ): Promise<void> {
    await of(account).add(
      {
        position: {
          id: positionId(id),
          instrument: instrumentId(instrument),
          side: 'long',
          quantity: 1,
          entryPrice: 50_000,
          openedAt: undefined,
          multiplier: 1,
          priceSource: 'trade',
          ...(underlying !== undefined && { underlying: instrumentId(underlying) }),
        },
        rules,
        exitNow: true,
        opensLater: false,
        reopen: false,
      },
      BY,
    )
  }

  /** Publishes a price until `isThere`: a subscriber may come after it. */
  const publish = (price: number, isThere: () => boolean): Promise<void> =>
    until(async () => {
      const text = `${Date.now()}|BTCUSD|${price}`
      await publisher.run<unknown>(client => client.publish('ticks', text))
      return isThere()
    })

  const priceOf = (account: string, id: string): number | null | undefined =>
    of(account).position(id)?.lastPrice

  const isRedisBad = (account: string): boolean =>
    of(account).health().checks['redis:connections']?.[0]?.status === 'warn'

  it('are read once for the accounts that share one, and know instruments of one name apart', async () => {
    const rules = { stopLoss: { price: 10 } }
    for (const name of ['coins', 'more', 'desk']) await guard(name, ['own', 'BTCUSD'], { rules })
    await publish(41_000, () => ['coins', 'more'].every(name => priceOf(name, 'own') === 41_000))
    await until(() => typeof priceOf('desk', 'own') === 'number')
    expect(priceOf('desk', 'own')).to.not.equal(41_000)
    const subscribed = await publisher.run<unknown[]>(client => client.pubsub('NUMSUB', 'ticks'))
    expect(subscribed).to.deep.equal(['ticks', 1])
  })

  it('carry each tick once to the accounts that share one, and a scrape counts it once', async () => {
    const { accounts: all } = (service as unknown as { readonly parts: ServiceParts }).parts
    const [desk, coins, more] = all.map(({ account }) => account.tickPath)
    expect(coins).to.equal(more)
    expect(desk).to.not.equal(coins)
    expect(desk!.dispatcher).to.equal(coins!.dispatcher)
    await until(() => desk!.count >= 10)
    const count = (): number => desk!.count + coins!.count
    const before = count()
    const text = await service.control.metrics('text')
    const found = /^watchkeeper_ticks_total\{result="evaluated"\} (\d+)$/m.exec(text)?.[1]
    expect(Number(found)).to.be.within(before, count())
  })

  it('hurt the accounts that read one which is gone, and no other', async () => {
    expect(['desk', 'coins', 'more'].filter(isRedisBad)).to.deep.equal([])
    await redis.stop()
    await until(() => isRedisBad('coins') && isRedisBad('more'))
    expect(isRedisBad('desk')).to.equal(false)
    await guard('desk', ['quick', 'BTCUSD'], { rules: { takeProfit: { price: 1 } } })
    await until(() => of('desk').position('quick') === undefined)
    await redis.startAgain()
    await until(() => !isRedisBad('coins') && !isRedisBad('more'))
  })

  it('give an account the underlying of a position, which is an instrument of another feed', async () => {
    await guard('desk', ['led', 'BTCUSD'], {
      underlying: 'crypto:BTCUSD',
      rules: { underlying: { below: 40_000 } },
    })
    await publish(40_500, () => of('desk').position('led')?.state === 'guarded')
    // Its own instrument of that name has another price all the time.
    await publish(39_900, () => of('desk').position('led') === undefined)
    const { trades } = await of('desk').trades({ limit: 1, positionId: 'led' })
    expect(trades[0]).to.include({ reason: 'underlying' })
    for (const name of ['coins', 'more', 'desk']) {
      expect(of(name).position('own')?.state, name).to.equal('guarded')
    }
  })

  it('read one whose password could not be read once it can, and journal the failure once', async () => {
    await guard('desk', ['late', 'BTCUSD'], {
      underlying: 'locked:BTCUSD',
      rules: { underlying: { below: 40_000 } },
    })
    const failures = async (): Promise<number> => {
      const lines = await service.control.journal({ after: 0, limit: 1_000 })
      return lines.filter(({ kind }) => kind === 'cycle-failed').length
    }
    await until(async () => (await failures()) > 0)
    await publish(39_800, () => of('coins').position('own')?.lastPrice === 39_800)
    expect(of('desk').position('late')?.state).to.equal('unguarded')
    writeFileSync(secret, 'a-password', { mode: 0o600 })
    await publish(39_700, () => of('desk').position('late') === undefined)
    expect(await failures()).to.be.below(3)
  })
})
