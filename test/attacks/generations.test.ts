import { expect } from 'chai'
import { five, type Scene } from './scene.ts'
import { sideBySide } from './side-by-side.ts'

/** A venue where a second order is a second sale. */
const NETTING = { capabilities: { reduceOnly: false } } as const

/** Exits a position by hand; resolves when the service no longer shows it. */
async function exited(scene: Scene, id = 'a'): Promise<void> {
  await scene.exit(id)
  await scene.until(async () => (await scene.position(id)) === undefined)
}

/** Buys five more, posts them under an id that is free again, and asserts that they are guarded. */
async function addedAgain(scene: Scene, id = 'a'): Promise<void> {
  scene.trade(5)
  expect(await scene.add(five(id, { reopen: true }))).to.have.property('status', 201)
}

const trailing = five('b', {
  instrument: 'GLOBEX',
  rules: { trailingStop: { distancePct: 5 } },
})

/** A commit without relation to `a` takes so long, and all others wait behind it. */
async function duringCommit(scene: Scene, ms: number): Promise<void> {
  await scene.until(async () => (await scene.position('b'))?.state === 'guarded')
  await scene.steer({
    commits: [{ having: 'ratchets', slowMs: ms, times: 1 }],
  })
  const before = scene.asked('quotes')
  scene.price(110, 'GLOBEX')
  await scene.until(() => scene.asked('quotes') >= before + 2)
}

/** A person sells two by hand, and the service has detected it. */
async function becameSmaller(scene: Scene): Promise<void> {
  scene.trade(-2)
  await scene.until(async () => (await scene.position('a'))?.quantity === 3)
}

/** The new generation of `a` is guarded after a kill: it is sold where its stop is crossed. */
async function soldAfterKill(scene: Scene, { executed }: { executed: number }): Promise<void> {
  await scene.restart()
  expect(await scene.position('a')).to.include({ quantity: 5 })
  scene.price(94)
  await scene.until(() => scene.held() === 0)
  await scene.until(async () => (await scene.position('a')) === undefined)
  expect(scene.executed()).to.equal(executed)
}

sideBySide('a position whose id has several generations', {
  'is guarded after a kill, however often it was added again at once': async open => {
    const scene = await open({ venue: NETTING })
    for (let generation = 0; generation < 8; generation++) {
      await exited(scene)
      await addedAgain(scene)
    }
    await soldAfterKill(scene, { executed: 45 })
  },

  'is guarded after a kill where the end of its old generation waited for a slow commit':
    async open => {
      const scene = await open({
        venue: NETTING,
        positions: [five('a'), trailing],
      })
      scene.harm('place', { kind: 'delay', when: 'after', ms: 700 })
      await scene.exit('a')
      await duringCommit(scene, 1_500)
      await scene.until(async () => (await scene.position('a')) === undefined)
      await addedAgain(scene)
      await scene.pass(1_500)
      await soldAfterKill(scene, { executed: 10 })
    },

  'is guarded after a kill where the store refused the end of its old generation once':
    async open => {
      const scene = await open({ venue: NETTING })
      await scene.steer({
        commits: [{ having: 'exit-filled', isRefused: true, times: 1 }],
      })
      await exited(scene)
      await addedAgain(scene)
      await scene.pass(1_500)
      await soldAfterKill(scene, { executed: 10 })
    },

  'stays released where its quantity was reduced just before': async open => {
    const scene = await open({
      venue: NETTING,
      positions: [five('a'), trailing],
    })
    await duringCommit(scene, 1_500)
    await becameSmaller(scene)
    expect(await scene.release('a')).to.have.property('status', 204)
    await scene.pass(1_500)
    await scene.restart()
    scene.price(94)
    await scene.pass(1_000)
    expect(await scene.position('a')).to.equal(undefined)
    expect(scene.executed()).to.equal(0)
  },

  'keeps its tighter rules where its quantity was reduced just before': async open => {
    const scene = await open({
      venue: NETTING,
      positions: [five('a'), trailing],
    })
    await duringCommit(scene, 1_500)
    await becameSmaller(scene)
    const rules = { stopLoss: { price: 98 } }
    expect(await scene.ask('PATCH', '/api/positions/a', { rules })).to.have.property('status', 200)
    await scene.pass(1_500)
    await scene.restart()
    expect(await scene.position('a')).to.include({ stop: 98, quantity: 3 })
    scene.price(97)
    await scene.until(() => scene.held() === 0)
    expect(scene.executed()).to.equal(3)
  },

  'starts without the best price of its old generation': async open => {
    const position = five('a', { rules: { trailingStop: { distancePct: 5 } } })
    const other = five('c', { rules: { stopLoss: { price: 1 } } })
    const scene = await open({ positions: [position, other] })
    scene.price(130)
    await scene.until(async () => (await scene.position('a'))?.best === 130)
    await scene.steer({ commits: [{ slowMs: 400, times: 3 }] })
    scene.price(140)
    await scene.pass(150)
    expect(await scene.release('a')).to.have.property('status', 204)
    scene.price(100)
    await scene.until(async () => (await scene.position('c'))?.lastPrice === 100)
    expect(await scene.add({ ...position, reopen: true })).to.have.property('status', 201)
    await scene.pass(1_500)
    await scene.restart()
    await scene.pass(500)
    expect(await scene.position('a')).to.include({
      best: 100,
      state: 'guarded',
    })
    expect(scene.executed()).to.equal(0)
  },

  'sells once where it was released and added again with its order in flight': async open => {
    const scene = await open({
      venue: NETTING,
      config: { exits: { workingMs: 10_000 } },
    })
    scene.harm('place', { kind: 'fill', plan: { share: 0, restMs: 1_500 } })
    await scene.exit('a')
    await scene.until(() => scene.asked('place') === 1)
    expect(await scene.release('a')).to.have.property('status', 204)
    await scene.add(five('a', { reopen: true }))
    scene.price(94)
    await scene.until(() => scene.executed() >= 5)
    await scene.pass(2_000)
    expect({ held: scene.held(), executed: scene.executed() }).to.deep.equal({
      held: 0,
      executed: 5,
    })
  },

  'keeps ownership of a known order after a restart when it is released': async open => {
    const globex = five('b', { instrument: 'GLOBEX' })
    const scene = await open({ positions: [five('a'), globex] })
    scene.harm('place', { kind: 'fill', plan: { share: 0 } })
    await scene.exit('a')
    await scene.until(() => scene.asked('place') === 1)
    await scene.release('a')
    await scene.restart()
    scene.price(94, 'GLOBEX')
    await scene.until(() => scene.held('GLOBEX') === 0)
    expect(await scene.lines('second-guard')).to.deep.equal([])
  },

  'counts for a daily loss though its old generation was released while an exit was written':
    async open => {
      const low = { rules: { stopLoss: { price: 1 } } }
      const scene = await open({
        positions: [five('a'), five('c', low)],
        venue: NETTING,
        config: {
          health: { exitOverdueMs: 1_000 },
          portfolio: { limits: [{ name: 'account', maxLoss: 150 }] },
        },
      })
      await scene.steer({ commits: [{ having: 'exit-intended', slowMs: 500, times: 1 }] })
      scene.price(94)
      await scene.pass(300)
      await scene.release('a')
      scene.price(100)
      await scene.until(async () => (await scene.position('c'))?.lastPrice === 100)
      await scene.pass(700)
      // What the intent has sold meanwhile, where it was faster, is bought back.
      scene.trade(10 - scene.held())
      const before = scene.executed()
      expect(await scene.add(five('a', { ...low, reopen: true }))).to.have.property('status', 201)
      await scene.until(async () => (await scene.position('a'))?.state === 'guarded')
      await scene.pass(1_200)
      expect((await scene.health()).output).not.to.include('overdue')
      scene.price(60)
      await scene.until(() => scene.held() === 0)
      expect(scene.executed() - before).to.equal(10)
    },
})
