import { sum } from '../domain/decimal.ts'
import type { TradingDay } from './trading-day.ts'

/** A bound on the loss of one trading day, of a part of the account or all of it. */
export interface LossLimit {
  /** What it is called in the config, the journal and the API. */
  readonly name: string
  /** Largest loss, in money, > 0. */
  readonly maxLoss: number
  /** Share of `maxLoss` from which it warns, percent. */
  readonly warnAtPct: number
  /** Which positions count; fields that are absent fit every position. */
  readonly account?: string | undefined
  readonly underlying?: string | undefined
  readonly currency?: string | undefined
}

/** What a profit belongs to. */
export interface Belonging {
  readonly account?: string | undefined
  /** Instrument that it derives from, else its own. */
  readonly underlying?: string | undefined
  readonly currency?: string | undefined
}

/** Profits of closed trades that belong to the same. */
export interface Realised extends Belonging {
  /** Money; losses are negative. */
  readonly amount: number
}

/** How a limit that was reached stands. */
export interface Trip {
  /** Epoch ms. */
  readonly at: number
  /** Loss at that moment, > 0. */
  readonly loss: number
}

/** The part of the portfolio that outlives the process. JSON. */
export interface PortfolioDay {
  /** Start of the trading day that the sums belong to, epoch ms. */
  readonly from: number
  readonly realised: readonly Realised[]
  /** Limits that were reached, by name; they stay so until a person resets them. */
  readonly tripped: Readonly<Record<string, Trip>>
  /** Losses, by limit, that a reset has put behind it; the limit counts from there on. */
  readonly forgiven: Readonly<Record<string, number>>
  /** Limits that have warned on this day. */
  readonly warned: readonly string[]
}

/** A day on which nothing has happened. */
export const emptyDay = ({ from }: TradingDay): PortfolioDay => ({
  from,
  realised: [],
  tripped: {},
  forgiven: {},
  warned: [],
})

/** The same portfolio on another trading day: the sums start afresh, what is tripped stays so. */
export function onDay(state: PortfolioDay, day: TradingDay): PortfolioDay {
  const isSame = day.from === state.from
  // A clock that was ahead, and is put back over midnight, must not forget what the day has lost.
  const isJustBefore = day.from < state.from && state.from - day.from <= LONGEST_DAY_MS
  return isSame || isJustBefore ? state : { ...emptyDay(day), tripped: state.tripped }
}

/** A day on which the clocks go back has 25 hours, or a little more. */
const LONGEST_DAY_MS = 26 * 3_600_000

/** Adds what a closed trade has brought. */
export function addRealised(state: PortfolioDay, profit: Realised): PortfolioDay {
  const index = state.realised.findIndex(each => isSame(each, profit))
  if (index === -1) return { ...state, realised: [...state.realised, profit] }
  const before = state.realised[index]!
  const amount = sum(before.amount, profit.amount)
  return { ...state, realised: state.realised.with(index, { ...before, amount }) }
}

const isSame = (a: Belonging, b: Belonging): boolean =>
  a.account === b.account && a.underlying === b.underlying && a.currency === b.currency

/**
 * The only account that is named at all, by the limits and by what belongs to the portfolio: what names
 * none belongs to it. Undefined where none is named, or several are.
 */
export function onlyAccountOf(
  limits: readonly LossLimit[],
  ...parts: readonly Iterable<Pick<Belonging, 'account'>>[]
): string | undefined {
  const names = new Set(limits.flatMap(({ account }) => account ?? []))
  if (names.size !== 1) return undefined
  for (const part of parts)
    for (const { account } of part) if (account !== undefined) names.add(account)
  const [only] = names
  return names.size === 1 ? only : undefined
}

/** What something belongs to, given the only account that is named. */
export const inAccount = <What extends Belonging>(what: What, only: string | undefined): What =>
  what.account !== undefined || only === undefined ? what : { ...what, account: only }

/** Whether something that belongs so counts for a limit. */
export const counts = (limit: LossLimit, what: Belonging): boolean =>
  (limit.account === undefined || limit.account === what.account) &&
  (limit.underlying === undefined || limit.underlying === what.underlying) &&
  (limit.currency === undefined || limit.currency === what.currency)

/** Where a limit stands. Money. */
export interface LimitStanding {
  readonly limit: LossLimit
  readonly realised: number
  readonly unrealised: number
  /** Realised and unrealised together, without what a reset has put behind it; > 0 is a loss. */
  readonly loss: number
  readonly trip: Trip | undefined
}

/** Where a limit stands, given what the open positions that count for it would bring. */
export function standingOf(
  state: PortfolioDay,
  limit: LossLimit,
  unrealised: number,
  onlyAccount?: string,
): LimitStanding {
  const realised = state.realised
    .filter(each => counts(limit, inAccount(each, onlyAccount)))
    .reduce((total, { amount }) => sum(total, amount), 0)
  const loss = -(realised + unrealised) - (state.forgiven[limit.name] ?? 0)
  return { limit, realised, unrealised, loss, trip: state.tripped[limit.name] }
}

/** Findings of an evaluation of a limit that are new. */
export type LimitEvent =
  | { readonly kind: 'warned'; readonly standing: LimitStanding }
  | { readonly kind: 'tripped'; readonly standing: LimitStanding }

/** Warns once a day at the limit's share of its loss, and trips at the whole of it, at `now` (epoch ms). */
export function judge(
  state: PortfolioDay,
  standing: LimitStanding,
  now: number,
): [PortfolioDay, LimitEvent | undefined] {
  const { limit, loss } = standing
  if (standing.trip !== undefined) return [state, undefined]
  if (loss >= limit.maxLoss) {
    const tripped = { ...state.tripped, [limit.name]: { at: now, loss } }
    return [
      { ...state, tripped },
      { kind: 'tripped', standing },
    ]
  }
  const isWarning = loss >= (limit.maxLoss * limit.warnAtPct) / 100
  if (!isWarning || state.warned.includes(limit.name)) return [state, undefined]
  return [
    { ...state, warned: [...state.warned, limit.name] },
    { kind: 'warned', standing },
  ]
}

/** Puts a loss behind a limit: it counts from here on, until the day ends. */
export function reset(state: PortfolioDay, { limit, loss }: LimitStanding): PortfolioDay {
  const { [limit.name]: _gone, ...tripped } = state.tripped
  const before = state.forgiven[limit.name] ?? 0
  return {
    ...state,
    tripped,
    forgiven: { ...state.forgiven, [limit.name]: before + Math.max(0, loss) },
    warned: state.warned.filter(name => name !== limit.name),
  }
}
