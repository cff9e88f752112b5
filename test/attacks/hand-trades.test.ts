import { expect } from 'chai'
import type { SettingsChange } from '../support/broker-server/script.ts'
import { five, type Posted, type Scene, type SceneOptions } from './scene.ts'
import { inOneScene, overOneKill, sideBySide } from './side-by-side.ts'

/** No reduce-only: the venue lets an order open the other side. */
const UNBOUNDED = { capabilities: { reduceOnly: false } } as const satisfies SettingsChange
/** Holdings are listed so seldom that no list shows a trade in time. */
const RARE_LISTS = { holdings: { reconcileMs: 60_000 } } as const

const move = (scene: Scene, act: 'force-open' | 'reset') =>
  scene.ask('POST', `/api/gateway/breakers/orders/${act}`, {})

/** The exit of a position waits for the breaker of its orders. */
async function queue(scene: Scene, { id }: Posted): Promise<void> {
  await move(scene, 'force-open')
  await scene.exit(id)
  await scene.until(async () => {
    const { body } = await scene.ask('GET', `/api/positions/${id}/why`)
    return (body['exit'] as { state?: string } | undefined)?.state === 'queued'
  })
}

const over = (scene: Scene, { id }: Posted): Promise<void> =>
  scene.until(async () => (await scene.position(id)) === undefined)

const guarded = (scene: Scene, { id }: Posted): Promise<void> =>
  scene.until(async () => (await scene.position(id))?.state === 'guarded')

const intended = (scene: Scene, { id }: Posted): Promise<void> =>
  scene.until(async () => {
    const lines = await scene.lines('exit-intended')
    return lines.some(line => line.positionId === id)
  })

/** Neither holding query is answered. */
function silenceHoldings(scene: Scene): void {
  for (const route of ['holding', 'holdings'] as const) {
    scene.harm(route, { kind: 'status', when: 'before', status: 503 }, { times: 'always' })
  }
}

const expectLedger = (scene: Scene, { instrument }: Posted, executed: number): void => {
  const ledger = { executed: scene.executed(instrument), held: scene.held(instrument) }
  expect(ledger).to.deep.equal({ executed, held: 0 })
}

inOneScene('a position that a person closes', () => ({ isEmbedded: true, venue: UNBOUNDED }), {
  'while its exit waits for a breaker is noticed, and nothing is sent': async (scene, position) => {
    await queue(scene, position)
    scene.trade(-5, position.instrument)
    await over(scene, position)
    await move(scene, 'reset')
    await scene.pass(1_000)
    expectLedger(scene, position, 0)
  },

  'in part while its exit waits for a breaker is exited for the remaining quantity': async (
    scene,
    position,
  ) => {
    await queue(scene, position)
    scene.trade(-2, position.instrument)
    await scene.until(async () => (await scene.position(position.id))?.quantity === 3)
    await move(scene, 'reset')
    await over(scene, position)
    expectLedger(scene, position, 3)
  },

  'while no holding query is answered is not sold, and is detected afterwards': async (
    scene,
    position,
  ) => {
    await guarded(scene, position)
    silenceHoldings(scene)
    scene.trade(-5, position.instrument)
    scene.price(94, position.instrument)
    await intended(scene, position)
    await scene.pass(3_000)
    expectLedger(scene, position, 0)
    scene.calm()
    await over(scene, position)
    expectLedger(scene, position, 0)
  },
})

const unlisted = (): SceneOptions => ({ isEmbedded: true, venue: UNBOUNDED, config: RARE_LISTS })

inOneScene('a position that a person closes, and that no list shows', unlisted, {
  'while its exit waits is detected by a query before the order is sent': async (
    scene,
    position,
  ) => {
    await queue(scene, position)
    scene.trade(-5, position.instrument)
    await scene.pass(1_200)
    await move(scene, 'reset')
    await over(scene, position)
    expectLedger(scene, position, 0)
  },

  'two seconds before its stop is crossed is not sold again': async (scene, position) => {
    await guarded(scene, position)
    scene.trade(-5, position.instrument)
    await scene.pass(2_000)
    scene.price(94, position.instrument)
    await over(scene, position)
    expectLedger(scene, position, 0)
  },
})

/** No answer about a holding stays fresh for longer, ms. */
const FRESH_MS = 100
const shortFresh = (): SceneOptions => ({
  venue: UNBOUNDED,
  config: { exits: { holdingFreshMs: FRESH_MS } },
})

overOneKill('an exit that queries the holding before its order is sent', shortFresh, {
  'is sent where each answer takes longer than it stays fresh': async (scene, position) => {
    await guarded(scene, position)
    const late = { kind: 'delay', when: 'after', ms: 7 * FRESH_MS } as const
    scene.harm('holding', late, { times: 'always' })
    scene.price(94, position.instrument)
    await over(scene, position)
    scene.calm()
    return async () => expectLedger(scene, position, 5)
  },

  'waits for the answer, and its outcome is known after a kill before it': async (
    scene,
    position,
  ) => {
    silenceHoldings(scene)
    await scene.exit(position.id)
    await intended(scene, position)
    await scene.pass(500)
    expect(scene.executed(position.instrument)).to.equal(0)
    return async () => {
      scene.calm()
      await over(scene, position)
      expectLedger(scene, position, 5)
      expect(await scene.lines('exit-unknown')).to.deep.equal([])
    }
  },
})

sideBySide('an exit that queries the holding, at its limits', {
  'is sent at the pace of a limit of one call a second': async open => {
    const names = ['ACME', 'BOLT', 'COIL']
    const scene = await open({
      isEmbedded: true,
      venue: UNBOUNDED,
      config: { gateway: { throttle: { startRate: 1, maxRate: 1 } } },
      positions: names.map(instrument => five(instrument.toLowerCase(), { instrument })),
    })
    for (const name of names) await scene.exit(name.toLowerCase())
    await scene.until(() => names.every(name => scene.held(name) === 0), 40_000)
    expect(names.map(name => scene.executed(name))).to.deep.equal([5, 5, 5])
  },

  'is sent by the last known holding after the configured time': async open => {
    const config = { exits: { sendUnverifiedAfterMs: 1_000 } }
    const scene = await open({ isEmbedded: true, venue: UNBOUNDED, config })
    silenceHoldings(scene)
    scene.price(94)
    await scene.until(() => scene.executed() === 5)
    await scene.until(async () => {
      return (await scene.lines('exit-unverified')).some(line => line['isSent'] === true)
    })
  },
})
