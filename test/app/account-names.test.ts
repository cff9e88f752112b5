import { join } from 'node:path'
import { expect } from 'chai'
import { startWatchkeeper, type RunningWatchkeeper } from '../../src/app/embed.ts'
import { openKeptData } from '../../src/app/offline.ts'
import { WatchkeeperClient } from '../../src/client/watchkeeper-client.ts'
import { Folder } from '../support/cli.ts'
import { codeOf } from '../support/code-of.ts'
import { until } from '../support/until.ts'

const PAPER = { broker: { kind: 'paper' } } as const

/** One data folder, guarded in turn by processes that name their accounts and processes that do not. */
describe('a configuration whose accounts get names, and lose them', function () {
  this.timeout(60_000)

  let folder: Folder
  let service: RunningWatchkeeper
  let client: WatchkeeperClient

  beforeEach(() => (folder = new Folder()))
  afterEach(async () => {
    await service.stop()
    folder.remove()
  })

  const data = (): string => join(folder.path, 'data')

  async function start(accounts?: Readonly<Record<string, typeof PAPER>>): Promise<void> {
    const positions = 'rules: { default: { stopLoss: { pct: 50 } } }\npositions: []\n'
    service = await startWatchkeeper({
      env: {},
      config: {
        dataFolder: data(),
        positions: folder.file('p.yaml', positions),
        http: { port: 0 },
        feed: { kind: 'simulated', seed: 7 },
        ...PAPER,
        ...(accounts && { accounts }),
      },
    })
    client = new WatchkeeperClient({ url: service.url })
  }

  /** Guards and exits a position of an account. */
  async function trade(of: WatchkeeperClient, id: string): Promise<void> {
    await of.guard({ id, instrument: 'BTCUSD', side: 'long', quantity: 1, entryPrice: 92_400 })
    await of.exit(id)
    await until(async () => (await of.positions()).length === 0)
  }

  /** Closed positions as `account id`, in the order of their ids. */
  const closed = async (of: WatchkeeperClient): Promise<string[]> => {
    const { exits } = await of.exits()
    return exits.map(({ account, positionId }) => `${String(account)} ${positionId}`).toSorted()
  }
  const linesOf = async (of: WatchkeeperClient): Promise<string[]> => {
    const found = await of.journal({ last: 100 })
    const ended = found.filter(({ kind }) => kind === 'exit-filled')
    return ended.map(({ account, positionId }) => `${String(account)} ${positionId}`).toSorted()
  }

  it('keeps what main did before its name, and shows nothing of accounts that are gone', async () => {
    await start()
    await trade(client, 'a')
    await service.stop()

    await start({ desk: PAPER })
    const [main, desk] = [client.ofAccount('main'), client.ofAccount('desk')]
    await trade(main, 'b')
    await trade(desk, 'c')
    expect([await closed(main), await linesOf(main)]).to.deep.equal([
      ['main a', 'main b'],
      ['main a', 'main b'],
    ])
    expect([await closed(desk), await linesOf(desk)]).to.deep.equal([['desk c'], ['desk c']])
    const all = ['desk c', 'main a', 'main b']
    expect([await closed(client), await linesOf(client)]).to.deep.equal([all, all])
    await service.stop()
    const kept = await openKeptData(data())
    const { trades } = await kept.trades({ limit: 9 })
    const code = await codeOf(kept.trades({ limit: 9, account: 'dask' }))
    await kept.close()
    expect(code).to.equal('ACCOUNT_UNKNOWN')
    expect(trades.map(({ account }) => account)).to.deep.equal(['desk', 'main', 'main'])

    await start()
    expect(await closed(client)).to.deep.equal(['null a', 'null b'])
    expect(await linesOf(client)).to.deep.equal(['undefined a', 'undefined b'])
  })
})
