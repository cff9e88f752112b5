import { expect } from 'chai'
import type { SettingsChange } from '../support/broker-server/script.ts'
import { five, type Scene } from './scene.ts'
import { sideBySide } from './side-by-side.ts'

/** No reduce-only: the venue lets an order open the other side. */
const UNBOUNDED = { capabilities: { reduceOnly: false } } as const satisfies SettingsChange
/** Holdings are listed so seldom that no list shows a trade in time. */
const RARE_LISTS = { holdings: { reconcileMs: 60_000 } } as const

const move = (scene: Scene, act: 'force-open' | 'reset') =>
  scene.ask('POST', `/api/gateway/breakers/orders/${act}`, {})

/** The exit of `a` waits for the breaker of its orders. */
async function queue(scene: Scene): Promise<void> {
  await move(scene, 'force-open')
  await scene.exit('a')
  await scene.until(async () => {
    const { body } = await scene.ask('GET', '/api/positions/a/why')
    return (body['exit'] as { state?: string } | undefined)?.state === 'queued'
  })
}

const isOver = async (scene: Scene): Promise<boolean> => (await scene.position('a')) === undefined

/** Neither holding query is answered. */
function silenceHoldings(scene: Scene): void {
  for (const route of ['holding', 'holdings'] as const) {
    scene.harm(route, { kind: 'status', when: 'before', status: 503 }, { times: 'always' })
  }
}

const expectLedger = (scene: Scene, executed: number): void => {
  expect({ executed: scene.executed(), held: scene.held() }).to.deep.equal({ executed, held: 0 })
}

sideBySide('a position that a person closes', {
  'while its exit waits for a breaker is noticed, and nothing is sent': async open => {
    const scene = await open({ venue: UNBOUNDED })
    await queue(scene)
    scene.trade(-5)
    await scene.until(() => isOver(scene))
    await move(scene, 'reset')
    await scene.pass(1_000)
    expectLedger(scene, 0)
  },

  'in part while its exit waits for a breaker is exited for the remaining quantity': async open => {
    const scene = await open({ venue: UNBOUNDED })
    await queue(scene)
    scene.trade(-2)
    await scene.until(async () => (await scene.position('a'))?.quantity === 3)
    await move(scene, 'reset')
    await scene.until(() => isOver(scene))
    expectLedger(scene, 3)
  },

  'while its exit waits, and no list shows it, is detected by a query before the order is sent':
    async open => {
      const scene = await open({ venue: UNBOUNDED, config: RARE_LISTS })
      await queue(scene)
      scene.trade(-5)
      await scene.pass(1_200)
      await move(scene, 'reset')
      await scene.until(() => isOver(scene))
      expectLedger(scene, 0)
    },

  'two seconds before its stop is crossed is not sold again': async open => {
    const scene = await open({ venue: UNBOUNDED, config: RARE_LISTS })
    scene.trade(-5)
    await scene.pass(2_000)
    scene.price(94)
    await scene.until(() => isOver(scene))
    expectLedger(scene, 0)
  },

  'while no holding query is answered is not sold, and is detected afterwards': async open => {
    const scene = await open({ venue: UNBOUNDED })
    silenceHoldings(scene)
    scene.trade(-5)
    scene.price(94)
    await scene.until(async () => (await scene.lines('exit-intended')).length === 1)
    await scene.pass(3_000)
    expectLedger(scene, 0)
    scene.calm()
    await scene.until(() => isOver(scene))
    expectLedger(scene, 0)
  },
})

sideBySide('an exit that queries the holding before its order is sent', {
  'waits for the answer, and its outcome is known after a kill before it': async open => {
    const scene = await open({ venue: UNBOUNDED })
    silenceHoldings(scene)
    await scene.exit('a')
    await scene.until(async () => (await scene.lines('exit-intended')).length === 1)
    await scene.pass(500)
    expect(scene.executed()).to.equal(0)
    await scene.restart()
    scene.calm()
    await scene.until(() => isOver(scene))
    expectLedger(scene, 5)
    expect(await scene.lines('exit-unknown')).to.deep.equal([])
  },

  'is sent where each answer takes longer than it stays fresh': async open => {
    const config = { exits: { holdingFreshMs: 100 } }
    const scene = await open({ venue: UNBOUNDED, config })
    scene.harm('holding', { kind: 'delay', when: 'after', ms: 700 }, { times: 'always' })
    scene.price(94)
    await scene.until(() => isOver(scene))
    expectLedger(scene, 5)
  },

  'is sent at the pace of a limit of one call a second': async open => {
    const names = ['ACME', 'BOLT', 'COIL']
    const scene = await open({
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
    const scene = await open({ venue: UNBOUNDED, config })
    silenceHoldings(scene)
    scene.price(94)
    await scene.until(() => scene.executed() === 5)
    await scene.until(async () => {
      return (await scene.lines('exit-unverified')).some(line => line['isSent'] === true)
    })
  },
})

sideBySide('a venue that proves less after a restart', {
  'than finding each order does not execute an exit twice': async open => {
    const scene = await open({ venue: { capabilities: { dedupe: 'never', reduceOnly: false } } })
    scene.harm('place', { kind: 'hang', when: 'after' })
    await scene.exit('a')
    await scene.until(() => scene.executed() === 5)
    await scene.kill()
    scene.change({ capabilities: { lookup: 'none', visibilityMs: 200 } })
    scene.config = { acceptUnprovable: true }
    await scene.start()
    await scene.until(() => isOver(scene))
    await scene.pass(500)
    expectLedger(scene, 5)
  },
})
