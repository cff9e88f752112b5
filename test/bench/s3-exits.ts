import { instrumentId } from '../../src/domain/ids.ts'
import type { Tick } from '../../src/domain/tick.ts'
import { addAll, liveRig, spread, stopOf, type LiveRig } from './live-rig.ts'
import { figure, median, quantile, type Figure } from './report.ts'
import { aLong } from './s2-wakes.ts'

const COUNT = 10_000
const INSTRUMENTS = 500
const ROUNDS = 500
const GAPS = 3

const tickOf = (instrument: number, price: number): Tick => ({
  instrument: instrumentId(`I${instrument}`),
  ts: Date.now(),
  price,
})

/** A rig with every position guarded and every instrument priced above all stops. */
async function guarded(callbacks: Parameters<typeof liveRig>[0]): Promise<LiveRig> {
  const rig = await liveRig(callbacks)
  await addAll(
    rig,
    spread(COUNT, index => aLong(index, INSTRUMENTS)),
  )
  for (let each = 0; each < INSTRUMENTS; each++) rig.account.tick(tickOf(each, 100))
  await rig.account.settled()
  return rig
}

/** Time of one durable write of a row and a line, the size of an intent, ms. */
async function durableWrite({ store }: LiveRig, round: number, like: unknown): Promise<number> {
  const row = { table: 'settings', key: `bench-${round % 10}`, value: like } as const
  const start = performance.now()
  await store.write({ rows: [row], lines: [{ at: Date.now(), kind: 'bench' }] })
  return performance.now() - start
}

/** One exit among all, in turns with one plain write of the same store. */
async function single(): Promise<Figure[]> {
  let durable: (record: unknown) => void = () => undefined
  const rig = await guarded({ onIntent: record => durable(record) })
  const [intents, writes]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    // The highest stop of the instrument is the last one that was added.
    const price = stopOf(COUNT - INSTRUMENTS + round)
    const written = new Promise<unknown>(resolve => (durable = resolve))
    const start = performance.now()
    rig.account.tick(tickOf(round, price))
    const record = await written
    intents.push(performance.now() - start)
    await rig.account.settled()
    writes.push(await durableWrite(rig, round, record))
  }
  await rig.close()
  const name = 'S3 tick → intent durable, 1 of 10,000, against one write'
  return [
    figure(`${name}: p50`, 'ms', median(intents), median(writes)),
    figure(`${name}: p99`, 'ms', quantile(intents, 0.99), quantile(writes, 0.99)),
  ]
}

/** Every instrument falls through all of its stops at once. */
async function gap(): Promise<Record<'decidedMs' | 'durableMs' | 'filledMs', number>> {
  const left = { decisions: COUNT, intents: COUNT }
  const at = { decided: 0, durable: 0 }
  const rig = await guarded({
    onDecision: () => {
      if (--left.decisions === 0) at.decided = performance.now()
    },
    onIntent: () => {
      if (--left.intents === 0) at.durable = performance.now()
    },
  })
  const start = performance.now()
  for (let each = 0; each < INSTRUMENTS; each++) rig.account.tick(tickOf(each, 80))
  await rig.account.settled()
  const filledMs = performance.now() - start
  const fills = rig.paper.fills().length
  await rig.close()
  if (left.decisions + left.intents !== 0 || fills !== COUNT) {
    throw new Error(`a gap made ${fills} fills, expected ${COUNT}`)
  }
  return { decidedMs: at.decided - start, durableMs: at.durable - start, filledMs }
}

/** From a tick to the durable intent: one alone, and all at once. */
export async function exits(): Promise<Figure[]> {
  const figures = await single()
  const gaps = []
  for (let round = 0; round < GAPS; round++) gaps.push(await gap())
  const name = 'S3 market-wide gap, 10,000 exits'
  return [
    ...figures,
    figure(`${name}: all decided`, 'ms', median(gaps.map(each => each.decidedMs))),
    figure(`${name}: all durable`, 'ms', median(gaps.map(each => each.durableMs))),
    figure(`${name}: all filled and closed`, 'ms', median(gaps.map(each => each.filledMs))),
  ]
}
