import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { binanceAccount, bybitAccount, okxAccount } from '../support/venues/accounts.ts'
import { KEY } from '../support/venues/binance.ts'
import { measured, PROVES } from './at-venues.ts'
import type { Posted, Scene, SceneAccount, SceneOptions } from './scene.ts'
import { inOneScene, sideBySide, type Episode } from './side-by-side.ts'

/** Well before an accepted order is sure to be visible at a venue that was not measured, ms. */
const SOON_MS = 10_000
const PATIENCE_MS = 60_000

const at = (account: SceneAccount): SceneOptions => ({
  account,
  venue: { capabilities: PROVES },
  config: { holdings: { reconcileMs: 2_000 } },
})

type Guarded = Posted & { readonly scene: Scene }

/** An episode that begins once its position is guarded, and ends with the orders that were sent for it, if it says so. */
const guarded =
  (act: (given: Guarded) => Promise<void>, orders?: number): Episode =>
  async (scene, position) => {
    await scene.until(async () => (await scene.position(position.id))?.state === 'guarded')
    const before = scene.asked('place')
    await act({ ...position, scene })
    await soldOnce(scene, position)
    if (orders !== undefined) expect(scene.asked('place') - before).to.equal(orders)
  }

/** The stop is crossed, and five are sold: never more, however often an order was sent. */
async function soldOnce(scene: Scene, { id, instrument }: Posted): Promise<void> {
  await scene.until(() => scene.held(instrument) === 0, PATIENCE_MS)
  await scene.until(async () => (await scene.position(id)) === undefined, PATIENCE_MS)
  expect(scene.executed(instrument)).to.equal(5)
}

/** Five are sold soon, by the second order; the proof that nothing is left takes longer. */
async function soldAtOnce(scene: Scene, { id, instrument }: Posted): Promise<void> {
  await scene.until(async () => (await scene.position(id))?.state === 'guarded')
  const before = scene.asked('place')
  scene.price(94, instrument)
  await scene.until(() => scene.held(instrument) === 0, SOON_MS)
  expect([scene.executed(instrument), scene.asked('place') - before]).to.deep.equal([5, 2])
}

const killedBeforeTheAnswer = guarded(async ({ scene, instrument }) => {
  scene.harm('place', { kind: 'delay', when: 'after', ms: 3_000 })
  scene.price(94, instrument)
  await scene.until(() => scene.executed(instrument) === 5)
  await scene.restart()
}, 1)

const UNKNOWN = 'Unknown error, please check your request or try again later.'
const UNAVAILABLE = 'Service Unavailable.'
const FAILED = 'Internal error; unable to process your request. Please try again.'

inOneScene('an account at Binance, measured', () => at(measured(binanceAccount())), {
  'is exited once where a 503 hides that the order was filled': guarded(
    async ({ scene, instrument }) => {
      scene.harm('place', { kind: 'status', when: 'after', status: 503, text: UNKNOWN })
      scene.price(94, instrument)
    },
    1,
  ),

  'is exited once where a 503 hides that the order never arrived': guarded(
    async ({ scene, instrument }) => {
      scene.harm('place', { kind: 'status', when: 'before', status: 503, text: UNKNOWN })
      scene.price(94, instrument)
    },
    2,
  ),

  'is exited once over a kill while the answer to the order is on its way': killedBeforeTheAnswer,

  'shows its key nowhere': async (scene, { id, instrument }) => {
    await scene.until(async () => (await scene.position(id))?.state === 'guarded')
    scene.harm('holding', { kind: 'status', when: 'before', status: 400, body: { code: -2015 } })
    scene.price(94, instrument)
    await soldOnce(scene, { id, instrument })
    await scene.kill()
    expect(scene.output).to.not.include(KEY.secret)
    for (const name of readdirSync(scene.folder, { recursive: true, encoding: 'utf8' })) {
      const file = join(scene.folder, name)
      if (statSync(file).isFile())
        expect(readFileSync(file, 'latin1'), name).to.not.include(KEY.secret)
    }
  },
})

inOneScene('an account at Binance', () => at(binanceAccount()), {
  'is exited at once where a 503 says that the service is unavailable': async (scene, position) => {
    scene.harm('place', { kind: 'status', when: 'before', status: 503, text: UNAVAILABLE })
    await soldAtOnce(scene, position)
  },

  'is exited at once where a 503 says that the request failed': async (scene, position) => {
    const body = { code: -1001, msg: FAILED }
    scene.harm('place', { kind: 'status', when: 'before', status: 503, body })
    await soldAtOnce(scene, position)
  },

  'is exited once over a kill while the order is on its way': guarded(
    async ({ scene, instrument }) => {
      const before = scene.asked('place')
      scene.harm('place', { kind: 'delay', when: 'before', ms: 2_000 })
      scene.price(94, instrument)
      await scene.until(() => scene.asked('place') === before + 1)
      await scene.restart()
    },
  ),
})

sideBySide('an account at Binance in the other position mode', {
  'is not guarded, and names the mode it is in': async open => {
    const account = { ...binanceAccount({ mode: 'hedge' }), broker: binanceAccount().broker }
    const refused = open({ account, venue: { capabilities: PROVES } }).then(
      () => '',
      (error: Error) => error.message,
    )
    expect(await refused).to.include('the account is in hedge mode')
  },
})

inOneScene('an account at Bybit', () => at(measured(bybitAccount())), {
  'is exited once where an order is acknowledged and rejected later': guarded(
    async ({ scene, instrument }) => {
      scene.harm('place', { kind: 'reject', code: 'late' })
      scene.price(94, instrument)
      await scene.until(() => scene.held(instrument) === 0, PATIENCE_MS)
      expect(await scene.lines('exit-fault')).to.deep.equal([])
    },
    2,
  ),

  'is exited once over a kill while the answer to the order is on its way': killedBeforeTheAnswer,
})

const TIMED_OUT = { code: '51149', msg: 'Order timed out. Please try again.', data: [] }

inOneScene('an account at OKX', () => at(measured(okxAccount())), {
  'is exited once where an order timed out at the venue and was filled': guarded(
    async ({ scene, instrument }) => {
      scene.harm('place', { kind: 'status', when: 'after', status: 500, body: TIMED_OUT })
      scene.price(94, instrument)
    },
    1,
  ),

  'is exited once where an order timed out at the venue and was lost': guarded(
    async ({ scene, instrument }) => {
      scene.harm('place', { kind: 'status', when: 'before', status: 500, body: TIMED_OUT })
      scene.price(94, instrument)
    },
    2,
  ),

  'is exited once over a kill while the answer to the order is on its way': killedBeforeTheAnswer,
})
