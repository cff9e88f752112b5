import { expect } from 'chai'
import { five, type Posted, type Scene } from './scene.ts'
import { inOneScene, sideBySide } from './side-by-side.ts'

/** An order can be found by its id, and nothing prevents a second one. */
const LOOK_UP = {
  capabilities: { dedupe: 'never', reduceOnly: false },
} as const
const REDUCE_ONLY = {
  capabilities: { dedupe: 'never', lookup: 'none', visibilityMs: 100 },
} as const

const gone = (scene: Scene, id: string): Promise<void> =>
  scene.until(async () => (await scene.position(id)) === undefined)

/** An exit has ended: five were sold, and not one more. */
async function soldOnce(
  scene: Scene,
  { id, instrument }: Posted,
  { held = 0 } = {},
): Promise<void> {
  await gone(scene, id)
  await scene.pass(1_000)
  const ledger = { executed: scene.executed(instrument), held: scene.held(instrument) }
  expect(ledger).to.deep.equal({ executed: 5, held })
}

const linesOf = async (scene: Scene, { id }: Posted, kind: string) =>
  (await scene.lines(kind)).filter(line => line.positionId === id)

const found = () => ({ isEmbedded: true, venue: LOOK_UP })

inOneScene('old or contradictory answers of a broker', found, {
  'do not end an acknowledged order by a rejection': async (scene, position) => {
    const { instrument } = position
    scene.change({ reportsState: false })
    scene.harm('place', { kind: 'fill', plan: { share: 1, afterMs: 800 } }, { instrument })
    const fields = { kind: 'rejected', code: 'refused', executed: null }
    // The first look-up comes before the order is sent.
    scene.harm('order', { kind: 'patch', fields }, { skip: 1 })
    scene.price(94, instrument)
    await soldOnce(scene, position)
    scene.change({ reportsState: true })
  },

  'do not end an order by the rejection of its cancel': async (scene, position) => {
    const { instrument } = position
    // It is cancelled after a second.
    scene.harm('place', { kind: 'fill', plan: { share: 0, restMs: 2_000 } }, { instrument })
    const fields = { kind: 'rejected', code: 'refused', executed: null }
    scene.harm('cancel', { kind: 'ignore' })
    scene.harm('cancel', { kind: 'patch', fields })
    scene.price(94, instrument)
    await soldOnce(scene, position)
    expect(scene.asked('cancel')).to.be.greaterThan(0)
  },

  'cause another query where more was executed than the order has': async (scene, position) => {
    const { instrument } = position
    const executed = { quantity: 50, price: 94 }
    const order = { kind: 'filled', executed }
    scene.harm('place', { kind: 'patch', fields: { order } }, { instrument })
    scene.harm('order', { kind: 'patch', fields: { executed } })
    scene.price(94, instrument)
    await soldOnce(scene, position)
    const [filled] = await linesOf(scene, position, 'exit-filled')
    expect(filled).to.have.property('quantity', 5)
  },

  'are not believed where they say that an order is filled and nothing was executed': async (
    scene,
    position,
  ) => {
    const { instrument } = position
    const before = scene.asked('order')
    const order = { kind: 'filled', executed: { quantity: 0, price: null } }
    scene.harm('place', { kind: 'fill', plan: { share: 1, afterMs: 300 } }, { instrument })
    scene.harm('place', { kind: 'patch', fields: { order } }, { instrument })
    scene.price(94, instrument)
    await soldOnce(scene, position)
    expect(scene.asked('order')).to.be.greaterThan(before)
  },

  'prove nothing where they say held and flat in one body': async (scene, position) => {
    const { id, instrument } = position
    scene.harm('holding', { kind: 'double', fields: { kind: 'flat' } }, { times: 'always' })
    scene.harm('holdings', { kind: 'rows', change: 'empty' }, { times: 'always' })
    await scene.pass(1_500)
    expect(await scene.position(id)).to.include({ quantity: 5 })
    scene.calm()
    scene.price(94, instrument)
    await soldOnce(scene, position)
  },

  'that contradict themselves about an order are settled by the holding': async (
    scene,
    position,
  ) => {
    const { instrument } = position
    scene.harm('place', { kind: 'hang', when: 'after' }, { instrument })
    scene.price(94, instrument)
    await scene.until(() => scene.executed(instrument) === 5)
    const fields = { kind: 'filled', executed: { quantity: 2, price: 94 } }
    for (const route of ['order', 'cancel'] as const) {
      scene.harm(route, { kind: 'patch', fields }, { times: 'always' })
    }
    await soldOnce(scene, position)
    scene.calm()
    expect(await linesOf(scene, position, 'exit-fault')).to.have.length(1)
  },

  'guard the other positions while one holding is never known': async (
    scene,
    { id, instrument },
  ) => {
    scene.trade(5, 'GLOBEX')
    const other = `${id}-other`
    await scene.add(five(other, { instrument: 'GLOBEX' }))
    await scene.until(async () => (await scene.position(other))?.state === 'guarded')
    const unknown = { kind: 'unknown', quantity: null }
    const harm = { kind: 'patch', fields: unknown } as const
    scene.harm('holding', harm, { instrument, times: 'always' })
    scene.price(94, 'GLOBEX')
    await scene.until(() => scene.held('GLOBEX') === 0)
    expect(scene.held(instrument)).to.equal(5)
    scene.calm()
  },

  'do not close a position that was bought after the answer was known': async scene => {
    const position = five('new', { instrument: 'NEW' })
    scene.change({ reportsAge: true, lagMs: { holding: 4_000, list: 4_000 } })
    scene.trade(5, position.instrument)
    await scene.add(position)
    await scene.pass(2_000)
    expect(await scene.position(position.id)).to.include({ quantity: 5 })
    scene.price(94, position.instrument)
    await soldOnce(scene, position)
  },
})

sideBySide('answers of a broker that are old, or end an order too early', {
  'do not prove an order away that was sent after the answer was known': async open => {
    const lagMs = { holding: 3_000, list: 3_000 }
    const scene = await open({
      isEmbedded: true,
      venue: { ...REDUCE_ONLY, reportsAge: true, lagMs },
    })
    // Five more, that belong to another person.
    scene.trade(5)
    await scene.pass(3_500)
    scene.harm('place', { kind: 'reset', when: 'after' })
    scene.price(94)
    await soldOnce(scene, five('a'), { held: 5 })
  },

  'leave the later fills of an order as unowned, which health shows at once': async open => {
    // No cycle comes between the journal line and the health request.
    const config = { cycleMs: 1_000 }
    const scene = await open({ venue: LOOK_UP, config })
    const plan = { share: 0, ends: true, fillsAfterEndMs: 1_500 }
    scene.harm('place', { kind: 'fill', plan })
    scene.price(94)
    await gone(scene, 'a')
    await scene.until(() => scene.held() === -5)
    await scene.restart()
    expect((await scene.health()).status, 'whether read or not').not.to.equal('pass')
    await scene.until(async () => (await scene.lines('holding-oversold')).length > 0)
    expect((await scene.health()).status).to.equal('fail')
    expect(await scene.lines('holding-unowned')).to.deep.equal([])
  },
})
