import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { tokenFrom } from '../../../src/brokers/credentials.ts'
import type { HttpBroker } from '../../../src/brokers/http.ts'
import type { ClientOrderId } from '../../../src/domain/order.ts'
import { NotSent, OutcomeUnknown, RateLimited } from '../../../src/errors.ts'
import { ACME, anHttpBroker, anOrder, failure, ID, stage } from '../http-broker.ts'
import { startBroker } from './client.ts'
import { ACCOUNT_FILE, serveBroker } from './server.ts'

const { signal } = new AbortController()
const another = (id: string) => anOrder({ clientOrderId: id as ClientOrderId })

/** Repeats a query until a condition holds. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(10)
}

describe('BrokerServer', () => {
  const on = stage()
  const held = (): number => on.remote.book().holdings[0]?.quantity ?? 0
  const instantly = { order: 0, holding: 0, list: 0 }

  afterEach(() => on.remote.script({ set: { lagMs: instantly, reserves: false, limit: null } }))

  it('has on disk what it has answered, whenever it is killed', async () => {
    const broker = on.open()
    const answered: string[] = []
    for (const round of [0, 1, 2]) {
      const placing = [0, 1, 2, 3, 4, 5].map(async number => {
        const id = `wk${round}-${number}`
        await broker.placeExit({ ...another(id), quantity: 0.1 }, signal)
        answered.push(id)
      })
      await Promise.race(placing)
      await on.remote.kill()
      await Promise.allSettled(placing)
      await on.remote.restart()
    }
    const { fills } = on.remote.book()
    expect(fills.map(({ clientOrderId }) => clientOrderId)).to.include.members(answered)
    expect(held()).to.equal(Number((5 - fills.length * 0.1).toFixed(1)))
    for (const id of answered)
      expect(await broker.orderByClientId(id as ClientOrderId, signal)).to.include({
        kind: 'filled',
      })
  })

  it('cuts off a line that a crash has left unfinished', async () => {
    const broker = on.open()
    await broker.placeExit(anOrder(), signal)
    await on.remote.kill()
    appendFileSync(join(on.remote.folder, ACCOUNT_FILE), '{"kind":"fill","order":1,"quan')
    expect(held()).to.equal(3)
    await on.remote.restart()
    await broker.placeExit(another('wk2'), signal)
    expect(held()).to.equal(1)
  })

  it('fills later, also in a later process', async () => {
    await on.harm({ kind: 'fill', plan: { share: 0.5, afterMs: 50, restMs: 50 } })
    const broker = on.open()
    const answer = await broker.placeExit(anOrder(), signal)
    expect(answer).to.have.nested.property('order.kind', 'working')
    await on.remote.restart()
    await until(async () => (await broker.orderByClientId(ID, signal)).kind === 'filled')
    expect(on.remote.book().fills.map(({ quantity }) => quantity)).to.deep.equal([1, 1])
  })

  it('ends what an order leaves over, where the venue does so', async () => {
    await on.harm({ kind: 'fill', plan: { share: 0.5, ends: true } })
    expect(await on.open().placeExit(anOrder(), signal)).to.have.nested.property(
      'order.kind',
      'ended',
    )
  })

  it('shows late what it has done, by id, by name and in the list', async () => {
    await on.remote.script({ set: { lagMs: { order: 1_000, holding: 1_100, list: 1_200 } } })
    const broker = on.open()
    await until(async () => (await broker.holdings(signal)).length === 1)
    await broker.placeExit({ ...anOrder(), quantity: 5 }, signal)
    expect(await broker.orderByClientId(ID, signal)).to.deep.equal({ kind: 'absent' })
    await until(async () => (await broker.orderByClientId(ID, signal)).kind === 'filled')
    await until(async () => (await broker.holding({ instrument: ACME }, signal)).kind === 'flat')
    await until(async () => (await broker.holdings(signal)).length === 0)
  })

  it('goes through zero where it has no reduce-only and a person trades by hand', async () => {
    await on.remote.script({ set: { capabilities: { reduceOnly: false } } })
    const trade = { instrument: 'ACME', quantity: -4 }
    await on.harm({ kind: 'hand', when: 'before', trade }, { on: 'place' })
    await on.open().placeExit(anOrder(), signal)
    expect(held()).to.equal(-1)
    await on.remote.script({ set: { capabilities: { reduceOnly: true } } })
  })

  it('makes two orders of a request that a proxy repeats, where ids prove nothing', async () => {
    await on.remote.script({ set: { capabilities: { dedupe: 'never' } } })
    await on.harm({ kind: 'repeat', afterMs: 10 }, { on: 'place' })
    await on.open().placeExit(anOrder(), signal)
    await until(() => held() === 1)
    await on.remote.script({ set: { capabilities: { dedupe: 'always' } } })
    await on.harm({ kind: 'repeat', afterMs: 10 }, { on: 'place' })
    await on.open().placeExit(another('wk2'), signal)
    await sleep(50)
    expect(held()).to.equal(0)
    expect(on.remote.book().orders).to.have.length(3)
  })

  it('rejects what the resting orders of others reserve', async () => {
    await on.remote.script({ set: { reserves: true } })
    await on.remote.script({ handOrders: [{ instrument: 'ACME', side: 'long', quantity: 4 }] })
    const broker = on.open()
    expect(await broker.openOrders!(signal)).to.deep.equal([
      { clientOrderId: null, instrument: 'ACME', remaining: -4 },
    ])
    const answer = await broker.placeExit(anOrder(), signal)
    expect(answer).to.include({ kind: 'rejected', code: 'insufficient-quantity' })
    await on.remote.script({ endHandOrders: true })
    expect(await broker.placeExit(another('wk2'), signal)).to.include({ kind: 'acknowledged' })
  })

  it('lets a limit order wait for its price', async () => {
    const broker = on.open()
    const answer = await broker.placeExit({ ...anOrder(), limit: 95 }, signal)
    expect(answer).to.have.nested.property('order.kind', 'working')
    await on.remote.price('ACME', 96)
    expect(await broker.orderByClientId(ID, signal)).to.deep.equal({
      kind: 'filled',
      executed: { quantity: 2, price: 96 },
    })
  })

  it('limits some calls and not others, and bans who goes on', async () => {
    const ban = { refusals: 2, ms: 60_000 }
    await on.remote.script({ set: { limit: { on: ['place'], perSecond: 0.001, burst: 2, ban } } })
    const broker = on.open()
    for (const id of ['a', 'b']) await broker.placeExit(another(id), signal)
    const refusals = [await failure(broker.placeExit(another('c'), signal))]
    refusals.push(await failure(broker.placeExit(another('c'), signal)))
    await broker.holdings(signal)
    await on.remote.script({ set: { limit: null } })
    expect(refusals.map(error => error instanceof RateLimited && error.isBan)).to.deep.equal([
      false,
      true,
    ])
    expect(await broker.placeExit(another('c'), signal)).to.include({ kind: 'acknowledged' })
  })

  it('is down as long as configured, and answers scripts meanwhile', async () => {
    const broker = on.open()
    for (const mode of ['reset', 'status', 'hang', 'refuse'] as const) {
      await on.remote.script({ set: { outage: { mode, forMs: 1_500 } } })
      // Only a call that hangs is aborted; the others have time to connect.
      const patience = AbortSignal.timeout(mode === 'hang' ? 750 : 20_000)
      const error = await failure(broker.placeExit(anOrder(), patience))
      expect(error, mode).to.be.instanceOf(mode === 'refuse' ? NotSent : OutcomeUnknown)
      await until(() => broker.holdings(AbortSignal.timeout(1_000)).then(Boolean, () => false))
    }
  })

  it('does later what its script says, unless it is called off', async () => {
    const broker = on.open()
    const hands = [{ instrument: 'ACME', quantity: 1 }]
    await on.remote.script({ steps: [{ afterMs: 20, hands }] })
    await until(() => held() === 6)
    await on.remote.script({ steps: [{ afterMs: 1_000, hands }] })
    await on.remote.script({ clear: true })
    await sleep(1_200)
    expect(await broker.holding({ instrument: ACME }, signal)).to.include({ quantity: 6 })
  })

  it('hits the same requests for the same seed', async () => {
    const hits = async (seed: number): Promise<string> => {
      const harm = { kind: 'status', when: 'before', status: 500 } as const
      const script = { faults: [{ harm, chance: 0.5, times: 'always' as const }] }
      const remote = await startBroker({ seed, script })
      const broker: HttpBroker = anHttpBroker(remote.url)
      let pattern = ''
      for (let call = 0; call < 30; call++)
        pattern += await broker.holdings(signal).then(
          () => '.',
          () => 'x',
        )
      await broker.close()
      await remote.close()
      return pattern
    }
    const first = await hits(1)
    expect(first).to.match(/x/).and.match(/\./)
    expect(await hits(1)).to.equal(first)
    expect(await hits(2)).to.not.equal(first)
  })

  it('starts again by itself after a crash, with its account, settings and standing faults', async () => {
    const script = {
      prices: { ACME: 90 },
      hands: [{ instrument: 'ACME', quantity: 5 }],
      faults: [
        { on: 'cancel', times: 'always', harm: { kind: 'status', when: 'before', status: 500 } },
      ],
    } as const
    const remote = await startBroker({ restartAfterMs: 10, script })
    await remote.script({ set: { token: 'another' } })
    await remote.script({ faults: [{ on: 'place', harm: { kind: 'crash', when: 'after' } }] })
    const broker = anHttpBroker(remote.url, { token: tokenFrom(() => 'another') })
    expect(await failure(broker.placeExit(anOrder(), signal))).to.be.instanceOf(OutcomeUnknown)
    await until(() => broker.holdings(signal).then(Boolean, () => false))
    expect(await broker.orderByClientId(ID, signal)).to.include({ kind: 'filled' })
    expect(await failure(broker.cancel(ID, signal))).to.be.instanceOf(OutcomeUnknown)
    await broker.close()
    await remote.close()
  })

  it('can be served from the process of a test', async () => {
    const server = await serveBroker({ folder: join(on.remote.folder, 'inside') })
    server.venue.hand({ instrument: 'ACME', quantity: 1 })
    const broker = on.open({}, `http://127.0.0.1:${server.port}`)
    expect(await broker.holdings(signal)).to.have.length(1)
    server.close()
  })
})
