import type { PriceBand } from '../domain/order.ts'
import type { Capabilities, OrderType } from '../domain/venue.ts'
import type { Circumstances } from './circumstances.ts'
import { limitPrice, onTickFrom } from './quantity.ts'
import type { ExitRecord } from './record.ts'
import type { ExitSettings, LimitStyle } from './settings.ts'

/** The limits of a venue that takes no market orders, where `exits.style` is `market`. */
const PLAIN_LIMIT: LimitStyle = { kind: 'marketable-limit', bandPct: 1, escalateMs: 5_000 }

/**
 * By how much the band of a limit may change, as powers of two: wider after a limit that was not
 * executed, narrower after one that was refused.
 */
const WIDEST = 4
const NARROWEST = -4
/** The widest band, percent. */
const MOST_BAND_PCT = 50

/** The limit style of a venue's exits. */
export const limitStyleOf = ({ style }: Pick<ExitSettings, 'style'>): LimitStyle =>
  style.kind === 'marketable-limit' ? style : PLAIN_LIMIT

/** The type of an order. */
export const typeOf = ({ limit }: Pick<ExitRecord['order'], 'limit'>): OrderType =>
  limit === undefined ? 'market' : 'marketable-limit'

/** Whether a venue takes orders of a type; one that names none takes market orders. */
export const takes = (type: OrderType, styles: Capabilities['styles']): boolean =>
  styles.length === 0 ? type === 'market' : styles.includes(type)

/** Whether the venue takes the order as it is: of its type, and no larger than one may be. */
export const isSendable = (
  { order }: Pick<ExitRecord, 'order'>,
  { settings: { capabilities }, spec }: Pick<Circumstances, 'settings' | 'spec'>,
): boolean =>
  takes(typeOf(order), capabilities.styles) && order.quantity <= (spec.maxQuantity ?? Infinity)

/**
 * The type of an exit's next attempt: that of `exits.style`, and the other one after an attempt of it
 * has led nowhere. Never one that the venue does not take.
 */
export function nextType(
  avoided: OrderType | null,
  { style, capabilities: { styles } }: Pick<ExitSettings, 'style' | 'capabilities'>,
): OrderType {
  const allowed: readonly OrderType[] = styles.length === 0 ? ['market'] : styles
  const wanted = allowed.includes(style.kind) ? style.kind : allowed[0]!
  if (avoided !== wanted) return wanted
  return allowed.find(type => type !== avoided) ?? wanted
}

/** The record after an order that led nowhere: the next attempt avoids its type. */
export function avoiding(
  record: ExitRecord,
  how: 'refused' | 'not-executed',
): Pick<ExitRecord, 'avoids' | 'bandStep'> {
  const avoids = typeOf(record.order)
  if (avoids === 'market') return { avoids, bandStep: record.bandStep }
  const { bandStep } = record
  if (how === 'not-executed') return { avoids, bandStep: Math.min(WIDEST, bandStep + 1) }
  // A limit may be refused for lying too far from the price, or for something else.
  return { avoids, bandStep: bandStep > NARROWEST ? bandStep - 1 : 0 }
}

/** Type and limit of an attempt; `wait`: its limit needs a price, and none is known yet. */
export function priceOfAttempt(
  record: ExitRecord,
  around: Pick<Circumstances, 'settings' | 'price' | 'spec' | 'now' | 'takenUpAt'>,
): { readonly limit?: number } | 'wait' {
  const { settings, price, spec } = around
  if (nextType(record.avoids, settings) === 'market') return {}
  const { order } = record
  const { bandPct, escalateMs } = limitStyleOf(settings)
  const isNew = order.limit === undefined || price === undefined
  const isReached = isNew || (order.side === 'long' ? price >= order.limit : price <= order.limit)
  if (order.limit !== undefined && (record.hasLeft || isReached)) return { limit: order.limit }
  if (price === undefined && around.now < around.takenUpAt + escalateMs) return 'wait'
  const known = price ?? lastKnown(record)
  const band = Math.min(MOST_BAND_PCT, bandPct * 2 ** record.bandStep)
  const limit = limitPrice({ ...spec, side: order.side, price: known }, band)
  return { limit: within(limit, record.band, spec.tickSize) }
}

/** The limit, or the nearest price that the venue takes: a whole tick inside the band that it has stated. */
function within(limit: number, band: PriceBand | null, tickSize: number | undefined): number {
  const { low, high } = band ?? {}
  if (low !== undefined && limit < low) return onTickFrom(low, tickSize, 'up')
  return high !== undefined && limit > high ? onTickFrom(high, tickSize, 'down') : limit
}

/** The last price that the decision knew, in the position's view. */
const lastKnown = ({ decision: { tick, best }, order }: ExitRecord): number =>
  tick !== null && tick.instrument === order.instrument ? tick.price : best
