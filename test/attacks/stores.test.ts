import { expect } from 'chai'
import { needing } from '../support/needing.ts'
import { RedisServer } from '../support/redis-server.ts'
import { five, type Scene } from './scene.ts'
import { sideBySide } from './side-by-side.ts'

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

sideBySide('a store other than the previous one', {
  'makes new order ids where it is new: the old fill is not taken for a new one': async open => {
    const scene = await open({ venue: DEDUPE })
    await scene.exit('a')
    await scene.until(async () => (await scene.position('a')) === undefined)
    await scene.kill()
    scene.loseData()
    scene.trade(5)
    await scene.start()
    await scene.until(async () => (await scene.position('a'))?.state === 'guarded')
    scene.price(94)
    await scene.until(() => scene.held() === 0)
    expect(scene.executed()).to.equal(10)
  },

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

  'sends nothing once it was deleted while the process runs': async open => {
    const scene = await open({ venue: LOOK_UP })
    await scene.until(async () => (await scene.position('a'))?.state === 'guarded')
    scene.loseData()
    await scene.until(async () => (await scene.health()).status === 'fail')
    scene.price(94)
    await scene.pass(1_500)
    expect(scene.asked('place')).to.equal(0)
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

sideBySide('a venue that proves less after a restart', {
  'receives no second order for one that was found by its id before': async open => {
    const scene = await open({ venue: LOOK_UP })
    scene.trade(5)
    scene.harm('place', { kind: 'hang', when: 'after' }, { times: 'always' })
    scene.price(94)
    await scene.until(() => scene.executed() === 5)
    await scene.kill()
    scene.calm()
    const capabilities = { ...LOOK_UP.capabilities, lookup: 'none' } as const
    scene.change({ capabilities })
    scene.config = { acceptUnprovable: true }
    await scene.start()
    await scene.pass(3_000)
    expect({ executed: scene.executed(), held: scene.held() }).to.deep.equal({
      executed: 5,
      held: 5,
    })
  },

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
