import { expect } from 'chai'
import { needing } from '../support/needing.ts'
import { RedisServer } from '../support/redis-server.ts'
import { five, type Scene } from './scene.ts'
import { inOneScene, overOneKill, sideBySide } from './side-by-side.ts'

const LOOK_UP = {
  capabilities: { dedupe: 'never', reduceOnly: false, visibilityMs: 100 },
} as const
const DEDUPE = { capabilities: { reduceOnly: false } } as const

/** A person confirms the holdings before anything is sent. */
const CONFIRMED = { holdings: { confirm: true } }

/** How a store is copied, and restored later. */
interface Backup {
  /** It is copied while the service runs, under the same owner. */
  readonly isLive?: boolean
  save(): unknown
  putBack(): unknown
}

/** Sells `a`, and restores the store from before that. */
async function restoredFromBefore(
  scene: Scene,
  { isLive = false, save, putBack }: Backup,
): Promise<void> {
  await scene.ask('POST', '/api/gateway/holdings/confirm', {})
  await scene.until(async () => (await scene.position('a'))?.state === 'guarded')
  if (!isLive) await scene.kill()
  await save()
  if (!isLive) await scene.start()
  scene.price(94)
  await scene.until(async () => (await scene.position('a')) === undefined)
  await scene.kill()
  await putBack()
  await scene.start()
  await scene.until(async () => (await scene.health()).output.includes('unconfirmed'))
  await scene.pass(1_500)
}

/** Copies of the data folder. */
function folderOf(scene: Scene): Backup {
  let copy = ''
  return { save: () => (copy = scene.saveData()), putBack: () => scene.restoreData(copy) }
}

inOneScene('a store that is lost', () => ({ venue: DEDUPE }), {
  'is a new one, with new order ids: the old fill is not taken for a new one': async (
    scene,
    { id, instrument },
  ) => {
    await scene.exit(id)
    await scene.until(async () => (await scene.position(id)) === undefined)
    await scene.kill()
    scene.loseData()
    scene.trade(5, instrument)
    await scene.start()
    await scene.until(async () => (await scene.position(id))?.state === 'guarded')
    scene.price(94, instrument)
    await scene.until(() => scene.held(instrument) === 0)
    expect(scene.executed(instrument)).to.equal(10)
  },

  'while the process runs lets nothing be sent': async (scene, { id, instrument }) => {
    await scene.until(async () => (await scene.position(id))?.state === 'guarded')
    const before = scene.asked('place')
    scene.loseData()
    await scene.until(async () => (await scene.health()).status === 'fail')
    scene.price(94, instrument)
    await scene.pass(1_500)
    expect(scene.asked('place')).to.equal(before)
    expect(scene.held(instrument)).to.equal(5)
  },
})

sideBySide('a store other than the previous one', {
  'sells nothing twice where it is older than an exit, and orders are found by id': async open => {
    const scene = await open({ venue: LOOK_UP, config: CONFIRMED })
    scene.trade(5)
    await restoredFromBefore(scene, folderOf(scene))
    expect({ executed: scene.executed(), held: scene.held() }).to.deep.equal({
      executed: 5,
      held: 5,
    })
  },

  'sells nothing of others where it is older than an exit, and orders only reduce': async open => {
    const capabilities = {
      dedupe: 'never',
      lookup: 'none',
      visibilityMs: 100,
    } as const
    const scene = await open({ venue: { capabilities }, config: CONFIRMED })
    scene.trade(5)
    await restoredFromBefore(scene, folderOf(scene))
    expect({ executed: scene.executed(), held: scene.held() }).to.deep.equal({
      executed: 5,
      held: 5,
    })
  },
})

sideBySide(
  'a store in Redis that is older than the account',
  {
    'sells nothing twice where it is a Redis that lost its tail': async open => {
      const redis = await RedisServer.start({
        appendonly: true,
        settings: { appendfsync: 'always' },
      })
      try {
        const store = { kind: 'redis', redis: { url: redis.url } }
        const scene = await open({ venue: LOOK_UP, config: { ...CONFIRMED, store } })
        scene.trade(5)
        const putBack = async (): Promise<void> => {
          await redis.stop()
          redis.putBack()
          await redis.startAgain()
        }
        await restoredFromBefore(scene, { isLive: true, save: () => redis.save(), putBack })
        expect({ executed: scene.executed(), held: scene.held() }).to.deep.equal({
          executed: 5,
          held: 5,
        })
      } finally {
        await redis.close()
      }
    },
  },
  needing('redis-server').describe,
)

/** The venue no longer finds an order by its id. */
async function restartedWithoutIds(scene: Scene): Promise<void> {
  await scene.kill()
  scene.calm()
  scene.change({ capabilities: { lookup: 'none', visibilityMs: 200 } })
  scene.config = { acceptUnprovable: true }
  await scene.start()
}

overOneKill(
  'a venue that finds no order after a restart',
  () => ({ venue: LOOK_UP }),
  {
    'receives no second order for one that was found by its id before': async (
      scene,
      { instrument },
    ) => {
      scene.trade(5, instrument)
      scene.harm('place', { kind: 'hang', when: 'after' }, { times: 'always', instrument })
      scene.price(94, instrument)
      await scene.until(() => scene.executed(instrument) === 5)
      return async () => {
        await scene.pass(3_000)
        const ledger = { executed: scene.executed(instrument), held: scene.held(instrument) }
        expect(ledger).to.deep.equal({ executed: 5, held: 5 })
      }
    },

    'receives no second order for an exit by hand, whose outcome the holding proves': async (
      scene,
      { id, instrument },
    ) => {
      scene.harm('place', { kind: 'hang', when: 'after' }, { times: 'always', instrument })
      await scene.exit(id)
      await scene.until(() => scene.executed(instrument) === 5)
      return async () => {
        await scene.until(async () => (await scene.position(id)) === undefined)
        await scene.pass(500)
        const ledger = { executed: scene.executed(instrument), held: scene.held(instrument) }
        expect(ledger).to.deep.equal({ executed: 5, held: 0 })
      }
    },
  },
  restartedWithoutIds,
)

sideBySide('a venue that proves less after a restart', {
  'receives no second order for one whose id prevented a second one before': async open => {
    const scene = await open({
      venue: DEDUPE,
      positions: [five('a'), five('b')],
    })
    scene.harm('place', { kind: 'hang', when: 'after' }, { times: 'always' })
    await scene.exit('a')
    await scene.until(() => scene.executed() === 5)
    await scene.kill()
    scene.calm()
    scene.change({
      capabilities: { dedupe: 'never', lookup: 'none', reduceOnly: true },
    })
    await scene.start()
    await scene.pass(3_000)
    expect({ executed: scene.executed(), held: scene.held() }).to.deep.equal({
      executed: 5,
      held: 5,
    })
  },
})
