import { expect } from 'chai'
import { five, type Scene } from './scene.ts'
import { sideBySide } from './side-by-side.ts'

const DEDUPE = { capabilities: { reduceOnly: false } } as const
const REDUCE_ONLY = {
  capabilities: { dedupe: 'never', lookup: 'none', visibilityMs: 300 },
} as const

/** What the service sold, and what is left. */
const ledger = (scene: Scene) => ({
  executed: scene.executed(),
  held: scene.held(),
})

/** The order of `a` is carried out, its answer is lost, and five more are bought and posted. */
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
  'buys after an unanswered order, where only the holding tells of it': async open => {
    await boughtInDoubt(await open({ venue: REDUCE_ONLY }))
  },

  'buys after an unanswered order, where only its id tells of it': async open => {
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
    // The strategy buys what it was told is over.
    if (!isShown) scene.trade(5)
    await scene.start()
    await scene.pass(2_500)
    expect(ledger(scene)).to.deep.equal({ executed: 5, held: isShown ? 0 : 5 })
  },
})
