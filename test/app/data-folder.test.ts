import { cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { startBroker, type RemoteBroker } from '../support/broker-server/client.ts'
import { RunningService } from '../support/kill.ts'
import { until } from '../support/until.ts'

const CYCLE_MS = 50

interface Health {
  readonly status: string
  readonly output: string[]
}

describe('the data folder of a running service', function () {
  this.timeout(180_000)
  let folder: string
  let data: string
  let broker: RemoteBroker
  let service: RunningService

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-data-'))
  })

  after(() => rmSync(folder, { recursive: true, force: true }))

  async function start(name: string, given: object): Promise<void> {
    data = join(folder, name)
    const positions = ['a', 'b'].map(id => ({
      id,
      instrument: 'X',
      side: 'long',
      quantity: 5,
      entryPrice: 100,
      rules: { stopLoss: { price: 1 } },
    }))
    const config = {
      dataFolder: data,
      cycleMs: CYCLE_MS,
      http: { port: 0 },
      holdings: { reconcileMs: 200, confirm: false },
      feed: { intervalMs: 50, acceptSimulated: true },
      ...given,
    }
    writeFileSync(join(folder, 'p.json'), JSON.stringify({ positions }))
    writeFileSync(join(folder, 'c.json'), JSON.stringify(config))
    const files = ['--config', join(folder, 'c.json'), '--positions', join(folder, 'p.json')]
    service = new RunningService(files)
    await service.printed(line => line.startsWith('Ctrl-C'))
  }

  const url = (): string => /^positions +(http:\S+)\/api/m.exec(service.lines.join('\n'))![1]!

  const exit = (id: string): Promise<Response> => {
    const headers = { 'content-type': 'application/json' }
    return fetch(`${url()}/api/positions/${id}/exit`, { method: 'POST', headers, body: '{}' })
  }

  const health = async (): Promise<Health> =>
    (await (await fetch(`${url()}/health`)).json()) as Health

  const says = (what: string) => async (): Promise<boolean> =>
    (await health()).output.join().includes(what)

  /** Cycles after which pending work would be visible. */
  async function cyclesPass(): Promise<void> {
    const count = async (): Promise<number> => {
      const text = await (await fetch(`${url()}/metrics`)).text()
      return Number(/^watchkeeper_cycles_total\{result="ok"\} (\d+)$/m.exec(text)![1])
    }
    const from = await count()
    await until(async () => (await count()) >= from + 10)
  }

  describe('with a broker', () => {
    before(async () => {
      const capabilities = { dedupe: 'always', lookup: 'complete', visibilityMs: 50 } as const
      broker = await startBroker({
        settings: { capabilities },
        script: { hands: [{ instrument: 'X', quantity: 10 }], prices: { X: 100 } },
      })
      await start('data', {
        broker: { kind: 'http', url: broker.url, token: 'test-token', capabilities },
      })
    })

    after(async () => {
      await service.end('SIGKILL')
      await broker.close()
    })

    it('replaced by a copy: health fails; put back, it recovers by itself', async () => {
      renameSync(data, join(folder, 'away'))
      cpSync(join(folder, 'away'), data, { recursive: true })
      await until(says('was replaced while it is in use'))
      expect((await exit('a')).ok).to.equal(false)
      rmSync(data, { recursive: true })
      renameSync(join(folder, 'away'), data)
      await until(async () => (await exit('a')).ok)
      await service.printed(line => line.includes(' exit-filled '))
      expect(broker.book().fills).to.have.length(1)
    })

    it('deleted: health fails, and no order is sent', async () => {
      const { orders } = broker.book()
      rmSync(data, { recursive: true })
      await until(says('was deleted while it is in use'))
      expect((await health()).status).to.equal('fail')
      const refused = await exit('b')
      expect(refused.ok).to.equal(false)
      expect(await refused.text()).to.include('STORE_GONE')
      await cyclesPass()
      expect(broker.book().orders).to.deep.equal(orders)
    })
  })

  describe('with a paper account', () => {
    before(() => start('paper-data', {}))
    after(() => service.end('SIGKILL'))

    it('loses its paper account: health fails, and no holding counts as flat', async () => {
      rmSync(join(data, 'paper'), { recursive: true })
      await until(says('paper was deleted while it is in use'))
      await exit('a')
      await cyclesPass()
      expect(service.lines.join()).not.to.match(/ (exit-filled|exit-closed|position-gone) /)
    })
  })
})
