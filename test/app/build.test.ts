import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { expect } from 'chai'
import { TrustedClock } from '../../src/account/trusted-clock.ts'
import { serviceSchema } from '../../src/config/schema.ts'
import { instrumentId, positionId, type PositionId } from '../../src/domain/ids.ts'
import { startBroker, type RemoteBroker } from '../support/broker-server/client.ts'
import type { Script } from '../support/broker-server/script.ts'
import { aPosition } from '../support/builders.ts'
import { Folder } from '../support/cli.ts'
import { openOneAccount, type OneAccount } from '../support/one-account.ts'
import { until } from '../support/until.ts'

const clock = new TrustedClock({
  now: () => Date.now(),
  monotonic: () => performance.now(),
})
const IDS = Array.from({ length: 10 }, (_, index) => positionId(`p${index}`))

/** The components that `run` connects, at a broker over HTTP. */
describe('the components of a service', () => {
  let folder: Folder
  let tokenFile: string
  let broker: RemoteBroker
  let parts: OneAccount | undefined
  let cycles: NodeJS.Timeout | undefined

  before(async () => {
    broker = await startBroker({})
  })

  after(() => broker.close())

  beforeEach(() => {
    folder = new Folder()
    tokenFile = join(folder.path, 'token')
    writeFileSync(tokenFile, 'test-token', { mode: 0o600 })
  })

  afterEach(async () => {
    clearInterval(cycles)
    await parts?.account.stop()
    await parts?.broker.close()
    await parts?.store.close()
    parts = undefined
    folder.remove()
  })

  async function open(given: {
    readonly script?: Script
    readonly broker?: object
    readonly gateway?: object
    readonly capabilities?: object
  }): Promise<OneAccount> {
    const hands = IDS.map(id => ({ instrument: id, quantity: 1 }))
    const prices = Object.fromEntries(IDS.map(id => [id, 100]))
    const set = { token: 'test-token' }
    await broker.script({ fresh: true, clear: true, hands, prices, set, ...given.script })
    parts = await openOneAccount({
      config: serviceSchema.parse({
        positions: 'none',
        dataFolder: join(folder.path, 'data'),
        broker: {
          kind: 'http',
          url: broker.url,
          tokenFile,
          ...given.broker,
          capabilities: { lookup: 'complete', visibilityMs: 0, ...given.capabilities },
        },
        gateway: given.gateway ?? {},
        feed: { kind: 'poll' },
        holdings: { confirm: false },
      }),
      entries: [],
      fresh: false,
      clock,
      version: 'test',
      log: {
        stream: new Writable({ write: (_chunk, _encoding, done) => done() }),
        text: ({ kind }) => kind,
      },
      onFatal: error => expect.fail(error.message),
    })
    const { account } = parts
    for (const id of IDS) {
      const position = aPosition({ id, instrument: instrumentId(id), quantity: 1 })
      await account.add({ ...position, openedAt: clock.now() }, { stopLoss: { pct: 50 } }, 'test')
    }
    cycles = setInterval(() => account.cycle(), 50)
    return parts
  }

  const isClosed = (id: PositionId): boolean =>
    parts!.account.state.positions.get(id)?.state !== 'open'
  const counted = (outcome: string, operation: string): number =>
    parts!.desk.history
      .totals()
      .filter(each => each.outcome === outcome && each.operation === operation)
      .reduce((sum, { count }) => sum + count, 0)

  it('abandon a hung call after callTimeoutMs, and query what happened to it', async () => {
    const harm = { kind: 'hang', when: 'after' } as const
    const { account, desk } = await open({
      script: { faults: [{ on: 'place', harm }] },
      broker: { callTimeoutMs: 300 },
    })
    account.manualExits.exit(IDS[0]!, 'manual')
    await until(() => isClosed(IDS[0]!))
    const { outcome, ms } = desk.history.last.find(({ operation }) => operation === 'placeExit')!
    // The adapter's own timeout is ten seconds.
    expect([outcome, ms < 5_000]).to.deep.equal(['OUTCOME_UNKNOWN', true])
    expect(broker.book().orders).to.have.length(1)
  })

  it('probe refused credentials with one exit for all, and continue at once with a new token', async () => {
    const slow = { exitProbeMs: 60_000, factor: 100 }
    const { account, desk } = await open({
      script: { set: { token: 'another-token' } },
      gateway: {
        breakers: { orders: slow, account: slow },
        throttle: { startRate: 50 },
      },
    })
    for (const id of IDS) account.manualExits.exit(id, 'manual')
    const attempt = (): number => Object(desk.gates.breaker('account')).attempt ?? 0
    await until(() => attempt() === 2)
    const refused = desk.history.totals().filter(({ outcome }) => outcome === 'UNAUTHORIZED')
    expect(refused.reduce((sum, { count }) => sum + count, 0)).to.be.within(2, 10)
    writeFileSync(tokenFile, 'another-token')
    await until(() => IDS.every(isClosed))
    expect(broker.book().orders).to.have.length(IDS.length)
  })

  it('send an exit, and the query it waits for, although a poll was rate limited for an hour', async () => {
    const headers = { 'retry-after': '3600' }
    const harm = { kind: 'status', when: 'before', status: 429, headers } as const
    const { account } = await open({ script: { faults: [{ on: 'quotes', harm }] } })
    await account.quotes([instrumentId('p0')]).catch(() => undefined)
    expect(counted('RATE_LIMITED', 'quotes')).to.equal(1)
    account.manualExits.exit(IDS[0]!, 'manual')
    await until(() => isClosed(IDS[0]!))
    expect(broker.book().orders).to.have.length(1)
  })

  it('probe again during a ban after exitProbeMs', async () => {
    const headers = { 'ban-until': String(Date.now() + 3_600_000) }
    const harm = { kind: 'status', when: 'before', status: 429, headers } as const
    const { account, desk } = await open({
      script: { faults: [{ on: 'quotes', harm }] },
      gateway: {
        breakers: { orders: { exitProbeMs: 300 }, account: { exitProbeMs: 300 } },
      },
    })
    await account.quotes([instrumentId('p0')]).catch(() => undefined)
    expect(desk.gates.breaker('orders').kind).to.equal('open')
    account.manualExits.exit(IDS[0]!, 'manual')
    await until(() => isClosed(IDS[0]!))
    expect(desk.gates.breaker('quotes').kind).to.not.equal('open')
  })
})
