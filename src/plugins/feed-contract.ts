import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { tickOf } from './feed-tick.ts'
import { schemaOf, type FeedPlugin, type FeedSource, type OpenFeed } from './plugin.ts'

/** A feed that is being tested, its source, and what it has given. */
export interface FeedScene {
  readonly feed: OpenFeed
  readonly source: FeedSource
  /** As they came. */
  readonly ticks: readonly unknown[]
  /** Lets cycles go by until something is so. Throws after `LONGEST_MS`. */
  until(what: string, isSo: () => boolean): Promise<void>
  /** Lets some cycles go by. */
  cycles(): Promise<void>
}

/** One promise of a feed. */
export interface FeedCase {
  readonly name: string
  /** Runs with a source of its own; the feed has not been started. Throws where the promise is broken. */
  run(scene: FeedScene): Promise<void>
}

const ACME = 'ACME'
/** Longest time until a price shows, ms. */
const LONGEST_MS = 10_000
const STEP_MS = 20
const QUIET_STEPS = 10
const DAY_MS = 86_400_000

const lastOf = ({ ticks }: FeedScene) => tickOf(ticks.at(-1))

async function priced(scene: FeedScene, price: number): Promise<void> {
  await scene.source.price(ACME, price)
  await scene.until(`a tick of ${ACME} at ${price}`, () => lastOf(scene)?.price === price)
}

/** Every promise of a feed. */
export const FEED_CASES: readonly FeedCase[] = [
  {
    name: 'gives nothing before it is started',
    async run({ source, ticks, cycles }) {
      await source.price(ACME, 90)
      await cycles()
      assert.equal(ticks.length, 0)
    },
  },
  {
    name: 'gives the price of a wanted instrument, then the next one',
    async run(scene) {
      await scene.feed.start()
      await priced(scene, 90)
      assert.equal(lastOf(scene)!.instrument, ACME)
      await priced(scene, 91.5)
    },
  },
  {
    name: 'gives whole ticks, with a time of today in epoch ms',
    async run(scene) {
      await scene.feed.start()
      await priced(scene, 90)
      for (const given of scene.ticks) {
        const tick = tickOf(given)
        assert.ok(tick !== undefined, `found ${JSON.stringify(given)}`)
        const isOfToday = Math.abs(tick.ts - Date.now()) < DAY_MS
        assert.ok(isOfToday, `found the time ${tick.ts}, expected about ${Date.now()}`)
      }
    },
  },
  {
    name: 'gives nothing after it was stopped, and may be stopped twice',
    async run(scene) {
      await scene.feed.start()
      await priced(scene, 90)
      scene.feed.stop()
      const { length } = scene.ticks
      await scene.source.price(ACME, 80)
      await scene.cycles()
      assert.equal(scene.ticks.length, length)
      scene.feed.stop()
    },
  },
  {
    name: 'may be stopped before it was started',
    async run({ feed }) {
      feed.stop()
    },
  },
]

/** Runs one promise with a source of its own. Throws where it is broken. */
export async function runFeedCase({ run }: FeedCase, plugin: FeedPlugin): Promise<void> {
  const source = await plugin.testSource!()
  const ticks: unknown[] = []
  const feed = plugin.open(schemaOf(plugin).parse(source.options) as never, {
    onTick: tick => ticks.push(tick),
    wanted: () => [ACME],
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
  })
  const cycle = async (): Promise<void> => {
    feed.cycle?.()
    await sleep(STEP_MS)
  }
  try {
    await run({
      feed,
      source,
      ticks,
      until: async (what, isSo) => {
        const end = performance.now() + LONGEST_MS
        while (!isSo()) {
          assert.ok(performance.now() < end, `found no ${what} within ${LONGEST_MS / 1_000} s`)
          await cycle()
        }
      },
      cycles: async () => {
        for (let done = 0; done < QUIET_STEPS; done++) await cycle()
      },
    })
  } finally {
    feed.stop()
    await source.close()
  }
}
