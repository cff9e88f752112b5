import { expect } from 'chai'
import type { Protocol } from '../support/broker-server/routes.ts'
import { binanceAccount, bybitAccount, okxAccount } from '../support/venues/accounts.ts'
import { measured, PROVES } from './at-venues.ts'
import type { SceneOptions } from './scene.ts'
import { inOneScene } from './side-by-side.ts'

const PATIENCE_MS = 90_000
const MAINTENANCE = '<html><head><title>Maintenance</title></head><body>Back soon</body></html>'

/** Answers with which each venue limits callers, with and without a wait, or bans them. */
const LIMITS = {
  binance: {
    account: binanceAccount,
    without: { status: 429, body: { code: -1003, msg: 'Too many requests.' } },
    waits: {
      status: 418,
      body: { code: -1003, msg: 'Way too many requests; IP banned.' },
      headers: { 'retry-after': '1' },
    },
  },
  bybit: {
    account: bybitAccount,
    without: { status: 200, body: { retCode: 10006, retMsg: 'Too many visits!', time: 1 } },
    waits: { status: 429, body: {}, headers: { 'retry-after': '1' } },
  },
  okx: {
    account: okxAccount,
    without: { status: 429, body: { code: '50011', msg: 'Too many requests', data: [] } },
    waits: { status: 429, body: {}, headers: { 'retry-after': '1' } },
  },
} as const

for (const kind of ['binance', 'bybit', 'okx'] as const) {
  const { account, without, waits } = LIMITS[kind]
  let protocol: Protocol
  const options = (): SceneOptions => {
    const made = account()
    ;({ protocol } = made)
    return {
      isEmbedded: true,
      account: measured(made),
      venue: { capabilities: PROVES },
      config: { holdings: { reconcileMs: 1_000 } },
    }
  }
  inOneScene(`an account at ${kind}`, options, {
    'is exited once over limits, a ban and pages of maintenance': async (scene, position) => {
      const { id, instrument } = position
      await scene.until(async () => (await scene.position(id))?.state === 'guarded')
      scene.harm('place', { kind: 'status', when: 'before', ...without })
      scene.harm('place', { kind: 'status', when: 'before', ...waits }, { skip: 1 })
      scene.harm('place', { kind: 'raw', text: MAINTENANCE }, { skip: 2 })
      scene.harm('order', { kind: 'status', when: 'before', status: 503, text: MAINTENANCE })
      scene.price(94, instrument)
      await scene.until(() => scene.held(instrument) === 0, PATIENCE_MS)
      await scene.until(async () => (await scene.position(id)) === undefined, PATIENCE_MS)
      expect([scene.executed(instrument), scene.asked('place')]).to.deep.equal([5, 3])
      expect(await scene.lines('exit-filled')).to.have.length(1)
    },

    'names what a sale by hand took, and follows a clock that runs away': async (
      scene,
      position,
    ) => {
      const { id, instrument } = position
      await scene.until(async () => (await scene.position(id))?.state === 'guarded')
      scene.trade(-2, instrument)
      await scene.until(async () => (await scene.lines('holding-shrunk')).length > 0, PATIENCE_MS)
      expect((await scene.lines('holding-shrunk'))[0]).to.include({ cause: 'by-hand' })
      // By more than a request may be late: each is refused until the time was read again.
      const emulator = protocol as unknown as { emulation: object }
      emulator.emulation = { ...emulator.emulation, aheadMs: 40_000 }
      scene.price(94, instrument)
      await scene.until(() => scene.held(instrument) === 0, PATIENCE_MS)
      await scene.until(async () => (await scene.position(id)) === undefined, PATIENCE_MS)
      expect(scene.executed(instrument)).to.equal(3)
    },
  })
}
