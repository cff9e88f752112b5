import { join } from 'node:path'
import { expect } from 'chai'
import type { CallDesk } from '../../src/calls/call-desk.ts'
import { GatesStore, rememberedGates } from '../../src/calls/gates-store.ts'
import { RateLimited } from '../../src/errors.ts'
import type { GatewayView } from '../../src/ports/control/gateway.ts'
import type { CycleMetricsReport } from '../../src/ports/control/performance.ts'
import { forceOpen, openUntil } from '../../src/resilience/breaker-hand.ts'
import { MemoryStore } from '../../src/stores/memory.ts'
import { startBroker, type RemoteBroker } from '../support/broker-server/client.ts'
import { PLAIN } from '../support/broker-server/script.ts'
import { Folder } from '../support/cli.ts'
import { aDesk } from '../support/desk.ts'
import { RunningService } from '../support/kill.ts'

describe('GatesStore', () => {
  let store: MemoryStore
  let desk: CallDesk
  const clock = { now: () => 1_000 }

  beforeEach(async () => {
    store = new MemoryStore()
    await store.claim('test', 60_000)
    desk = aDesk()
  })

  it('starts empty where nothing was stored, or the row is unreadable', async () => {
    expect(await rememberedGates(store, 0)).to.equal(undefined)
    const value = { at: 0, gates: { breakers: {}, throttles: {} } }
    await store.write({ rows: [{ table: 'settings', key: 'gateway', value }] })
    expect(await rememberedGates(store, 0)).to.equal(undefined)
  })

  it('writes only what has changed', async () => {
    let writes = 0
    const counting = {
      write: (...given: Parameters<MemoryStore['write']>) => (writes++, store.write(...given)),
    }
    const memory = new GatesStore(counting, clock)
    memory.keep(desk.gates)
    desk.handle('orders', forceOpen)
    for (let cycle = 0; cycle < 3; cycle++) {
      memory.keep(desk.gates)
      await memory.idle()
    }
    expect(writes).to.equal(1)
    expect((await rememberedGates(store, 5_000))?.breakers.orders.kind).to.equal('forced-open')
  })

  const afterCycle = async (memory: GatesStore) => {
    memory.keep(desk.gates)
    await memory.idle()
    return (await rememberedGates(store, clock.now()))!
  }

  it('writes that the venue has refused a call, although no other call is sent after it', async () => {
    const memory = new GatesStore(store, clock)
    let refuse = (_error: Error): void => undefined
    const call = desk.submit({
      group: 'quotes',
      lane: 'quotes',
      key: 'q',
      operation: 'quotes',
      run: () => new Promise((_, reject) => (refuse = reject)),
    })
    expect((await afterCycle(memory)).throttles['default']!.cuts).to.deep.equal([])
    refuse(new RateLimited('429', { retryAfterMs: 60_000 }))
    await call.catch(() => undefined)
    const { cuts, pollsGatedMs } = (await afterCycle(memory)).throttles['default']!
    expect([cuts.length, pollsGatedMs]).to.deep.equal([1, 60_000])
  })

  it('writes that a limit is nearly used up, and that a ban was made longer', async () => {
    const memory = new GatesStore(store, clock)
    desk.gates.used({ groups: ['quotes'], share: 0.99, resetInMs: 30_000 })
    expect((await afterCycle(memory)).throttles['default']!.pollsGatedMs).to.equal(30_000)
    for (const until of [20_000, 90_000]) {
      desk.handle('quotes', (breaker, now) => openUntil(breaker, until, now))
      expect((await afterCycle(memory)).breakers.quotes).to.include({ remainingMs: until })
    }
  })

  it('repeats a write that has failed', async () => {
    let isBroken = true
    const failing = {
      write: (...given: Parameters<MemoryStore['write']>) =>
        isBroken ? Promise.reject(new Error('full')) : store.write(...given),
    }
    const memory = new GatesStore(failing, clock)
    desk.handle('orders', forceOpen)
    memory.keep(desk.gates)
    await memory.idle()
    expect(await rememberedGates(store, 0)).to.equal(undefined)
    isBroken = false
    memory.keep(desk.gates)
    await memory.idle()
    expect(await rememberedGates(store, 0)).not.to.equal(undefined)
  })
})

const POSITION = {
  id: 'p1',
  instrument: 'BTCUSD',
  side: 'long',
  quantity: 1,
  entryPrice: 92_400,
  rules: { stopLoss: { pct: 50 } },
}

describe('a process that was killed', () => {
  let broker: RemoteBroker
  let folder: Folder
  let service: RunningService | undefined

  beforeEach(async () => {
    folder = new Folder()
    const script = { hands: [{ instrument: 'BTCUSD', quantity: 1 }] }
    broker = await startBroker({ settings: { capabilities: PLAIN.capabilities }, script })
  })
  afterEach(async () => {
    await service?.end('SIGKILL')
    await broker.close()
    folder.remove()
  })

  async function start(): Promise<string> {
    const breaker = {
      window: { kind: 'consecutive', threshold: 2 },
      openMs: 600_000,
      maxOpenMs: 900_000,
    }
    const config = folder.file(
      'config.json',
      JSON.stringify({
        cycleMs: 50,
        broker: {
          kind: 'http',
          url: broker.url,
          token: 'test-token',
          capabilities: PLAIN.capabilities,
        },
        gateway: { breakers: { account: breaker } },
        holdings: { reconcileMs: 100, confirm: false },
        feed: { acceptSimulated: true },
      }),
    )
    const positions = folder.file('positions.json', JSON.stringify({ positions: [POSITION] }))
    const data = join(folder.path, 'data')
    service = new RunningService([
      '--config',
      config,
      '--positions',
      positions,
      '--data',
      data,
      '--port',
      '0',
    ])
    await service.printed(line => line.startsWith('watchkeeper guards'))
    return /http:\/\/\S+?(?=[\s/]|$)/.exec(service.lines.join('\n'))![0]
  }

  async function account(url: string): Promise<GatewayView['breakers'][number]> {
    const view = (await (await fetch(`${url}/api/gateway`)).json()) as GatewayView
    return view.breakers.find(({ group }) => group === 'account')!
  }

  /**
   * A cycle that began later has ended, and its writes are on disk: writes are executed in order.
   */
  async function cycled(url: string): Promise<void> {
    const count = async (): Promise<number> => {
      const answer = await fetch(`${url}/api/metrics`)
      return ((await answer.json()) as CycleMetricsReport).cycles.count
    }
    const before = await count()
    while ((await count()) < before + 2) await new Promise(done => setTimeout(done, 20))
    await fetch(`${url}/api/kill-switch`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ state: 'block' }),
    })
  }

  it('finds a breaker open that was open, with its remaining time', async function () {
    this.timeout(120_000)

    let url = await start()
    await broker.script({ set: { outage: { mode: 'status' } } })
    while ((await account(url)).state !== 'open') await new Promise(done => setTimeout(done, 20))
    await broker.script({ set: { outage: null } })
    await cycled(url)
    await service!.end('SIGKILL')
    url = await start()
    const { state, retryInMs, transitions } = await account(url)
    expect([state, transitions.map(({ cause }) => cause)]).to.deep.equal(['open', ['restored']])
    expect(retryInMs).to.be.within(300_000, 720_000)
  })
})
