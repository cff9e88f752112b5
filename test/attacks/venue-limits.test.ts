import { expect } from 'chai'
import type { VenueKind } from '../../src/domain/venue-kind.ts'
import { reportOf } from '../crash/emulated.ts'
import { Folder } from '../support/cli.ts'
import { binanceAccount, bybitAccount, okxAccount } from '../support/venues/accounts.ts'
import type { Scene, SceneAccount } from './scene.ts'
import { sideBySide, type Open } from './side-by-side.ts'

const PROVES = { dedupe: 'open-only', lookup: 'complete', reduceOnly: true } as const
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

/** A service at a venue that was measured to show everything at once. */
async function at(open: Open, kind: VenueKind, { broker, ...given }: SceneAccount): Promise<Scene> {
  const report = folder.file(`${kind}.json`, JSON.stringify(reportOf({ kind, mode: 'one-way' })))
  const account = { ...given, broker: { ...broker, report } }
  const venue = { capabilities: PROVES }
  const scene = await open({ account, venue, config: { holdings: { reconcileMs: 1_000 } } })
  await scene.until(async () => (await scene.position('a'))?.state === 'guarded')
  return scene
}

let folder: Folder
before(() => (folder = new Folder()))
after(() => folder.remove())

for (const kind of ['binance', 'bybit', 'okx'] as const) {
  const { account, without, waits } = LIMITS[kind]
  sideBySide(`an account at ${kind}`, {
    'is exited once over limits, a ban and pages of maintenance': async open => {
      const scene = await at(open, kind, account())
      scene.harm('place', { kind: 'status', when: 'before', ...without })
      scene.harm('place', { kind: 'status', when: 'before', ...waits }, { skip: 1 })
      scene.harm('place', { kind: 'raw', text: MAINTENANCE }, { skip: 2 })
      scene.harm('order', { kind: 'status', when: 'before', status: 503, text: MAINTENANCE })
      scene.price(94)
      await scene.until(() => scene.held() === 0, PATIENCE_MS)
      await scene.until(async () => (await scene.position('a')) === undefined, PATIENCE_MS)
      expect([scene.executed(), scene.asked('place')]).to.deep.equal([5, 3])
      expect(await scene.lines('exit-filled')).to.have.length(1)
    },

    'names what a sale by hand took, and follows a clock that runs away': async open => {
      const { protocol, ...rest } = account()
      const scene = await at(open, kind, { protocol, ...rest })
      scene.trade(-2)
      await scene.until(async () => (await scene.lines('holding-shrunk')).length > 0, PATIENCE_MS)
      expect((await scene.lines('holding-shrunk'))[0]).to.include({ cause: 'by-hand' })
      // By more than a request may be late: each is refused until the time was read again.
      const emulator = protocol as unknown as { emulation: object }
      emulator.emulation = { ...emulator.emulation, aheadMs: 40_000 }
      scene.price(94)
      await scene.until(() => scene.held() === 0, PATIENCE_MS)
      await scene.until(async () => (await scene.position('a')) === undefined, PATIENCE_MS)
      expect(scene.executed()).to.equal(3)
    },
  })
}
