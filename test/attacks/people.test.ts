import { expect } from 'chai'
import { five, type Scene } from './scene.ts'
import { sideBySide } from './side-by-side.ts'

/** An order can be found by its id, and nothing prevents a second one. */
const LOOK_UP = {
  capabilities: { dedupe: 'never', reduceOnly: false },
} as const
const DEDUPE = { capabilities: { reduceOnly: false } } as const
const REDUCE_ONLY = {
  capabilities: { dedupe: 'never', lookup: 'none', visibilityMs: 300 },
} as const

/** What is held is asked for again before an order that has waited for longer leaves, ms. */
const ASKS_AGAIN = { exits: { holdingFreshMs: 300 } } as const

const FORCE_OPEN = '/api/gateway/breakers/orders/force-open'
const RESET = '/api/gateway/breakers/orders/reset'

/** An exit waits, a person sells so much by hand, and the exit may leave again. */
async function soldWhileQueued(scene: Scene, quantity: number): Promise<void> {
  await scene.ask('POST', FORCE_OPEN, {})
  await scene.exit('a')
  await scene.pass(300)
  scene.trade(-quantity)
  await scene.pass(600)
  await scene.ask('POST', RESET, {})
  await over(scene)
}

/** `a` is closed, and nothing more is sold. */
async function over(scene: Scene): Promise<void> {
  await scene.until(async () => (await scene.position('a')) === undefined)
  await scene.pass(800)
}

/** What the service sold, and what is left. */
const ledger = (scene: Scene) => ({
  executed: scene.executed(),
  held: scene.held(),
})

/** The order of `a` is executed, its answer is lost, and five more are bought and posted. */
async function boughtInDoubt(scene: Scene): Promise<void> {
  scene.harm('place', { kind: 'reset', when: 'after' })
  await scene.exit('a')
  await scene.until(() => scene.executed() === 5)
  scene.trade(5)
  expect(await scene.add(five('b'))).to.have.property('status', 201)
  await scene.pass(3_000)
  expect(ledger(scene)).to.deep.equal({ executed: 5, held: 5 })
  expect(await scene.position('b')).to.include({ quantity: 5 })
  scene.price(94)
  await scene.until(() => scene.held() === 0)
  expect(scene.executed()).to.equal(10)
}

sideBySide('a person who trades by hand', {
  'closes a position whose exit waits: nothing is sent': async open => {
    const scene = await open({ venue: DEDUPE, config: ASKS_AGAIN })
    await soldWhileQueued(scene, 5)
    expect(ledger(scene)).to.deep.equal({ executed: 0, held: 0 })
  },

  'closes a part of a position whose exit waits: the rest is sold': async open => {
    const scene = await open({ venue: LOOK_UP, config: ASKS_AGAIN })
    await soldWhileQueued(scene, 2)
    expect(ledger(scene)).to.deep.equal({ executed: 3, held: 0 })
  },

  'closes a position whose exit the broker has rate limited: nothing is sent': async open => {
    const scene = await open({ venue: LOOK_UP })
    const headers = { 'retry-after': '2' }
    scene.harm('place', {
      kind: 'status',
      when: 'before',
      status: 429,
      headers,
    })
    await scene.exit('a')
    await scene.until(() => scene.asked('place') === 1)
    await scene.pass(200)
    scene.trade(-5)
    await over(scene)
    expect(ledger(scene)).to.deep.equal({ executed: 0, held: 0 })
  },

  'closes a position just before its stop is crossed: nothing is sent': async open => {
    const scene = await open({
      venue: LOOK_UP,
      config: { holdings: { reconcileMs: 5_000 } },
    })
    await scene.pass(600)
    scene.trade(-5)
    scene.price(94)
    await over(scene)
    expect(ledger(scene)).to.deep.equal({ executed: 0, held: 0 })
  },

  'closes a part just before the stop is crossed, where ids make no second order': async open => {
    const scene = await open({
      venue: DEDUPE,
      config: { holdings: { reconcileMs: 5_000 } },
    })
    await scene.pass(600)
    scene.trade(-2)
    scene.price(94)
    await over(scene)
    expect(ledger(scene)).to.deep.equal({ executed: 3, held: 0 })
  },

  'closes a position while no holding query is answered: nothing is sent': async open => {
    const scene = await open({ venue: LOOK_UP })
    await scene.until(() => scene.asked('holdings') >= 2)
    const outage = { kind: 'status', when: 'before', status: 503 } as const
    for (const route of ['holding', 'holdings', 'order'] as const)
      scene.harm(route, outage, { times: 'always' })
    await scene.pass(300)
    scene.trade(-5)
    scene.price(94)
    await scene.pass(2_000)
    scene.calm()
    await over(scene)
    expect(ledger(scene)).to.deep.equal({ executed: 0, held: 0 })
  },

  'buys after an unanswered order, where only the holding proves its outcome': async open => {
    await boughtInDoubt(await open({ venue: REDUCE_ONLY }))
  },

  'buys after an unanswered order, where only its id proves its outcome': async open => {
    await boughtInDoubt(
      await open({
        venue: { capabilities: { ...DEDUPE.capabilities, lookup: 'none' } },
      }),
    )
  },

  'buys again what is shown as closed: that is closed on disk': async open => {
    const scene = await open({ venue: REDUCE_ONLY })
    await scene.steer({ commits: [{ having: 'exit-filled', slowMs: 6_000 }] })
    await scene.exit('a')
    await scene.until(() => scene.executed() === 5)
    const end = performance.now() + 4_000
    let isShown = true
    while (isShown && performance.now() < end) isShown = (await scene.position('a')) !== undefined
    await scene.kill()
    // The strategy buys as soon as it reads that the position is closed.
    if (!isShown) scene.trade(5)
    await scene.start()
    await scene.pass(2_500)
    expect(ledger(scene)).to.deep.equal({ executed: 5, held: isShown ? 0 : 5 })
  },
})
