import { instrumentId, type InstrumentId } from '../domain/ids.ts'
import { bell, sfc32, type Random } from '../domain/random.ts'
import type { Tick } from '../domain/tick.ts'
import { EXAMPLE_MARKET, type ExampleInstrument } from './example-market.ts'

/** One instrument of a simulated market. */
export interface SimulatedInstrument {
  readonly instrument: InstrumentId
  /** Start price, > 0; the walk reverts slowly to it. */
  readonly price: number
  /** Tick size, > 0: every price is a multiple of it. */
  readonly tickSize: number
  /** Standard deviation of a calm minute, percent. */
  readonly volatility: number
  /** Distance of bid and ask in price points; absent: no quotes. */
  readonly spread?: number
  /** Mean number of ticks a second, > 0. */
  readonly ticksPerSecond: number
}

interface MarketOptions {
  readonly instruments: readonly SimulatedInstrument[]
  /** The same seed gives the same prices on every machine. */
  readonly seed: number
  /** Epoch ms at which the market starts. */
  readonly from: number
}

/** An endless market that moves when its caller advances its time. */
export interface SimulatedMarket {
  /**
   * The ticks of the next `elapsedMs`, in order of time; the size of the steps does not change the
   * prices.
   */
  next(elapsedMs: number): Tick[]
  /** Shifts the market's clock by `ms`, which may be negative, without a tick. */
  skip(ms: number): void
}

/** Present regime of an instrument. */
interface Mood {
  /** Market time at which it ends, ms. */
  readonly until: number
  /** Factor on the volatility. */
  readonly noise: number
  /** Drift a minute in calm standard deviations, + up, − down. */
  readonly drift: number
  /** Factor on the number of ticks. */
  readonly speed: number
}

interface Walk {
  readonly instrument: SimulatedInstrument
  readonly decimals: number
  readonly random: Random
  mood: Mood
  /** Market time of the next tick, ms. */
  due: number
  /** Last price, before it is rounded to the tick size. */
  value: number
}

const MINUTE = 60_000
/**
 * Share of the distance to the start price that one minute takes back; keeps an endless walk in
 * range.
 */
const PULL = 0.01
/** Most that one tick moves the price, as a share of it. */
const LARGEST_MOVE = 0.2
const TREND_SHARE = 0.35
const BURST_SHARE = 0.15

/** A random walk with calm regimes, trends and bursts for each of the instruments. */
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
  // Every instrument has its own random source, so that neither the steps nor other instruments
  // matter.
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

/** Moves an instrument to its next tick. */
function advance(walk: Walk): void {
  const { instrument, random } = walk
  if (walk.due >= walk.mood.until) walk.mood = nextMood(walk.due, random)
  const { noise, drift, speed } = walk.mood
  // Exponential waiting times, as in a real market.
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

/** Decimal places that a multiple of the tick size needs, up to 12. */
function decimalsOf(tickSize: number): number {
  let decimals = 0
  while (decimals < 12 && Number(tickSize.toFixed(decimals)) !== tickSize) decimals++
  return decimals
}

export interface SimulatedFeedOptions {
  /** Default: the instruments of the example market. */
  readonly instruments?: readonly SimulatedInstrument[]
  readonly seed: number
  /** Interval of deliveries, ms; default 100. */
  readonly intervalMs?: number
  /**
   * A late timer makes up for at most so much time, ms; the rest passes without ticks. Default
   * 1,000.
   */
  readonly maxLateMs?: number
  /** Epoch ms. */
  readonly now?: () => number
  readonly onTick: (tick: Tick) => void
}

/** A feed that runs until it is stopped. */
export interface SimulatedFeed {
  /** Delivers a first price of every instrument immediately, then continues by the clock. */
  start(): void
  /** No tick is delivered after it; a later start continues from the same prices. */
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
    // Time beyond the bound is skipped, and so is a clock that was set back.
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
      // A late interval of Node fires once, however many times it has missed.
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
 * Start prices of the instruments of the example market, and their volatility: near the levels of
 * config/example/positions.yaml, so that prices reach these within minutes, but few at once.
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

/** The instruments of the example market for a simulated feed. */
export const SIMULATED_MARKET: readonly SimulatedInstrument[] = EXAMPLE_MARKET.map(simulated)
