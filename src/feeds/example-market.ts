/** One phase of an instrument's day, up to the start of the next one. */
export interface Phase {
  /** Start, UTC, `HH:mm` or `HH:mm:ss`. */
  readonly from: string
  /** Price at the start; it moves in a straight line, with noise, to that of the next phase. */
  readonly price: number
  /** Mean time between ticks, ms; 0: no ticks at all (a halt, or the end of the day). */
  readonly everyMs: number
  /** Noise of one tick, in hundredths of a percent. */
  readonly wiggleBp: number
}

/** One instrument of the example day. */
export interface ExampleInstrument {
  readonly name: string
  /** Tick size: every price is a multiple of it. */
  readonly tickSize: number
  readonly decimals: number
  /** Largest size of one trade; 0: the column stays empty. */
  readonly maxSize: number
  /** Distance of bid and ask from the price, in ticks; absent: no quotes. */
  readonly halfSpread?: number
  /** An option has no path of its own: its value follows another instrument. */
  readonly option?: Option
  readonly phases: readonly Phase[]
}

/** Value of an option: a parabola around one price of the underlying, less decay. */
export interface Option {
  readonly underlying: string
  readonly at: number
  readonly value: number
  readonly delta: number
  readonly gamma: number
  /** Points of decay in an hour. */
  readonly decayPerHour: number
}

const phases = (...rows: readonly [string, number, number, number][]): Phase[] =>
  rows.map(([from, price, everyMs, wiggleBp]) => ({ from, price, everyMs, wiggleBp }))

/** Midnight of the example day: Tuesday, 19 November 2024, UTC. */
export const EXAMPLE_DAY = 1_731_974_400_000

/**
 * The market of the example day. Names follow the conventions of the markets, prices are invented:
 * Mumbai in the morning, currencies, gold, oil and bitcoin all day, New York in the afternoon.
 */
export const EXAMPLE_MARKET: readonly ExampleInstrument[] = [
  {
    name: 'NIFTY',
    tickSize: 0.05,
    decimals: 2,
    maxSize: 0,
    phases: phases(
      ['03:45', 24_480, 1500, 0.6],
      ['04:15', 24_535, 3400, 0.25],
      ['05:30', 24_560, 3400, 0.25],
      ['06:40', 24_725, 3800, 0.2],
      ['07:20', 24_700, 1900, 0.8], // a fall within an hour, and half of it back
      ['08:15', 24_390, 2400, 0.6],
      ['09:00', 24_465, 3400, 0.3],
      ['09:40', 24_440, 1900, 0.5],
      ['10:00', 24_410, 0, 0],
    ),
  },
  {
    name: 'NIFTY24NOV-C24500',
    tickSize: 0.05,
    decimals: 2,
    maxSize: 40,
    halfSpread: 7,
    option: {
      underlying: 'NIFTY',
      at: 24_480,
      value: 142,
      delta: 0.46,
      gamma: 0.0008,
      decayPerHour: 1.5,
    },
    phases: phases(
      ['03:45:02', 0, 3000, 8],
      ['04:15', 0, 6000, 5],
      ['07:20', 0, 3000, 8],
      ['09:00', 0, 6000, 5],
      ['10:00', 0, 0, 0],
    ),
  },
  {
    name: 'BTCUSD',
    tickSize: 0.1,
    decimals: 1,
    maxSize: 2,
    phases: phases(
      ['03:45', 91_200, 6200, 0.7],
      ['09:00', 92_400, 5600, 0.7],
      ['12:30', 93_650, 6000, 0.5],
      ['13:30', 93_540, 1, 1.2], // the burst: a cascade of liquidations in two seconds
      ['13:30:02', 90_900, 220, 2],
      ['13:32', 91_700, 2500, 1.5],
      ['14:30', 92_250, 5200, 0.8],
      ['17:00', 94_900, 5600, 0.8],
      ['19:00', 94_250, 6200, 0.6],
      ['21:00', 93_100, 0, 0],
    ),
  },
  {
    name: 'EURUSD',
    tickSize: 0.00001,
    decimals: 5,
    maxSize: 0,
    halfSpread: 4,
    phases: phases(
      ['03:45', 1.0595, 9500, 0.12],
      ['08:00', 1.0603, 5200, 0.2],
      ['10:30', 1.0611, 7000, 0.15],
      ['13:29:58', 1.0586, 60, 0.8], // US economic figures
      ['13:30:20', 1.0637, 900, 0.6],
      ['13:50', 1.0618, 5200, 0.3],
      ['16:00', 1.0622, 7500, 0.15],
      ['21:00', 1.0598, 0, 0],
    ),
  },
  {
    name: 'GOLD',
    tickSize: 0.1,
    decimals: 1,
    maxSize: 30,
    halfSpread: 2,
    phases: phases(
      ['03:45', 2611, 11_000, 0.4],
      ['08:00', 2618.5, 7500, 0.4],
      ['11:00', 2641, 8500, 0.4],
      ['13:00', 2633, 7000, 0.5],
      ['15:00', 2653, 5500, 0.9],
      ['17:00', 2627, 9000, 0.5],
      ['19:30', 2631.5, 12_000, 0.3],
      ['21:00', 2630, 0, 0],
    ),
  },
  {
    name: 'WTI',
    tickSize: 0.01,
    decimals: 2,
    maxSize: 50,
    phases: phases(
      ['03:45', 69.2, 16_000, 0.6],
      ['08:00', 69.55, 11_000, 0.8],
      ['12:00', 69.95, 13_000, 0.7],
      ['15:29:59', 69.7, 150, 4], // weekly oil stocks: down first, then up
      ['15:30:30', 68.2, 1200, 3],
      ['15:50', 70.1, 5000, 1.5],
      ['16:30', 71.25, 11_000, 0.8],
      ['18:00', 70.9, 0, 0], // no trade for an hour
      ['19:00', 70.85, 14_000, 0.6],
      ['21:00', 70.4, 0, 0],
    ),
  },
  {
    name: 'ACME',
    tickSize: 0.01,
    decimals: 2,
    maxSize: 400,
    phases: phases(
      ['14:30', 182.4, 1200, 2],
      ['14:50', 184.6, 2200, 1],
      ['16:00', 185.4, 4800, 0.5],
      ['18:00', 187.6, 4800, 0.5],
      ['19:30', 186.1, 3200, 0.8],
      ['20:50', 189.4, 1100, 1.5],
      ['21:00', 189.9, 0, 0],
    ),
  },
  {
    name: 'GLOBEX',
    tickSize: 0.01,
    decimals: 2,
    maxSize: 900,
    phases: phases(
      ['14:30', 47.3, 2500, 3],
      ['15:00', 47.9, 4500, 1.5],
      ['16:20', 48.6, 5200, 1.2],
      ['17:05', 48.1, 0, 0], // trading is halted, and opens far below
      ['17:40', 43.2, 900, 6],
      ['17:55', 44.5, 4800, 2],
      ['20:00', 43.8, 5500, 1],
      ['21:00', 43.95, 0, 0],
    ),
  },
]
