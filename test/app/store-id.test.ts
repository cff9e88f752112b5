import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { positionId } from '../../src/domain/ids.ts'
import { clientOrderId } from '../../src/exits/client-order-id.ts'
import { startBroker, type RemoteBroker } from '../support/broker-server/client.ts'
import { RunningService } from '../support/kill.ts'
import { storeIdAt } from '../support/store-id.ts'
import { until } from '../support/until.ts'

const CAPABILITIES = { dedupe: 'always', lookup: 'complete', visibilityMs: 50 } as const
const QUANTITY = 5

/** One account; the tests follow one another. */
describe('the order ids of a store', function () {
  this.timeout(180_000)
  let folder: string
  let broker: RemoteBroker
  let service: RunningService

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-store-id-'))
    broker = await startBroker({
      settings: { capabilities: { ...CAPABILITIES, reduceOnly: false } },
      script: { hands: [{ instrument: 'X', quantity: QUANTITY }], prices: { X: 100 } },
    })
  })

  after(async () => {
    await service.end('SIGKILL')
    await broker.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const dataFolder = (name: string): string => join(folder, name)

  async function start(name: string): Promise<void> {
    const a = { id: 'a', instrument: 'X', side: 'long', quantity: QUANTITY, entryPrice: 100 }
    const positions = [{ ...a, rules: { stopLoss: { price: 1 } } }]
    const config = {
      dataFolder: dataFolder(name),
      cycleMs: 50,
      http: { port: 0 },
      broker: {
        kind: 'http',
        url: broker.url,
        token: 'test-token',
        capabilities: { ...CAPABILITIES, reduceOnly: false },
      },
      holdings: { reconcileMs: 200, confirm: false },
      // Long enough for health to show an exit that waits.
      exits: { retryMs: 5_000 },
      feed: { intervalMs: 50, acceptSimulated: true },
    }
    writeFileSync(join(folder, 'p.json'), JSON.stringify({ positions }))
    writeFileSync(join(folder, 'c.json'), JSON.stringify(config))
    const files = ['--config', join(folder, 'c.json'), '--positions', join(folder, 'p.json')]
    service = new RunningService(files)
    await service.printed(line => line.startsWith('Ctrl-C'))
  }

  const url = (): string => /^positions +(http:\S+)\/api/m.exec(service.lines.join('\n'))![1]!

  const exit = async (): Promise<void> => {
    const headers = { 'content-type': 'application/json' }
    const asked = { method: 'POST', headers, body: '{}' }
    expect((await fetch(`${url()}/api/positions/a/exit`, asked)).ok).to.equal(true)
  }

  const isFlat = (): boolean => broker.book().holdings.every(({ quantity }) => quantity === 0)

  it('are the same after a restart', async () => {
    await start('old')
    const before = await storeIdAt(dataFolder('old'))
    await service.end('SIGKILL')
    await start('old')
    expect(before).not.to.equal('')
    expect(await storeIdAt(dataFolder('old'))).to.equal(before)
  })

  it('used by an order that another program sent: its fill is not booked, and the exit continues', async () => {
    const storeId = await storeIdAt(dataFolder('old'))
    const order = { storeId, account: '', positionId: positionId('a'), generation: 1, attempt: 1 }
    const taken = clientOrderId(order)
    await sell(taken)
    // What the other order has sold was bought again: the holding is as it was.
    await broker.script({ hands: [{ instrument: 'X', quantity: QUANTITY }] })
    await until(async () => broker.book().fills.length === 1)
    await exit()
    await service.printed(line => line.includes(' exit-foreign '))
    await until(async () => (await fetch(`${url()}/health`)).status === 503)
    const metrics = await (await fetch(`${url()}/metrics`)).text()
    expect(metrics).to.match(/^watchkeeper_exit_foreign_orders_total 1$/m)
    await service.printed(line => line.includes(' exit-filled '))
    expect(isFlat()).to.equal(true)
    const second = clientOrderId({ ...order, attempt: 2 })
    expect(broker.book().fills.map(each => each.clientOrderId)).to.deep.equal([taken, second])
  })

  it('differ from those of the previous store, in a new data folder', async () => {
    await service.end('SIGTERM')
    const sent = broker.book().orders.length
    await broker.script({ hands: [{ instrument: 'X', quantity: QUANTITY }] })
    await start('new')
    await exit()
    await service.printed(line => line.includes(' exit-filled '))
    expect(isFlat()).to.equal(true)
    const ids = broker.book().orders.map(each => each.clientOrderId)
    expect(ids).to.have.length(sent + 1)
    expect(new Set(ids).size).to.equal(ids.length)
  })

  /** An order that this store did not send, under an id of its own. */
  async function sell(id: string): Promise<void> {
    const order = { clientOrderId: id, instrument: 'X', side: 'long', quantity: QUANTITY }
    const headers = { 'content-type': 'application/json', authorization: 'Bearer test-token' }
    const body = JSON.stringify({ ...order, action: 'sell', type: 'market', reduceOnly: false })
    const answer = await fetch(`${broker.url}/v1/orders`, { method: 'POST', headers, body })
    expect(answer.ok, await answer.text()).to.equal(true)
  }
})
