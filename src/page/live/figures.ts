import type { Row, Series } from './store.ts'

/** Indexes into `levels`, by name. */
export const STATE = 1
export const BEST = 2
export const STOP = 3
export const TARGET = 4
export const QUANTITY = 5
export const CAUSE = 6
export const REASON = 7
export const EXITABLE = 8
export const UNEXITABLE = 9
export const LAYER = 10

export const signOf = ({ side }: Pick<Row, 'side'>): 1 | -1 => (side === 'long' ? 1 : -1)

/** Profit of a position when its price moves from one to another, in money; below 0: a loss. */
export function gainBetween(row: Row, from: number, to: number): number {
  const way = row.isInverse ? 1 / from - 1 / to : to - from
  return way * signOf(row) * row.levels[QUANTITY] * row.multiplier
}

/** Profit at a price, in money. */
export const profitAt = (row: Row, price: number): number => gainBetween(row, row.entryPrice, price)

/**
 * Distance from the price to the stop, as a share of the price; below 0 where it is crossed; null:
 * unknown.
 */
export function distance(row: Row, price: number | null): number | null {
  const stop = row.levels[STOP]
  if (stop === null || price === null || price === 0) return null
  return ((price - stop) * signOf(row)) / Math.abs(price)
}

/**
 * Loss of a position from its present price if it fills at its stop, `worse` a share beyond it, in
 * money.
 */
export function atRisk(row: Row, price: number | null, worse = 0): number | null {
  const stop = row.levels[STOP]
  if (stop === null || price === null) return null
  const sign = signOf(row)
  const fill = stop - sign * Math.abs(stop) * worse
  return Math.max(0, -gainBetween(row, price, fill))
}

/** Sums of one currency. */
export interface Money {
  readonly currency: string | null
  atRisk: number
  atRiskWorse: number
  profit: number
}

export interface Sums {
  guarded: number
  exiting: number
  observed: number
  unguarded: number
  /** Positions that could be exited now, and one reason why another could not. */
  exitable: number
  unexitableBy: string | null
  /** Positions without a stop or a price: their risk is unknown. */
  unbounded: number
  readonly money: readonly Money[]
}

/** How much worse than its level every stop fills in the second figure, as a share. */
export const WORSE = 0.01

/**
 * Adds up all positions; money by currency, the largest risk first. `blockedBy`: why no order of a position could
 * leave, whatever it is itself.
 */
export function sumsOf(
  rows: Iterable<Row>,
  series: readonly Series[],
  blockedBy: (row: Row) => string | null = () => null,
): Sums {
  const byCurrency = new Map<string | null, Money>()
  const sums = { guarded: 0, exiting: 0, observed: 0, unguarded: 0, unbounded: 0, exitable: 0 }
  let unexitableBy: string | null = null
  for (const row of rows) {
    sums[row.levels[STATE]]++
    // What is being exited is on its way out.
    const isExiting = row.levels[STATE] === 'exiting'
    const blocked = blockedBy(row)
    if (blocked === null && (isExiting || row.levels[EXITABLE] === 'yes')) sums.exitable++
    else unexitableBy ??= blocked ?? row.levels[UNEXITABLE]
    const { price, currency } = series[row.series]!
    const money = byCurrency.get(currency) ?? { currency, atRisk: 0, atRiskWorse: 0, profit: 0 }
    byCurrency.set(currency, money)
    const risk = atRisk(row, price)
    if (risk === null) sums.unbounded++
    else {
      money.atRisk += risk
      money.atRiskWorse += atRisk(row, price, WORSE) ?? 0
    }
    if (price !== null) money.profit += profitAt(row, price)
  }
  return {
    ...sums,
    unexitableBy,
    money: [...byCurrency.values()].sort((a, b) => b.atRisk - a.atRisk),
  }
}

/** Positions on a scale from 0 to 1 of the known prices; the stop is left, the target right. */
export interface Places {
  readonly now: number | null
  readonly entry: number
  readonly best: number
  readonly stop: number | null
  readonly target: number | null
}

/** Range of a position's prices. */
export function placesOf(row: Row, price: number | null): Places {
  const sign = signOf(row)
  const stop = row.levels[STOP]
  const target = row.levels[TARGET]
  const best = row.levels[BEST]
  const known = [row.entryPrice, best, stop, target, price].filter(each => each !== null)
  const ahead = known.map(each => each * sign)
  const least = Math.min(...ahead)
  const span = Math.max(...ahead) - least || 1
  const place = (at: number): number => (at * sign - least) / span
  return {
    now: price === null ? null : place(price),
    entry: place(row.entryPrice),
    best: place(best),
    stop: stop === null ? null : place(stop),
    target: target === null ? null : place(target),
  }
}
