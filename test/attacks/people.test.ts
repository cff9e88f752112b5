import { expect } from 'chai'
import { five, type Posted, type Scene } from './scene.ts'
import { inOneScene } from './side-by-side.ts'

/** An order can be found by its id, and nothing prevents a second one. */
const LOOK_UP = {
  capabilities: { dedupe: 'never', reduceOnly: false },
} as const
/** Its id prevents a second order, and nothing else proves its outcome. */
const DEDUPE = { capabilities: { reduceOnly: false, lookup: 'none' } } as const
const REDUCE_ONLY = {
  capabilities: { dedupe: 'never', lookup: 'none', visibilityMs: 300 },
} as const

/** What is held is asked for again before an order that has waited for longer leaves, ms; lists are rare. */
const ASKS_AGAIN = { exits: { holdingFreshMs: 300 }, holdings: { reconcileMs: 5_000 } } as const

const FORCE_OPEN = '/api/gateway/breakers/orders/force-open'
const RESET = '/api/gateway/breakers/orders/reset'

const guarded = (scene: Scene, { id }: Posted): Promise<void> =>
  scene.until(async () => (await scene.position(id))?.state === 'guarded')

/** An exit waits, a person sells so much by hand, and the exit may leave again. */
async function soldWhileQueued(scene: Scene, position: Posted, quantity: number): Promise<void> {
  await guarded(scene, position)
  await scene.ask('POST', FORCE_OPEN, {})
  await scene.exit(position.id)
  await scene.pass(300)
  scene.trade(-quantity, position.instrument)
  await scene.pass(600)
  await scene.ask('POST', RESET, {})
  await over(scene, position)
}

/** A position is closed, and nothing more is sold. */
async function over(scene: Scene, { id }: Posted): Promise<void> {
  await scene.until(async () => (await scene.position(id)) === undefined)
  await scene.pass(800)
}

/** What the service sold, and what is left. */
const ledger = (scene: Scene, { instrument }: Posted) => ({
  executed: scene.executed(instrument),
  held: scene.held(instrument),
})

/** The order of a position is executed, its answer is lost, and five more are bought and posted. */
async function boughtInDoubt(scene: Scene, { id, instrument }: Posted): Promise<void> {
  const position = five(`${id}-next`, { instrument })
  scene.harm('place', { kind: 'reset', when: 'after' })
  await scene.exit(id)
  await scene.until(() => scene.executed(instrument) === 5)
  scene.trade(5, instrument)
  expect(await scene.add(position)).to.have.property('status', 201)
  await scene.pass(3_000)
  expect(ledger(scene, position)).to.deep.equal({ executed: 5, held: 5 })
  expect(await scene.position(position.id)).to.include({ quantity: 5 })
  scene.price(94, instrument)
  await scene.until(() => scene.held(instrument) === 0)
  expect(scene.executed(instrument)).to.equal(10)
}

const FOUND = { isEmbedded: true, venue: LOOK_UP, config: ASKS_AGAIN }

inOneScene('a person who trades by hand', () => FOUND, {
  'closes a part of a position whose exit waits: the rest is sold': async (scene, position) => {
    await soldWhileQueued(scene, position, 2)
    expect(ledger(scene, position)).to.deep.equal({ executed: 3, held: 0 })
  },

  'closes a position whose exit the broker has rate limited: nothing is sent': async (
    scene,
    position,
  ) => {
    const before = scene.asked('place')
    const headers = { 'retry-after': '2' }
    scene.harm('place', { kind: 'status', when: 'before', status: 429, headers })
    await scene.exit(position.id)
    await scene.until(() => scene.asked('place') === before + 1)
    await scene.pass(200)
    scene.trade(-5, position.instrument)
    await over(scene, position)
    expect(ledger(scene, position)).to.deep.equal({ executed: 0, held: 0 })
  },

  'closes a position just before its stop is crossed: nothing is sent': async (scene, position) => {
    await guarded(scene, position)
    scene.trade(-5, position.instrument)
    scene.price(94, position.instrument)
    await over(scene, position)
    expect(ledger(scene, position)).to.deep.equal({ executed: 0, held: 0 })
  },

  'closes a position while no holding query is answered: nothing is sent': async (
    scene,
    position,
  ) => {
    const outage = { kind: 'status', when: 'before', status: 503 } as const
    for (const route of ['holding', 'holdings', 'order'] as const)
      scene.harm(route, outage, { times: 'always' })
    await scene.pass(300)
    scene.trade(-5, position.instrument)
    scene.price(94, position.instrument)
    await scene.pass(2_000)
    scene.calm()
    await over(scene, position)
    expect(ledger(scene, position)).to.deep.equal({ executed: 0, held: 0 })
  },
})

const IDS_ONLY = { isEmbedded: true, venue: DEDUPE, config: ASKS_AGAIN }

inOneScene('a person who trades by hand, where ids make no second order', () => IDS_ONLY, {
  'closes a position whose exit waits: nothing is sent': async (scene, position) => {
    await soldWhileQueued(scene, position, 5)
    expect(ledger(scene, position)).to.deep.equal({ executed: 0, held: 0 })
  },

  'closes a part just before the stop is crossed': async (scene, position) => {
    await guarded(scene, position)
    scene.trade(-2, position.instrument)
    scene.price(94, position.instrument)
    await over(scene, position)
    expect(ledger(scene, position)).to.deep.equal({ executed: 3, held: 0 })
  },

  'buys after an unanswered order': boughtInDoubt,
})

inOneScene(
  'a person who trades by hand, where orders only reduce',
  () => ({ venue: REDUCE_ONLY }),
  {
    'buys after an unanswered order': boughtInDoubt,

    'buys again what is shown as closed: that is closed on disk': async (scene, position) => {
      const { id, instrument } = position
      await scene.steer({ commits: [{ having: 'exit-filled', slowMs: 6_000 }] })
      await scene.exit(id)
      await scene.until(() => scene.executed(instrument) === 5)
      const end = performance.now() + 4_000
      let isShown = true
      while (isShown && performance.now() < end) {
        await scene.pass(10)
        isShown = (await scene.position(id)) !== undefined
      }
      await scene.kill()
      // The strategy buys as soon as it reads that the position is closed.
      if (!isShown) scene.trade(5, instrument)
      await scene.start()
      await scene.pass(2_500)
      expect(ledger(scene, position)).to.deep.equal({ executed: 5, held: isShown ? 0 : 5 })
    },
  },
)
