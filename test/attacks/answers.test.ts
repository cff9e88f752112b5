import { expect } from 'chai'
import { five, type Scene } from './scene.ts'
import { sideBySide } from './side-by-side.ts'

/** An order can be found by its id, and nothing prevents a second one. */
const LOOK_UP = {
  capabilities: { dedupe: 'never', reduceOnly: false },
} as const
const REDUCE_ONLY = {
  capabilities: { dedupe: 'never', lookup: 'none', visibilityMs: 100 },
} as const

/** The exit of `a` has ended: five were sold, and not one more. */
async function soldOnce(scene: Scene, { held = 0 } = {}): Promise<void> {
  await scene.until(async () => (await scene.position('a')) === undefined)
  await scene.pass(1_000)
  expect({ executed: scene.executed(), held: scene.held() }).to.deep.equal({
    executed: 5,
    held,
  })
}

sideBySide('old or contradictory answers of a broker', {
  'do not close a position that was bought after the answer was known': async open => {
    const scene = await open({ venue: LOOK_UP })
    scene.change({ reportsAge: true, lagMs: { holding: 4_000, list: 4_000 } })
    scene.trade(5, 'GLOBEX')
    await scene.add(five('b', { instrument: 'GLOBEX' }))
    await scene.pass(2_000)
    expect(await scene.position('b')).to.include({ quantity: 5 })
    scene.price(94, 'GLOBEX')
    await scene.until(async () => (await scene.position('b')) === undefined)
    await scene.pass(500)
    expect([scene.executed('GLOBEX'), scene.held('GLOBEX')]).to.deep.equal([5, 0])
  },

  'do not prove an order away that was sent after the answer was known': async open => {
    const lagMs = { holding: 3_000, list: 3_000 }
    const scene = await open({
      venue: { ...REDUCE_ONLY, reportsAge: true, lagMs },
    })
    // Five more, that belong to another person.
    scene.trade(5)
    await scene.pass(3_500)
    scene.harm('place', { kind: 'reset', when: 'after' })
    scene.price(94)
    await soldOnce(scene, { held: 5 })
  },

  'do not end an acknowledged order by a rejection': async open => {
    const scene = await open({ venue: { ...LOOK_UP, reportsState: false } })
    scene.harm('place', { kind: 'fill', plan: { share: 1, afterMs: 800 } })
    const fields = { kind: 'rejected', code: 'refused', executed: null }
    scene.harm('order', { kind: 'patch', fields })
    scene.price(94)
    await soldOnce(scene)
  },

  'do not end an order by the rejection of its cancel': async open => {
    const scene = await open({
      venue: LOOK_UP,
      config: { exits: { workingMs: 300 } },
    })
    scene.harm('place', { kind: 'fill', plan: { share: 0, restMs: 1_000 } })
    const fields = { kind: 'rejected', code: 'refused', executed: null }
    scene.harm('cancel', { kind: 'ignore' })
    scene.harm('cancel', { kind: 'patch', fields })
    scene.price(94)
    await soldOnce(scene)
  },

  'cause another query where more was executed than the order has': async open => {
    const scene = await open({ venue: LOOK_UP })
    const executed = { quantity: 50, price: 94 }
    const order = { kind: 'filled', executed }
    scene.harm('place', { kind: 'patch', fields: { order } })
    scene.harm('order', { kind: 'patch', fields: { executed } })
    scene.price(94)
    await soldOnce(scene)
    expect((await scene.lines('exit-filled'))[0]).to.have.property('quantity', 5)
  },

  'are not believed where they say that an order is filled and nothing was executed':
    async open => {
      const scene = await open({ venue: LOOK_UP })
      const order = { kind: 'filled', executed: { quantity: 0, price: null } }
      scene.harm('place', { kind: 'fill', plan: { share: 1, afterMs: 300 } })
      scene.harm('place', { kind: 'patch', fields: { order } })
      scene.price(94)
      await soldOnce(scene)
      expect(scene.asked('order')).to.be.greaterThan(0)
    },

  'prove nothing where they say held and flat in one body': async open => {
    const scene = await open({ venue: LOOK_UP })
    scene.harm('holding', { kind: 'double', fields: { kind: 'flat' } }, { times: 'always' })
    scene.harm('holdings', { kind: 'rows', change: 'empty' }, { times: 'always' })
    await scene.pass(1_500)
    expect(await scene.position('a')).to.include({ quantity: 5 })
    scene.calm()
    scene.price(94)
    await soldOnce(scene)
  },

  'that contradict themselves about an order are settled by the holding': async open => {
    const scene = await open({ venue: LOOK_UP })
    scene.harm('place', { kind: 'hang', when: 'after' })
    scene.price(94)
    await scene.until(() => scene.executed() === 5)
    const fields = { kind: 'filled', executed: { quantity: 2, price: 94 } }
    for (const route of ['order', 'cancel'] as const) {
      scene.harm(route, { kind: 'patch', fields }, { times: 'always' })
    }
    await soldOnce(scene)
    expect(await scene.lines('exit-fault')).to.have.length(1)
  },

  'that an order ended leave its later fills as unowned, which health shows at once':
    async open => {
      // No cycle comes between the journal line and the health request.
      const config = { cycleMs: 1_000 }
      const scene = await open({ venue: LOOK_UP, config })
      const plan = { share: 0, ends: true, fillsAfterEndMs: 1_500 }
      scene.harm('place', { kind: 'fill', plan })
      scene.price(94)
      await scene.until(async () => (await scene.position('a')) === undefined)
      await scene.until(() => scene.held() === -5)
      await scene.restart()
      expect((await scene.health()).status, 'whether read or not').not.to.equal('pass')
      await scene.until(async () => (await scene.lines('holding-oversold')).length > 0)
      expect((await scene.health()).status).to.equal('fail')
      expect(await scene.lines('holding-unowned')).to.deep.equal([])
    },

  'guard the other positions while one holding is never known': async open => {
    const scene = await open({
      positions: [five('a'), five('b', { instrument: 'GLOBEX' })],
    })
    const unknown = { kind: 'unknown', quantity: null }
    const harm = { kind: 'patch', fields: unknown } as const
    scene.harm('holding', harm, { instrument: 'ACME', times: 'always' })
    scene.price(94, 'GLOBEX')
    await scene.until(() => scene.held('GLOBEX') === 0)
    expect(scene.held()).to.equal(5)
  },
})
