import { firstInstant, localDay } from '../domain/zone.ts'

/** When an account's day begins. */
export interface DayStart {
  /** IANA name. */
  readonly timezone: string
  /** Minutes after local midnight. */
  readonly minutes: number
}

/** One trading day, epoch ms: from `from` until before `until`. */
export interface TradingDay {
  readonly from: number
  readonly until: number
}

/** The trading day that `at` (epoch ms) belongs to. */
export function tradingDayAt({ timezone, minutes }: DayStart, at: number): TradingDay {
  const startOf = (day: number): number => firstInstant(timezone, day, minutes)
  let day = localDay(timezone, at) + 1
  while (startOf(day) > at) day--
  return { from: startOf(day), until: startOf(day + 1) }
}
