import { readFileSync } from 'node:fs'
import { instrumentId } from '../../src/domain/ids.ts'
import type { Tick } from '../../src/domain/tick.ts'

/** A small seeded generator of numbers in [0, 1): equal seeds give equal runs (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** `count` ticks over `instruments` instruments, a walk in a range of ± 0.5 % around 100. */
export function calmTicks(count: number, instruments: number): Tick[] {
  const random = seeded(1)
  const names = Array.from({ length: instruments }, (_, index) => instrumentId(`I${index}`))
  return Array.from({ length: count }, (_, index) => ({
    instrument: names[Math.floor(random() * instruments)]!,
    ts: index,
    price: Math.round((100 + (random() - 0.5)) * 100) / 100,
  }))
}

/** Real prints of one instrument from the shared data; undefined where it is absent. */
export function realPrints(instrument: string): Tick[] | undefined {
  const file = new URL('../../../shared/data/binance_trades_multi_20240808-09.csv', import.meta.url)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
  const ticks: Tick[] = []
  for (const line of text.split('\n').slice(1)) {
    const [ts, name, price] = line.split(',')
    if (name === instrument) {
      ticks.push({ instrument: instrumentId(name), ts: Number(ts), price: Number(price) })
    }
  }
  return ticks
}
