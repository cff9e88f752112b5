import { expect } from 'chai'
import { five, type Posted, type Scene } from './scene.ts'
import { inOneScene, sideBySide } from './side-by-side.ts'

/** Breakers with the default rests. */
const PATIENT = { openMs: 10_000, exitOpenMs: 1_000, maxOpenMs: 60_000 }
const gateway = {
  breakers: { orders: PATIENT, account: PATIENT, quotes: PATIENT },
}

/** Positions of instruments of their own. */
const many = (count: number) =>
  Array.from({ length: count }, (_, index) => five(`p${index}`, { instrument: `ACME${index}` }))

const guarded = (scene: Scene, { id }: Posted): Promise<void> =>
  scene.until(async () => (await scene.position(id))?.state === 'guarded')

inOneScene('a refusal', () => ({ isEmbedded: true }), {
  'of an order until a time with a wrong date is over within seconds': async (
    scene,
    { instrument },
  ) => {
    const date = 'Sat, 01 Jan 2000 00:00:00 GMT'
    const headers = { 'ban-until': String(Date.now() + 1_000), date }
    scene.harm('place', { kind: 'status', when: 'before', status: 429, headers })
    scene.price(94, instrument)
    await scene.until(() => scene.held(instrument) === 0, 15_000)
  },

  'of a second request on a connection does not prevent an exit': async (scene, position) => {
    const { instrument } = position
    await guarded(scene, position)
    scene.change({ keepsAlive: false })
    scene.price(94, instrument)
    await scene.until(() => scene.held(instrument) === 0)
    expect(scene.executed(instrument)).to.equal(5)
    scene.change({ keepsAlive: true })
  },

  'of a price query does not delay an exit': async (scene, position) => {
    await guarded(scene, position)
    const headers = { 'retry-after': '30' }
    scene.harm('quotes', { kind: 'status', when: 'before', status: 429, headers })
    await scene.pass(400)
    await scene.exit(position.id)
    await scene.until(() => scene.held(position.instrument) === 0, 6_000)
  },

  'is the answer to rules that drop a deadline, a bound on an underlying, or a stop':
    async scene => {
      const stop = { stopLoss: { price: 95 } }
      const underlying = { underlying: { instrument: 'INDEX', below: 10 } }
      const trailing = { trailingStop: { distancePct: 5, activateAtPct: 10 } }
      const changes = [
        { from: { ...stop, maxHold: { ms: 60_000 } }, to: { maxHold: null } },
        { from: { ...stop, ...underlying }, to: { underlying: null } },
        { from: { ...stop, ...trailing }, to: { trailingStop: null } },
        { from: stop, to: { stopLoss: { price: 94 } } },
      ]
      const statuses: number[] = []
      for (const [index, { from, to }] of changes.entries()) {
        const position = five(`loose${index}`, { instrument: `LOOSE${index}`, rules: from })
        scene.trade(5, position.instrument)
        expect(await scene.add(position)).to.have.property('status', 201)
        const said = await scene.ask('PATCH', `/api/positions/${position.id}`, { rules: to })
        statuses.push(said.status)
      }
      expect(statuses).to.deep.equal([409, 409, 409, 409])
    },
})

sideBySide('a broker that refuses', {
  'ten exits with a wrong token gets fewer and fewer probes, one at a time': async open => {
    const positions = many(10)
    const scene = await open({
      isEmbedded: true,
      positions,
      config: { exits: { maxRetryMs: 5_000 } },
    })
    await scene.until(async () => (await scene.position('p9'))?.state === 'guarded')
    scene.harm('place', { kind: 'status', when: 'before', status: 401 }, { times: 'always' })
    for (const { id } of positions) await scene.exit(id)
    await scene.pass(2_500)
    const before = scene.asked('place')
    await scene.pass(2_500)
    expect(scene.asked('place') - before, 'orders in 2.5 s').to.be.at.most(12)
    scene.calm()
    await scene.until(() => positions.every((_, index) => scene.held(`ACME${index}`) === 0))
  },

  'every order query does not fill the journal': async open => {
    const positions = many(20)
    const scene = await open({
      isEmbedded: true,
      positions,
      venue: { capabilities: { reduceOnly: false } },
      config: { gateway },
    })
    await scene.until(async () => (await scene.position('p19'))?.state === 'guarded')
    scene.harm('place', { kind: 'reset', when: 'after' }, { times: 'always' })
    for (const route of ['order', 'holding', 'holdings'] as const)
      scene.harm(route, { kind: 'status', when: 'before', status: 503 }, { times: 'always' })
    for (const { id } of positions) await scene.exit(id)
    await scene.pass(1_000)
    const last = async (): Promise<number> => (await scene.journal()).at(-1)!.seq
    const before = await last()
    await scene.pass(3_000)
    expect((await last()) - before, 'journal lines in 3 s').to.be.at.most(60)
    scene.calm()
    await scene.until(() => positions.every((_, index) => scene.held(`ACME${index}`) === 0))
    await scene.pass(1_000)
    expect(positions.map((_, index) => scene.executed(`ACME${index}`))).to.deep.equal(
      positions.map(() => 5),
    )
  },

  'everything for a while gets calls again soon after it recovers': async open => {
    const scene = await open({
      isEmbedded: true,
      venue: { capabilities: { reduceOnly: false } },
      config: { gateway },
    })
    await scene.until(async () => (await scene.position('a'))?.state === 'guarded')
    scene.change({ outage: { mode: 'status' } })
    await scene.exit('a')
    await scene.pass(12_000)
    scene.change({ outage: null })
    await scene.until(() => scene.held() === 0, 4_000)
    expect(scene.executed()).to.equal(5)
  },
})
