import { join } from 'node:path'
import { Writable } from 'node:stream'
import { expect } from 'chai'
import { TrustedClock } from '../../src/account/trusted-clock.ts'
import { openPaperAccount } from '../../src/brokers/paper-account.ts'
import { serviceSchema } from '../../src/config/schema.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { aPosition } from '../support/builders.ts'
import { Folder } from '../support/cli.ts'
import { openOneAccount, type OneAccount } from '../support/one-account.ts'

const clock = new TrustedClock({ now: () => Date.now(), monotonic: () => performance.now() })
const ACME = instrumentId('ACME')
const RULES = { stopLoss: { pct: 50 } }

describe('the paper account of a service', () => {
  let folder: Folder
  let parts: OneAccount | undefined

  beforeEach(() => {
    folder = new Folder()
  })
  afterEach(async () => {
    await stop()
    folder.remove()
  })

  async function start(): Promise<OneAccount> {
    parts = await openOneAccount({
      config: serviceSchema.parse({
        positions: 'none',
        dataFolder: join(folder.path, 'data'),
        broker: { kind: 'paper' },
        feed: { acceptSimulated: true },
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
    return parts
  }

  async function stop(): Promise<void> {
    await parts?.account.stop()
    await parts?.broker.close()
    await parts?.store.close()
    parts = undefined
  }

  const held = async (): Promise<unknown> =>
    parts!.broker.holding({ instrument: ACME }, AbortSignal.timeout(5_000))

  it('holds no deposit of a position whose process died before the position was durable', async () => {
    const { account: system } = await start()
    const kept = aPosition({ id: positionId('kept'), quantity: 1, openedAt: clock.now() })
    await system.add(kept, RULES, 'test')
    await stop()
    const quotes = { price: () => undefined }
    const account = openPaperAccount({ folder: join(folder.path, 'data', 'paper'), quotes })
    await account.deposit(aPosition({ id: positionId('lost'), quantity: 4 }))
    await account.deposit(aPosition({ id: positionId('kept'), quantity: 8 }), 2)
    await account.close()
    const again = await start()
    expect(await held()).to.deep.include({ quantity: 1 })
    const lost = aPosition({ id: positionId('lost'), quantity: 3, openedAt: clock.now() })
    await again.account.add(lost, RULES, 'test')
    expect(await held()).to.deep.include({ quantity: 4 })
  })
})
