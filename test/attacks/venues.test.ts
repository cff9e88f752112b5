import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { binanceAccount, bybitAccount, okxAccount } from '../support/venues/accounts.ts'
import { KEY } from '../support/venues/binance.ts'
import { measured, PROVES } from './at-venues.ts'
import type { Scene, SceneAccount } from './scene.ts'
import { sideBySide, type Open } from './side-by-side.ts'

/** Well before an accepted order is sure to be visible at the venue, ms. */
const SOON_MS = 10_000

/** A service that guards five ACME at an emulated Binance. */
const atBinance = (open: Open): Promise<Scene> => at(open, binanceAccount())

/** A service that guards five ACME at an emulated venue. */
async function at(open: Open, account: SceneAccount): Promise<Scene> {
  const scene = await open({
    account,
    venue: { capabilities: PROVES },
    config: { holdings: { reconcileMs: 2_000 } },
  })
  await scene.until(async () => (await scene.position('a'))?.state === 'guarded')
  return scene
}

/** The stop is crossed, and five are sold: never more, however often an order was sent. */
async function soldOnce(scene: Scene, patienceMs = 60_000): Promise<void> {
  await scene.until(() => scene.held() === 0, patienceMs)
  await scene.until(async () => (await scene.position('a')) === undefined, patienceMs)
  expect(scene.executed()).to.equal(5)
}

const UNKNOWN = 'Unknown error, please check your request or try again later.'
const UNAVAILABLE = 'Service Unavailable.'
const FAILED = 'Internal error; unable to process your request. Please try again.'

sideBySide('an account at Binance', {
  'is exited once where a 503 hides that the order was filled': async open => {
    const scene = await at(open, measured(binanceAccount()))
    scene.harm('place', { kind: 'status', when: 'after', status: 503, text: UNKNOWN })
    scene.price(94)
    await soldOnce(scene)
    expect(scene.asked('place')).to.equal(1)
  },

  'is exited once where a 503 hides that the order never arrived': async open => {
    const scene = await at(open, measured(binanceAccount()))
    scene.harm('place', { kind: 'status', when: 'before', status: 503, text: UNKNOWN })
    scene.price(94)
    await soldOnce(scene)
    expect(scene.asked('place')).to.equal(2)
  },

  'is exited at once where a 503 says that the service is unavailable': async open => {
    const scene = await atBinance(open)
    scene.harm('place', { kind: 'status', when: 'before', status: 503, text: UNAVAILABLE })
    scene.price(94)
    await scene.until(() => scene.held() === 0, SOON_MS)
    await soldOnce(scene)
    expect(scene.asked('place')).to.equal(2)
  },

  'is exited at once where a 503 says that the request failed': async open => {
    const scene = await atBinance(open)
    const body = { code: -1001, msg: FAILED }
    scene.harm('place', { kind: 'status', when: 'before', status: 503, body })
    scene.price(94)
    await scene.until(() => scene.held() === 0, SOON_MS)
    await soldOnce(scene)
    expect(scene.asked('place')).to.equal(2)
  },

  'is exited once over a kill while the answer to the order is on its way': async open => {
    const scene = await atBinance(open)
    scene.harm('place', { kind: 'delay', when: 'after', ms: 3_000 })
    scene.price(94)
    await scene.until(() => scene.executed() === 5)
    await scene.restart()
    await soldOnce(scene)
    expect(scene.asked('place')).to.equal(1)
  },

  'is exited once over a kill while the order is on its way': async open => {
    const scene = await atBinance(open)
    scene.harm('place', { kind: 'delay', when: 'before', ms: 2_000 })
    scene.price(94)
    await scene.until(() => scene.asked('place') === 1)
    await scene.restart()
    await soldOnce(scene)
  },

  'is not guarded under the other position mode, and names the mode it is in': async open => {
    const account = { ...binanceAccount({ mode: 'hedge' }), broker: binanceAccount().broker }
    const refused = open({ account, venue: { capabilities: PROVES } }).then(
      () => '',
      (error: Error) => error.message,
    )
    expect(await refused).to.include('the account is in hedge mode')
  },

  'shows its key nowhere': async open => {
    const scene = await atBinance(open)
    scene.harm('holding', { kind: 'status', when: 'before', status: 400, body: { code: -2015 } })
    scene.price(94)
    await soldOnce(scene)
    await scene.kill()
    expect(scene.output).to.not.include(KEY.secret)
    for (const name of readdirSync(scene.folder, { recursive: true, encoding: 'utf8' })) {
      const file = join(scene.folder, name)
      if (statSync(file).isFile())
        expect(readFileSync(file, 'latin1'), name).to.not.include(KEY.secret)
    }
  },
})

sideBySide('an account at Bybit', {
  'is exited once where an order is acknowledged and rejected later': async open => {
    const scene = await at(open, measured(bybitAccount()))
    scene.harm('place', { kind: 'reject', code: 'late' })
    scene.price(94)
    await soldOnce(scene)
    expect(scene.asked('place')).to.equal(2)
    expect(await scene.lines('exit-fault')).to.deep.equal([])
  },

  'is exited once over a kill while the answer to the order is on its way': async open => {
    const scene = await at(open, bybitAccount())
    scene.harm('place', { kind: 'delay', when: 'after', ms: 3_000 })
    scene.price(94)
    await scene.until(() => scene.executed() === 5)
    await scene.restart()
    await soldOnce(scene)
    expect(scene.asked('place')).to.equal(1)
  },
})

const TIMED_OUT = { code: '51149', msg: 'Order timed out. Please try again.', data: [] }

sideBySide('an account at OKX', {
  'is exited once where an order timed out at the venue and was filled': async open => {
    const scene = await at(open, measured(okxAccount()))
    scene.harm('place', { kind: 'status', when: 'after', status: 500, body: TIMED_OUT })
    scene.price(94)
    await soldOnce(scene)
    expect(scene.asked('place')).to.equal(1)
  },

  'is exited once where an order timed out at the venue and was lost': async open => {
    const scene = await at(open, measured(okxAccount()))
    scene.harm('place', { kind: 'status', when: 'before', status: 500, body: TIMED_OUT })
    scene.price(94)
    await soldOnce(scene)
    expect(scene.asked('place')).to.equal(2)
  },

  'is exited once over a kill while the answer to the order is on its way': async open => {
    const scene = await at(open, okxAccount())
    scene.harm('place', { kind: 'delay', when: 'after', ms: 3_000 })
    scene.price(94)
    await scene.until(() => scene.executed() === 5)
    await scene.restart()
    await soldOnce(scene)
    expect(scene.asked('place')).to.equal(1)
  },
})
