import type { TradingHours } from '../domain/instrument.ts'
import { firstInstant, localDay } from './calendar.ts'

/** Days before the present one on which a session may have opened that still goes on. */
const LOOK_BACK = 2

/** Whether a market is open at `at` (epoch ms). A session ends at `close`, the next day if need be. */
export function isOpenAt(hours: TradingHours, at: number): boolean {
  const today = localDay(hours.timezone, at)
  for (let day = today; day > today - LOOK_BACK; day--) {
    if (!hasSession(hours, day)) continue
    const { timezone, open, close } = hours
    const from = firstInstant(timezone, day, open)
    const until = firstInstant(timezone, close > open ? day : day + 1, close)
    if (from <= at && at < until) return true
  }
  return false
}

/** Day number 0 (1970-01-01) was a Thursday: 3 days after a Monday. */
const hasSession = ({ days, holidays }: TradingHours, day: number): boolean =>
  days.has((((day + 3) % 7) + 7) % 7) && !holidays.has(day)
