import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { instrumentId, type InstrumentId } from '../domain/ids.ts'
import { bell, sfc32, type Random } from '../domain/random.ts'
import type { Tick } from '../domain/tick.ts'
import {
  EXAMPLE_DAY,
  EXAMPLE_MARKET,
  type ExampleInstrument,
  type Option,
} from './example-market.ts'

/** The seed of the bundled example day. */
export const EXAMPLE_SEED = 20241119

const HOUR = 3_600_000
/** Share of the noise that the next tick keeps (autocorrelation). */
const MEMORY = 0.97
const BAD_TICK = 1 / 7000
const CROSSED_QUOTE = 1 / 2500
const LINES_A_BLOCK = 500

/** State of one instrument during the day. */
interface Walk {
  readonly instrument: ExampleInstrument
  readonly id: InstrumentId
  readonly starts: readonly number[]
  phase: number
  /** Epoch ms of the next tick; Infinity after the last one. */
  at: number
  noise: number
  /** Last price, before it is rounded to the grid. */
  value: number
}

/**
 * Generates the ticks of one day of an invented market, in order of time: about 60,000 on 8
 * instruments, with calm and volatile hours, a burst, a halt that ends in a gap, crossed quotes and
 * bad ticks of price 0. The same seed gives the same ticks on every machine.
 */
export function* exampleDay(seed = EXAMPLE_SEED): Generator<Tick> {
  const random = sfc32(seed)
  const walks = EXAMPLE_MARKET.map(startOfDay)
  for (;;) {
    const walk = walks.reduce((first, other) => (other.at < first.at ? other : first))
    if (walk.at === Infinity) return
    walk.value = valueOf(walk, walks, random)
    yield tickOf(walk, random)
    advance(walk, random)
  }
}

/** The same day as the text of a tick file, in blocks of lines. */
export function* exampleDayCsv(seed = EXAMPLE_SEED): Generator<string> {
  const decimals = new Map(EXAMPLE_MARKET.map(({ name, decimals }) => [name, decimals]))
  let lines = ['ts,instrument,price,size,bid,ask']
  for (const { ts, instrument, price, size, bid, ask } of exampleDay(seed)) {
    const digits = decimals.get(instrument)
    const quotes = [bid, ask].map(quote => quote?.toFixed(digits) ?? '')
    lines.push([ts, instrument, price.toFixed(digits), size ?? '', ...quotes].join(','))
    if (lines.length < LINES_A_BLOCK) continue
    yield `${lines.join('\n')}\n`
    lines = []
  }
  if (lines.length > 0) yield `${lines.join('\n')}\n`
}

/** Writes the day as a tick file and ends the stream. */
export const writeExampleDay = (stream: Writable, seed = EXAMPLE_SEED): Promise<void> =>
  pipeline(exampleDayCsv(seed), stream)

function startOfDay(instrument: ExampleInstrument): Walk {
  const starts = instrument.phases.map(({ from }) => {
    const [hours = 0, minutes = 0, seconds = 0] = from.split(':').map(Number)
    return EXAMPLE_DAY + hours * HOUR + minutes * 60_000 + seconds * 1000
  })
  const id = instrumentId(instrument.name)
  return { instrument, id, starts, phase: 0, at: starts[0]!, noise: 0, value: 0 }
}

/** Moves an instrument to its next tick, or to the end of its day. */
function advance(walk: Walk, random: Random): void {
  const { phases } = walk.instrument
  // Exponential waiting times, as in a real market; the mean is `everyMs`.
  const wait = random() * random() * 4
  walk.at += Math.floor(wait * phases[walk.phase]!.everyMs)
  while (walk.phase + 1 < phases.length && walk.at >= walk.starts[walk.phase + 1]!) {
    walk.phase++
    const isHalt = phases[walk.phase]!.everyMs === 0
    // Each phase begins with a tick, so that even a short phase has one.
    walk.at = isHalt ? (walk.starts[walk.phase + 1] ?? Infinity) : walk.starts[walk.phase]!
  }
}

function valueOf(walk: Walk, walks: readonly Walk[], random: Random): number {
  const { phases, option } = walk.instrument
  const { wiggleBp } = phases[walk.phase]!
  walk.noise = walk.noise * MEMORY + (bell(random) * wiggleBp) / 10_000
  const middle = option === undefined ? onPath(walk) : optionValue(option, walk.at, walks)
  return middle * (1 + walk.noise)
}

/** The price on the straight line of the present phase. */
function onPath({ instrument: { phases }, starts, phase, at }: Walk): number {
  const from = phases[phase]!
  const to = phases[phase + 1] ?? from
  const share = (at - starts[phase]!) / (starts[phase + 1]! - starts[phase]!)
  return from.price + (to.price - from.price) * share
}

function optionValue(option: Option, at: number, walks: readonly Walk[]): number {
  const underlying = walks.find(walk => walk.instrument.name === option.underlying)!
  const move = underlying.value - option.at
  const decay = ((at - underlying.starts[0]!) / HOUR) * option.decayPerHour
  return option.value + option.delta * move + (option.gamma * move * move) / 2 - decay
}

function tickOf({ instrument, id, at, value }: Walk, random: Random): Tick {
  const { tickSize, decimals, maxSize, halfSpread } = instrument
  const steps = Math.max(1, Math.round(value / tickSize))
  const price = (more: number): number => Number(((steps + more) * tickSize).toFixed(decimals))
  if (random() < BAD_TICK) return { instrument: id, ts: at, price: 0 }
  const size = maxSize === 0 ? {} : { size: sizeOf(maxSize, random) }
  const tick = { instrument: id, ts: at, price: price(0), ...size }
  if (halfSpread === undefined) return tick
  const half = halfSpread + Math.floor(random() * halfSpread)
  const sign = random() < CROSSED_QUOTE ? -1 : 1
  return { ...tick, bid: price(-sign * half), ask: price(sign * half) }
}

/** Mostly small trades; whole units where a trade has several, else thousandths. */
function sizeOf(maxSize: number, random: Random): number {
  const size = random() * random() * random() * maxSize
  return maxSize >= 10 ? Math.ceil(size) || 1 : Number(Math.max(0.001, size).toFixed(3))
}
