import { instrumentId } from '../domain/ids.ts'
import type { Tick } from '../domain/tick.ts'

/** A tick whose fields are what they should be; undefined for anything else. */
export function tickOf(given: unknown): Tick | undefined {
  if (typeof given !== 'object' || given === null) return undefined
  const { instrument, ts, price, size, bid, ask } = given as Record<string, unknown>
  const isNumber = (value: unknown): value is number => typeof value === 'number'
  if (typeof instrument !== 'string' || instrument === '' || !isNumber(ts) || !isNumber(price))
    return undefined
  if (!Number.isFinite(ts)) return undefined
  return {
    instrument: instrumentId(instrument),
    ts,
    price,
    ...(isNumber(size) && { size }),
    ...(isNumber(bid) && { bid }),
    ...(isNumber(ask) && { ask }),
  }
}
