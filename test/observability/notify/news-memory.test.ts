import { expect } from 'chai'
import { ACCEPTED } from '../../../src/observability/notify/line.ts'
import { NewsMemory, rememberedNews } from '../../../src/observability/notify/news-memory.ts'
import { MemoryStore } from '../../../src/stores/memory.ts'

const NEWS = {
  levels: {
    warn: { isOn: false, relapses: 0 },
    fail: { isOn: true, relapses: 2 },
  },
  lines: { key: { name: 'slack', [ACCEPTED]: 'fail', worst: 'fail', isDoubtful: false } },
} as const
const WITHIN = 900_000

describe('NewsMemory', () => {
  let store: MemoryStore

  beforeEach(async () => {
    store = new MemoryStore()
    await store.claim('test', 60_000)
  })

  const begin = async (now: number): Promise<NewsMemory> => {
    const memory = new NewsMemory(store, await rememberedNews(store, now, WITHIN))
    await memory.begin()
    return memory
  }

  it('starts empty where nothing was stored, or the row is unreadable', async () => {
    const nothing = { notifier: undefined, crashes: [] }
    expect(await rememberedNews(store, 0, WITHIN)).to.deep.equal(nothing)
    await store.write({ rows: [{ table: 'settings', key: 'news', value: { isRunning: 'yes' } }] })
    expect(await rememberedNews(store, 0, WITHIN)).to.deep.equal(nothing)
  })

  it('counts each end without order for a while, and none in order', async () => {
    await begin(0)
    for (const now of [1_000, 2_000]) await begin(now)
    const third = await rememberedNews(store, 3_000, WITHIN)
    expect(third.crashes).to.deep.equal([1_000, 2_000, 3_000])
    expect((await rememberedNews(store, 1_000 + WITHIN, WITHIN)).crashes).to.have.length(2)
    const orderly = await begin(4_000)
    await orderly.end()
    expect((await rememberedNews(store, 5_000, WITHIN)).crashes).to.have.length(3)
    expect((await rememberedNews(store, 5_000 + WITHIN, WITHIN)).crashes).to.deep.equal([])
  })

  it('keeps what was sent, through a start that has nothing to send yet', async () => {
    await (await begin(0)).keep(NEWS)
    await (await begin(1_000)).end()
    const { notifier } = await rememberedNews(store, 2_000, WITHIN)
    expect(notifier).to.deep.equal({ ...NEWS, hasCrashed: true, isLoop: false })
  })

  it('writes the last state where several arrive during a write', async () => {
    const memory = await begin(0)
    const other = { ...NEWS, lines: {} }
    await Promise.all([memory.keep(NEWS), memory.keep(NEWS), memory.keep(other)])
    const { notifier } = await rememberedNews(store, 0, WITHIN)
    expect(notifier?.lines).to.deep.equal({})
  })

  it('does not stop the service where the store refuses it', async () => {
    const memory = new NewsMemory(
      { write: () => Promise.reject(new Error('full')) },
      { notifier: undefined, crashes: [] },
    )
    await memory.keep(NEWS)
  })
})
