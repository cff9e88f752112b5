import { instrumentId, type InstrumentId } from '../domain/ids.ts'
import { bell, sfc32, type Random } from '../domain/random.ts'
import type { Tick } from '../domain/tick.ts'
import { EXAMPLE_MARKET, type ExampleInstrument } from './example-market.ts'

/** One instrument of a simulated market. */
export interface SimulatedInstrument {
  readonly instrument: InstrumentId
  /** Price that it starts at and is softly drawn back to, > 0. */
  readonly price: number
  /** Every price is a multiple of it, > 0. */
  readonly tickSize: number
  /** Standard deviation of a calm minute, percent. */
  readonly volatility: number
  /** Distance of bid and ask in price points; absent: no quotes. */
  readonly spread?: number
  /** Mean number of ticks in a second, > 0. */
  readonly ticksPerSecond: number
}

interface MarketOptions {
  readonly instruments: readonly SimulatedInstrument[]
  /** The same seed gives the same prices on every machine. */
  readonly seed: number
  /** Epoch ms at which the market starts. */
  readonly from: number
}

/** An endless market that moves as far as its caller lets time pass. */
export interface SimulatedMarket {
  /** The ticks of the next `elapsedMs`, in order of time; the steps do not change the prices. */
  next(elapsedMs: number): Tick[]
  /** Shifts the market's clock by `ms`, which may be negative, without a tick. */
  skip(ms: number): void
}

/** What an instrument is doing for a while. */
interface Mood {
  /** Ms of the market's own time at which it ends. */
  readonly until: number
  /** Factor on the volatility. */
  readonly noise: number
  /** Calm standard deviations that the price goes in a minute, + up, − down. */
  readonly drift: number
  /** Factor on the number of ticks. */
  readonly speed: number
}

interface Walk {
  readonly instrument: SimulatedInstrument
  readonly decimals: number
  readonly random: Random
  mood: Mood
  /** Ms of the market's own time of the next tick. */
  due: number
  /** Last price, before it is rounded to the grid. */
  value: number
}

const MINUTE = 60_000
/** Share of the way back to the start price that a minute pulls; keeps an endless walk in reach. */
const PULL = 0.01
/** One tick moves the price by at most this share, whatever the volatility. */
const LARGEST_MOVE = 0.2
const TREND_SHARE = 0.35
const BURST_SHARE = 0.15

/** A random walk with calm stretches, trends and bursts for each of the instruments. */
export function simulatedMarket({ instruments, seed, from }: MarketOptions): SimulatedMarket {
  let start = from
  let passed = 0
  const walks = instruments.map((instrument, index) => startOfWalk(instrument, seed + index))
  return {
    next(elapsedMs) {
      passed += elapsedMs
      const ticks = walks.flatMap(walk => ticksUntil(walk, passed, start))
      return ticks.sort((a, b) => a.ts - b.ts)
    },
    skip(ms) {
      start += ms
    },
  }
}

function startOfWalk(instrument: SimulatedInstrument, seed: number): Walk {
  // Every instrument has its own source, so that neither the step nor its neighbours matter.
  const random = sfc32(Math.imul(seed, 0x9e3779b1))
  const mood = { until: 0, noise: 1, drift: 0, speed: 1 }
  const decimals = decimalsOf(instrument.tickSize)
  return { instrument, decimals, random, mood, due: 0, value: instrument.price }
}

function ticksUntil(walk: Walk, end: number, start: number): Tick[] {
  const ticks: Tick[] = []
  while (walk.due <= end) {
    ticks.push(tickOf(walk, Math.floor(start + walk.due)))
    advance(walk)
  }
  return ticks
}

/** Takes the walk to its next tick. */
function advance(walk: Walk): void {
  const { instrument, random } = walk
  if (walk.due >= walk.mood.until) walk.mood = nextMood(walk.due, random)
  const { noise, drift, speed } = walk.mood
  // Short waits are common and long ones rare, as in a real market.
  const wait = (random() * random() * 4 * 1000) / (instrument.ticksPerSecond * speed)
  const minutes = wait / MINUTE
  const deviation = instrument.volatility / 100
  const chance = deviation * noise * Math.sqrt(minutes) * bell(random)
  const back = PULL * Math.min(1, instrument.price / walk.value - 1)
  const move = chance + (deviation * drift + back) * minutes
  walk.value *= 1 + Math.min(LARGEST_MOVE, Math.max(-LARGEST_MOVE, move))
  walk.value = Math.max(walk.value, instrument.tickSize)
  walk.due += wait
}

function nextMood(at: number, random: Random): Mood {
  const kind = random()
  const length = random()
  const direction = random() < 0.5 ? -1 : 1
  if (kind < BURST_SHARE) {
    const until = at + 2000 + length * 8000
    return { until, noise: 3, drift: direction * 12, speed: 8 }
  }
  const until = at + MINUTE / 3 + length * MINUTE
  if (kind < BURST_SHARE + TREND_SHARE) return { until, noise: 1, drift: direction * 3, speed: 1.5 }
  return { until, noise: 1, drift: 0, speed: 1 }
}

function tickOf({ instrument, decimals, value }: Walk, ts: number): Tick {
  const { tickSize, spread } = instrument
  const steps = Math.max(1, Math.round(value / tickSize))
  const price = (step: number): number => Number((step * tickSize).toFixed(decimals))
  const tick = { instrument: instrument.instrument, ts, price: price(steps) }
  if (spread === undefined) return tick
  const half = Math.max(1, Math.round(spread / 2 / tickSize))
  return { ...tick, bid: price(Math.max(1, steps - half)), ask: price(steps + half) }
}

/** Digits after the point that a multiple of the tick size needs, up to 12. */
function decimalsOf(tickSize: number): number {
  let decimals = 0
  while (decimals < 12 && Number(tickSize.toFixed(decimals)) !== tickSize) decimals++
  return decimals
}

export interface SimulatedFeedOptions {
  /** Default: the instruments of the example market. */
  readonly instruments?: readonly SimulatedInstrument[]
  readonly seed: number
  /** Distance of two deliveries, ms; default 100. */
  readonly intervalMs?: number
  /** A late timer makes up for at most so much time, ms; the rest has no ticks. Default 1,000. */
  readonly maxLateMs?: number
  /** Epoch ms. */
  readonly now?: () => number
  readonly onTick: (tick: Tick) => void
}

/** A feed that runs until it is stopped. */
export interface SimulatedFeed {
  /** Delivers a first price of every instrument at once, then goes on by the clock. */
  start(): void
  /** No tick comes after it; a later start goes on from the same prices. */
  stop(): void
}

/** A live feed of a simulated market, for demonstrations without a market. */
export function simulatedFeed(options: SimulatedFeedOptions): SimulatedFeed {
  const { instruments = SIMULATED_MARKET, seed, intervalMs = 100, maxLateMs = 1000 } = options
  const { now = Date.now, onTick } = options
  let last = now()
  const market = simulatedMarket({ instruments, seed, from: last })
  let timer: ReturnType<typeof setInterval> | undefined
  const deliver = (most: number): void => {
    const at = now()
    // What is beyond the bound is skipped, and so is a clock that was set back.
    const elapsed = Math.min(most, Math.max(0, at - last))
    market.skip(at - last - elapsed)
    last = at
    for (const tick of market.next(elapsed)) {
      onTick(tick)
    }
  }
  return {
    start() {
      if (timer !== undefined) return
      // A repeating timer of Node runs once when it is late, however many times it has missed.
      timer = setInterval(() => deliver(maxLateMs), intervalMs)
      deliver(0)
    },
    stop() {
      clearInterval(timer)
      timer = undefined
    },
  }
}

/**
 * Where the instruments of the example market start, and how far they go: amid the levels of
 * config/example/positions.yaml, so that these are reached within minutes, but few at once.
 */
const DEMO: Readonly<Record<string, readonly [price: number, volatility: number]>> = {
  NIFTY: [24_550, 0.12],
  'NIFTY24NOV-C24500': [178, 6],
  BTCUSD: [92_400, 0.25],
  EURUSD: [1.062, 0.06],
  GOLD: [2632, 0.18],
  WTI: [70, 0.3],
  ACME: [184.6, 0.3],
  GLOBEX: [47.8, 0.5],
}

const simulated = (example: ExampleInstrument): SimulatedInstrument => {
  const { name, tickSize, halfSpread, phases } = example
  const [price, volatility] = DEMO[name] ?? [phases[0]!.price, 0.2]
  const spread = halfSpread === undefined ? {} : { spread: 2 * halfSpread * tickSize }
  return {
    instrument: instrumentId(name),
    price,
    tickSize,
    volatility,
    ticksPerSecond: 4,
    ...spread,
  }
}

/** The instruments of the example market, ready to be walked. */
export const SIMULATED_MARKET: readonly SimulatedInstrument[] = EXAMPLE_MARKET.map(simulated)
