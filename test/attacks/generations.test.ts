import { expect } from 'chai'
import { five, type Posted, type Scene } from './scene.ts'
import { overOneKill, sideBySide } from './side-by-side.ts'

/** A venue where a second order is a second sale. */
const NETTING = { capabilities: { reduceOnly: false } } as const

/** Exits a position by hand; resolves when the service no longer shows it. */
async function exited(scene: Scene, { id }: Posted): Promise<void> {
  await scene.exit(id)
  await gone(scene, id)
}

const gone = (scene: Scene, id: string): Promise<void> =>
  scene.until(async () => (await scene.position(id)) === undefined)

/** Buys five more, posts them under an id that is free again, and asserts that they are guarded. */
async function addedAgain(scene: Scene, position: Posted): Promise<void> {
  scene.trade(5, position.instrument)
  expect(await scene.add(position, { reopen: true })).to.have.property('status', 201)
}

/** Buys five of an instrument that no other position has, and guards them. */
async function another(scene: Scene, position: Posted): Promise<Posted> {
  scene.trade(5, position.instrument)
  expect(await scene.add(position)).to.have.property('status', 201)
  await scene.until(async () => (await scene.position(position.id))?.state === 'guarded')
  return position
}

const trailing = { rules: { trailingStop: { distancePct: 5 } } }

/** A commit without relation to a position takes so long, and all others wait behind it. */
async function duringCommit(scene: Scene, { id, instrument }: Posted): Promise<void> {
  const other = five(`${id}-other`, { instrument: `OTHER-${instrument}`, ...trailing })
  await another(scene, other)
  await scene.steer({ commits: [{ having: 'ratchets', slowMs: COMMIT_MS, times: 1 }] })
  const before = scene.asked('quotes')
  scene.price(110, other.instrument)
  await scene.until(() => scene.asked('quotes') >= before + 2)
}

const COMMIT_MS = 1_500

/** A person sells two by hand, and the service has detected it. */
async function becameSmaller(scene: Scene, { id, instrument }: Posted): Promise<void> {
  scene.trade(-2, instrument)
  await scene.until(async () => (await scene.position(id))?.quantity === 3)
}

/** The new generation is guarded after a kill: it is sold where its stop is crossed. */
const soldAfterKill =
  (scene: Scene, { id, instrument }: Posted, { executed }: { executed: number }) =>
  async (): Promise<void> => {
    expect(await scene.position(id)).to.include({ quantity: 5 })
    scene.price(94, instrument)
    await scene.until(() => scene.held(instrument) === 0)
    await gone(scene, id)
    expect(scene.executed(instrument)).to.equal(executed)
  }

/** Longer than any order of the scene works. */
const config = { exits: { workingMs: 10_000 } }

overOneKill('a position whose id has several generations', () => ({ venue: NETTING, config }), {
  'is guarded after a kill, however often it was added again at once': async (scene, position) => {
    for (let generation = 0; generation < 8; generation++) {
      await exited(scene, position)
      await addedAgain(scene, position)
    }
    return soldAfterKill(scene, position, { executed: 45 })
  },

  'is guarded after a kill where the end of its old generation waited for a slow commit': async (
    scene,
    position,
  ) => {
    const { id, instrument } = position
    scene.harm('place', { kind: 'delay', when: 'after', ms: 700 }, { instrument })
    await scene.exit(id)
    await duringCommit(scene, position)
    await gone(scene, id)
    await addedAgain(scene, position)
    await scene.pass(COMMIT_MS)
    return soldAfterKill(scene, position, { executed: 10 })
  },

  'is guarded after a kill where the store refused the end of its old generation once': async (
    scene,
    position,
  ) => {
    await scene.steer({ commits: [{ having: 'exit-filled', isRefused: true, times: 1 }] })
    await exited(scene, position)
    await addedAgain(scene, position)
    await scene.pass(1_500)
    return soldAfterKill(scene, position, { executed: 10 })
  },

  'stays released where its quantity was reduced just before': async (scene, position) => {
    const { id, instrument } = position
    await duringCommit(scene, position)
    await becameSmaller(scene, position)
    expect(await scene.release(id)).to.have.property('status', 204)
    await scene.pass(COMMIT_MS)
    return async () => {
      scene.price(94, instrument)
      await scene.pass(1_000)
      expect(await scene.position(id)).to.equal(undefined)
      expect(scene.executed(instrument)).to.equal(0)
    }
  },

  'keeps its tighter rules where its quantity was reduced just before': async (scene, position) => {
    const { id, instrument } = position
    await duringCommit(scene, position)
    await becameSmaller(scene, position)
    const rules = { stopLoss: { price: 98 } }
    const said = await scene.ask('PATCH', `/api/positions/${id}`, { rules })
    expect(said).to.have.property('status', 200)
    await scene.pass(COMMIT_MS)
    return async () => {
      expect(await scene.position(id)).to.include({ stop: 98, quantity: 3 })
      scene.price(97, instrument)
      await scene.until(() => scene.held(instrument) === 0)
      expect(scene.executed(instrument)).to.equal(3)
    }
  },

  'starts without the best price of its old generation': async (scene, { id, instrument }) => {
    const position = await another(scene, five(`${id}-trails`, { instrument, ...trailing }))
    scene.price(130, instrument)
    await scene.until(async () => (await scene.position(position.id))?.best === 130)
    await scene.steer({ commits: [{ slowMs: 400, times: 3 }] })
    scene.price(140, instrument)
    await scene.pass(150)
    expect(await scene.release(position.id)).to.have.property('status', 204)
    scene.price(100, instrument)
    await scene.until(async () => (await scene.position(id))?.lastPrice === 100)
    expect(await scene.add(position, { reopen: true })).to.have.property('status', 201)
    await scene.pass(1_500)
    return async () => {
      await scene.until(async () => (await scene.position(position.id))?.state === 'guarded')
      expect(await scene.position(position.id)).to.include({ best: 100 })
      expect(scene.executed(instrument)).to.equal(0)
    }
  },

  'keeps ownership of a known order after a restart when it is released': async (
    scene,
    { id, instrument },
  ) => {
    const other = await another(scene, five(`${id}-other`, { instrument: 'GLOBEX' }))
    const before = scene.asked('place')
    scene.harm('place', { kind: 'fill', plan: { share: 0 } }, { instrument })
    await scene.exit(id)
    await scene.until(() => scene.asked('place') === before + 1)
    await scene.release(id)
    return async () => {
      scene.price(94, other.instrument)
      await scene.until(() => scene.held(other.instrument) === 0)
      expect(await scene.lines('second-guard')).to.deep.equal([])
    }
  },

  'sells once where it was released and added again with its order in flight': async (
    scene,
    position,
  ) => {
    const { id, instrument } = position
    const before = scene.asked('place')
    scene.harm('place', { kind: 'fill', plan: { share: 0, restMs: 1_500 } }, { instrument })
    await scene.exit(id)
    await scene.until(() => scene.asked('place') === before + 1)
    expect(await scene.release(id)).to.have.property('status', 204)
    await scene.add(position, { reopen: true })
    scene.price(94, instrument)
    await scene.until(() => scene.executed(instrument) >= 5)
    await scene.pass(2_000)
    return async () => {
      const ledger = { held: scene.held(instrument), executed: scene.executed(instrument) }
      expect(ledger).to.deep.equal({ held: 0, executed: 5 })
    }
  },
})

sideBySide('a daily loss', {
  'counts a position whose old generation was released while an exit was written': async open => {
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
