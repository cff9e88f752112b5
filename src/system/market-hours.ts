import type { TradingHours } from '../domain/instrument.ts'
import { isOpenAt } from '../risk/hours.ts'

/** Hours are in minutes, and finding them out costs more than a position's share of a cycle. */
const lookedUp = new WeakMap<TradingHours, { readonly minute: number; readonly isOpen: boolean }>()

/** Whether a market is open at `now` (epoch ms). */
export function isOpenNow(hours: TradingHours, now: number): boolean {
  const minute = Math.floor(now / 60_000)
  const known = lookedUp.get(hours)
  if (known?.minute === minute) return known.isOpen
  const isOpen = isOpenAt(hours, now)
  lookedUp.set(hours, { minute, isOpen })
  return isOpen
}
