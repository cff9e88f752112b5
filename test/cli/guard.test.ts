import { join } from 'node:path'
import { expect } from 'chai'
import { cliHere } from '../support/cli-here.ts'
import { Folder, type Ran } from '../support/cli.ts'
import { ask } from '../support/http.ts'
import { RunningService } from '../support/kill.ts'
import { needing } from '../support/needing.ts'
import { RedisServer } from '../support/redis-server.ts'
import { Machine } from '../support/redis-store.ts'
import { until } from '../support/until.ts'
import { binanceAccount } from '../support/venues/accounts.ts'
import { emulated, type EmulatedVenue } from '../support/venues/at-venue.ts'

const { broker, env } = binanceAccount()

describe('watchkeeper guard --live', function () {
  this.timeout(120_000)
  let folder: Folder
  let venue: EmulatedVenue
  let service: RunningService | undefined

  before(async () => {
    folder = new Folder()
    venue = await emulated(binanceAccount().protocol, {
      capabilities: { lookup: 'complete', reduceOnly: true, holdings: 'net' },
    })
    for (const name of ['BTCUSDT', 'ETHUSDT']) {
      venue.server.venue.price(name, 100)
      venue.server.venue.hand({ instrument: name, quantity: 1 })
    }
  })
  after(async () => {
    await service?.end('SIGTERM')
    venue.close()
    folder.remove()
  })

  const config = (but: object = {}, store: object = {}): string =>
    folder.file(
      'watchkeeper.json',
      JSON.stringify({
        dataFolder: join(folder.path, 'data'),
        store,
        positions: folder.file(
          'positions.json',
          JSON.stringify({
            positions: ['BTCUSDT', 'ETHUSDT'].map(instrument => ({
              id: instrument,
              instrument,
              side: 'long',
              quantity: 1,
              entryPrice: 100,
              rules: { stopLoss: { price: 90 } },
            })),
          }),
        ),
        mode: 'observe',
        holdings: { confirm: false },
        http: { port: 0 },
        feed: { kind: 'poll', pollMs: 100 },
        broker: { ...broker, environment: 'live', url: venue.url, ...but },
        stop: { deadlineMs: 500 },
      }),
    )
  const guard = (args: readonly string[], stdin: string): Promise<Ran> =>
    cliHere(['guard', '--config', config(), ...args], { stdin, env })
  const orders = (): number => venue.server.venue.book.orders.length
  const portOf = ({ lines }: RunningService): number =>
    Number(/^positions +http:\S+:(\d+)\/api/m.exec(lines.join('\n'))![1])

  const price = (at: number): void => {
    for (const name of ['BTCUSDT', 'ETHUSDT']) venue.server.venue.price(name, at)
  }
  /** Resolves once both positions have a price. */
  const priced = async (running: RunningService): Promise<void> =>
    until(async () => {
      const { json } = await ask(portOf(running), '/api/positions')
      return [...JSON.stringify(json).matchAll(/"lastPrice":100/g)].length === 2
    })

  /** Runs with mode observe until both exits are decided. */
  const observe = async (): Promise<void> => {
    const running = new RunningService(['--config', config()], { env })
    await running.printed(line => line.startsWith('positions  '))
    await priced(running)
    price(80)
    const kinds = async (): Promise<readonly string[]> =>
      (
        (await ask(portOf(running), '/api/journal?last=100')).json as unknown as { kind: string }[]
      ).map(({ kind }) => kind)
    await until(async () => (await kinds()).filter(kind => kind === 'exit-observed').length === 2)
    const url = `http://127.0.0.1:${portOf(running)}`
    const { stdout } = await cliHere(['status', '--url', url])
    expect(stdout).to.include('0 guarded, 0 being exited, 0 not guarded, 2 observed\n')
    await running.end('SIGTERM')
    expect(orders()).to.equal(0)
    price(100)
  }

  it('asks for --live, for a live account, and for an observation before it', async () => {
    expect((await guard([], 'binance-live\n')).stderr).to.include('expected --live')
    const unobserved = await guard(['--live'], 'binance-live\n')
    expect(unobserved.stderr).to.include('run it with mode: observe first')
    const file = config({ environment: 'testnet' })
    const given = ['guard', '--live', '--config', file]
    const elsewhere = await cliHere(given, { stdin: 'binance-live\n', env })
    expect(elsewhere.stderr).to.include('no live account')
    for (const { code } of [unobserved, elsewhere]) expect(code).to.equal(2)
    expect(orders()).to.equal(0)
  })

  needing('redis-server').it(
    'reads what was observed with the login of its store, and says why it cannot',
    async () => {
      const server = await RedisServer.start({ requirepass: 'hunter2' })
      const passwordFile = folder.file('password', 'hunter2')
      const machine = new Machine()
      try {
        const store = await machine.open(server, { redis: { passwordFile } })
        await store.write({ lines: [{ at: 1, kind: 'exit-observed', positionId: 'BTCUSDT' }] })
        await store.close()
        const file = config({}, { kind: 'redis', redis: { url: server.url, passwordFile } })
        const given = ['guard', '--live', '--config', file]
        const { stdout } = await cliHere(given, { stdin: 'no\n', env })
        expect(stdout).to.include('observed     1 exit would have been sent')
        folder.file('password', 'wrong')
        const { code, stderr } = await cliHere(given, { stdin: 'binance-live\n', env })
        expect(code).to.equal(1)
        expect(stderr).to.include('STORE_UNUSABLE').and.not.include('mode: observe')
        expect(orders()).to.equal(0)
      } finally {
        await machine.close()
        await server.close()
      }
    },
  )

  describe('after an observation', () => {
    before(observe)

    it('shows what was observed, and sends nothing where another name is typed', async () => {
      const ran = await guard(['--live'], 'yes\n')
      expect(ran.code).to.equal(2)
      expect(ran.stdout).to.include('observed     2 exits would have been sent')
      expect(ran.stdout).to.include('BTCUSDT').and.include('ETHUSDT')
      expect(ran.stderr).to.include('Type the account’s name, binance-live')
      expect(ran.stderr).to.include('nothing was sent')
      expect(orders()).to.equal(0)
    })

    it('sends the exits once the name is typed, with a limit of exits in an hour', async () => {
      service = new RunningService(['--live', '--exits-per-hour', '1', '--config', config()], {
        env,
        command: 'guard',
        stdin: 'binance-live\n',
      })
      await service.printed(line => line.startsWith('positions  '))
      await priced(service)
      price(80)
      await until(() => orders() === 1)
      const journal = async (): Promise<string> =>
        (await ask(portOf(service!), '/api/journal?last=100')).text
      await until(async () => (await journal()).includes('"waitMs":'))
      expect(orders()).to.equal(1)
    })
  })
})
