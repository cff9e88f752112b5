import { round15 } from '../domain/decimal.ts'
import type { PositionId } from '../domain/ids.ts'
import type { InstrumentTable } from '../domain/instrument.ts'
import type { Fill } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import { amountAt } from '../domain/profit.ts'
import { viewOf } from '../domain/tick.ts'
import type { Faults } from '../exits/faults.ts'
import type { Quotes } from '../ports/quotes.ts'
import {
  addRealised,
  counts,
  inAccount,
  judge,
  onDay,
  onlyAccountOf,
  reset,
  standingOf,
  type Belonging,
  type LimitEvent,
  type LimitStanding,
  type LossLimit,
  type PortfolioDay,
  type Realised,
} from '../risk/portfolio.ts'
import { tradingDayAt, type DayStart, type TradingDay } from '../risk/trading-day.ts'
import type { PortfolioMessage } from './messages.ts'

export interface PortfolioOptions {
  readonly dayStart: DayStart
  readonly limits: readonly LossLimit[]
}

/** What the portfolio works with. */
export interface PortfolioDeps extends PortfolioOptions {
  readonly instruments: InstrumentTable
  readonly quotes: Quotes
  /** Epoch ms. */
  now(): number
  /** The positions that are open, those that are being exited included. */
  open(): Iterable<Position>
  /** Whether that generation of a position is open: a fill that is reported twice counts once. */
  isOpen(id: PositionId, generation: number): boolean
  /** Makes a changed day durable soon, in one commit with what was journaled in the same turn. */
  keep(day: PortfolioDay): void
  /** A limit warns or has tripped. */
  notify(event: LimitEvent): void
  /** Asks for the exit of a position because of a limit. */
  exit(id: PositionId): void
  /** The exit of a position is filled, and its profit counted; undefined where that is not possible. */
  closed(id: PositionId, fill: Fill, profit: Realised | undefined): void
  /** What throws for one position is reported, and ends nothing else. */
  readonly faults: Pick<Faults, 'alone'>
}

export interface PortfolioState {
  readonly parts: PortfolioDeps
  readonly day: PortfolioDay
  /** The trading day that was found last: it takes a dozen conversions of local times to find one. */
  readonly today?: TradingDay
}

/** Counts the day's profits and losses, and flattens what belongs to a limit that is reached. */
export function portfolio(state: PortfolioState, message: PortfolioMessage): PortfolioState {
  const { parts } = state
  const today = todayOf(state, parts.now())
  const present = { parts, today, day: onDay(state.day, today) }
  switch (message.kind) {
    case 'cycle':
      return evaluate(present)
    case 'filled': {
      const { position, generation, fill } = message
      if (!parts.isOpen(position.id, generation)) return present
      const [day, profit] = realised(present, position, fill)
      const next = kept(present, day)
      parts.closed(position.id, fill, profit)
      return next
    }
    case 'late-filled': {
      const { position, executed, done } = message
      const { quantity, price } = executed
      const [day, profit] =
        price === null ? [present.day, undefined] : realised(present, position, { quantity, price })
      const next = kept(present, day)
      done(profit)
      return next
    }
    case 'reported': {
      const next = kept(present, addRealised(present.day, message.profit))
      message.done()
      return evaluate(next)
    }
    case 'reset': {
      const standing = standings(present).find(({ limit }) => limit.name === message.limit)
      const next = standing === undefined ? present : kept(present, reset(present.day, standing))
      message.done(standing)
      return next
    }
    case 'ask':
      message.answer({ day: present.day, standings: standings(present) })
      return present
  }
}

function todayOf({ parts, today }: PortfolioState, now: number): TradingDay {
  const isSame = today !== undefined && now >= today.from && now < today.until
  return isSame ? today : tradingDayAt(parts.dayStart, now)
}

/** Warns of limits that come near, trips those that are reached, and exits what belongs to them. */
function evaluate(state: PortfolioState): PortfolioState {
  const { parts } = state
  if (parts.limits.length === 0) return state
  let { day } = state
  for (const standing of standings(state)) {
    const [next, event] = judge(day, standing, parts.now())
    day = next
    if (event !== undefined) parts.notify(event)
  }
  const tripped = parts.limits.filter(({ name }) => day.tripped[name] !== undefined)
  if (tripped.length > 0) {
    const only = onlyAccountOf(parts.limits, day.realised, parts.open())
    for (const position of parts.open()) {
      const belonging = inAccount(belongingOf(parts.instruments, position), only)
      if (tripped.some(limit => counts(limit, belonging))) parts.exit(position.id)
    }
  }
  return kept(state, day)
}

/** The day with what a fill has brought; as it was, without a profit, where that cannot be counted. */
function realised(
  { parts, day }: PortfolioState,
  position: Position,
  fill: Pick<Fill, 'price' | 'quantity'>,
): readonly [PortfolioDay, Realised | undefined] {
  return parts.faults.alone<readonly [PortfolioDay, Realised | undefined]>(
    `fill of ${position.id}`,
    () => {
      const profit = profitOf(parts, position, fill)
      finite(profit.amount, 'its profit')
      const next = addRealised(day, profit)
      for (const { amount } of next.realised) finite(amount, "the day's sum with it")
      return [next, profit]
    },
    [day, undefined],
  )
}

/** Throws where a figure is none: what it is added to would be none either. */
function finite(value: number, what: string): number {
  if (Number.isFinite(value)) return value
  throw new RangeError(`found ${value} for ${what}, expected a number`)
}

function kept(state: PortfolioState, day: PortfolioDay): PortfolioState {
  if (day === state.day) return state
  state.parts.keep(day)
  return { ...state, day }
}

function standings({ parts, day }: PortfolioState): LimitStanding[] {
  const unrealised = parts.limits.map(() => 0)
  const only = onlyAccountOf(parts.limits, day.realised, parts.open())
  if (parts.limits.length > 0) {
    for (const position of parts.open()) {
      const belonging = inAccount(belongingOf(parts.instruments, position), only)
      const profit = parts.faults.alone(
        `profit of ${position.id}`,
        () => finite(unrealisedOf(parts.quotes, position), 'its unrealised profit'),
        0,
      )
      parts.limits.forEach((limit, index) => {
        if (counts(limit, belonging)) unrealised[index]! += profit
      })
    }
  }
  return parts.limits.map((limit, index) =>
    standingOf(day, limit, round15(unrealised[index]!), only),
  )
}

/** What a position belongs to, for the limits. */
export const belongingOf = (
  instruments: InstrumentTable,
  { account, underlying, instrument }: Position,
): Belonging => {
  const { currency } = instruments.of(instrument)
  return {
    underlying: underlying ?? instrument,
    ...(account !== undefined && { account }),
    ...(currency !== undefined && { currency }),
  }
}

/** Profit at the last price, money; 0 before the first price. */
export function unrealisedOf(quotes: Quotes, position: Position): number {
  const { instrument, side, priceSource } = position
  const price = quotes.price(instrument, viewOf(side, priceSource))
  return price === undefined ? 0 : amountAt(position, price)
}

function profitOf(
  { instruments }: PortfolioDeps,
  position: Position,
  fill: Pick<Fill, 'price' | 'quantity'>,
): Realised {
  const amount = amountAt({ ...position, quantity: fill.quantity }, fill.price)
  return { ...belongingOf(instruments, position), amount }
}
