import { expect } from 'chai'
import { five, type Posted, type Scene } from './scene.ts'
import { inOneScene } from './side-by-side.ts'

const HOUR_MS = 3_600_000

/** Longest wait for a sale after a stop is crossed, ms. */
const SOON_MS = 5_000

/** A second position, of an instrument that no other position has. */
function another({ id, instrument }: Posted, but: Readonly<Record<string, unknown>> = {}): Posted {
  return five(`${id}-other`, { instrument: `${instrument}-other`, ...but })
}

const isIn = async (scene: Scene, { id }: Posted, state: string): Promise<boolean> =>
  (await scene.position(id))?.state === state

/** Buys what a position says, and adds it. */
async function added(scene: Scene, position: Posted): Promise<void> {
  scene.trade(5, position.instrument)
  expect(await scene.add(position)).to.have.property('status', 201)
  await scene.until(() => isIn(scene, position, 'guarded'))
}

/** Its stop is crossed, and five are sold. */
async function soldOnce(scene: Scene, { instrument }: Posted, patienceMs?: number): Promise<void> {
  scene.price(90, instrument)
  await scene.until(() => scene.held(instrument) === 0, patienceMs)
  expect(scene.executed(instrument)).to.equal(5)
}

inOneScene('an impossible time', () => ({}), {
  'of an opening does not leave a position unguarded': async (scene, position) => {
    const other = another(position)
    scene.trade(5, other.instrument)
    const { status } = await scene.add(other, { openedAt: Date.now() + HOUR_MS })
    if (status !== 201) {
      expect(status).to.be.within(400, 499)
      // A clock slightly ahead of this machine's.
      const said = await scene.add(other, { openedAt: Date.now() + 500 })
      expect(said).to.have.property('status', 201)
    }
    await scene.until(() => isIn(scene, other, 'guarded'))
    await soldOnce(scene, other, SOON_MS)
  },

  'of one price does not block all later prices of its instrument': async (scene, position) => {
    const { instrument } = position
    await scene.until(() => isIn(scene, position, 'guarded'))
    const quotes = [{ instrument, ts: Date.now() * 1_000, price: 101 }]
    scene.harm('quotes', { kind: 'patch', fields: { quotes } })
    await scene.pass(500)
    await soldOnce(scene, position, SOON_MS)
  },

  'of a last trade does not hide that the bid fell': async (scene, position) => {
    const other = another(position, { priceSource: 'quote' })
    await added(scene, other)
    const quote = { instrument: other.instrument, ts: Date.now(), price: 100, ask: 101 }
    const quoteOf = (bid: number) =>
      ({ kind: 'patch', fields: { quotes: [{ ...quote, bid }] } }) as const
    scene.harm('quotes', quoteOf(99), { times: 5 })
    await scene.pass(600)
    scene.harm('quotes', quoteOf(90), { times: 'always' })
    await scene.until(() => scene.held(other.instrument) === 0, SOON_MS)
    scene.calm()
  },

  'of a price that is a day old guards no position': async (scene, position) => {
    const { instrument } = position
    const quotes = [{ instrument, ts: Date.now() - 24 * HOUR_MS, price: 100 }]
    await scene.kill()
    scene.harm('quotes', { kind: 'patch', fields: { quotes } }, { times: 'always' })
    const before = scene.asked('quotes')
    await scene.start()
    await scene.until(() => scene.asked('quotes') >= before + 10)
    expect((await scene.position(position.id))?.state)
      .to.be.a('string')
      .that.is.not.equal('guarded')
    scene.calm()
  },
})

/** A service that takes a price for old after a second. */
const config = { health: { staleMs: 1_000 } }

inOneScene('a clock that is set', () => ({ config }), {
  'forward does not make fresh prices old': async (scene, position) => {
    const rules = { stopLoss: { price: 95 }, staleQuote: { afterMs: 5_000, action: 'exit' } }
    await added(scene, another(position, { rules }))
    for (let hours = 1; hours <= 8; hours++) {
      await scene.steer({ clockMs: hours * HOUR_MS })
      await scene.pass(200)
    }
    expect(scene.asked('place')).to.equal(0)
  },

  'back leaves no position unguarded that was opened before': async (scene, position) => {
    await scene.steer({ clockMs: -HOUR_MS })
    await soldOnce(scene, position)
  },

  'back leaves no position unguarded that is opened after': async (scene, position) => {
    await scene.steer({ clockMs: -2 * HOUR_MS })
    const other = another(position)
    await added(scene, other)
    await soldOnce(scene, other)
  },

  'back does not hide that prices stopped': async (scene, position) => {
    await scene.until(() => isIn(scene, position, 'guarded'))
    scene.harm('quotes', { kind: 'hang', when: 'before' }, { times: 'always' })
    await scene.steer({ clockMs: -3 * HOUR_MS })
    await scene.until(async () => !(await isIn(scene, position, 'guarded')))
    expect((await scene.position(position.id))?.priceAgeMs ?? 0).to.be.at.least(0)
    scene.calm()
  },

  'back over a restart does not hold an exit back': async (scene, { id, instrument }) => {
    await scene.restart({ clockMs: HOUR_MS })
    const before = scene.asked('place')
    scene.harm('place', { kind: 'reject', code: 'refused' }, { times: 'always' })
    await scene.exit(id)
    await scene.until(() => scene.asked('place') >= before + 2)
    await scene.pass(400)
    await scene.kill()
    scene.calm()
    await scene.start()
    await scene.until(() => scene.held(instrument) === 0, 10_000)
  },
})
