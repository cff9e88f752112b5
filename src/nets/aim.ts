import type { OrderSpec } from '../domain/instrument.ts'
import type { Position, Side } from '../domain/position.ts'
import type { NetOptions, RestingStop, StopOrder, StopTrigger } from '../domain/resting-stop.ts'
import { isEnough } from '../domain/units.ts'
import type { Capabilities } from '../domain/venue.ts'
import { onTickFrom, orderable } from '../exits/quantity.ts'
import { netId, type NetIdentity } from './net-id.ts'
import { openOf, type NetRecord } from './record.ts'
import { distancePct, gainPct, isBehind, isMet, triggerFor } from './trigger.ts'

/** An open position whose rules ask for a net. */
export interface NetView {
  readonly position: Position
  /** Generation of the position id, from 1. */
  readonly generation: number
  readonly net: NetOptions
  /** The position's own stop in force, price per unit; undefined where it has none. Evaluates its rules. */
  stop(): number | undefined
}

/** What determines the order of a net, besides its position. */
export interface Surroundings {
  readonly capabilities: Capabilities
  readonly venue: RestingStop
  readonly spec: OrderSpec
  /** Units of the position that are open. */
  readonly units: number
  /** The last price in the position's view. */
  readonly price: number | undefined
}

/** The order that should rest at the venue, or why none can now. `met`: the price has met the trigger already. */
export type Aim =
  | { readonly kind: 'rest'; readonly trigger: StopTrigger; readonly quantity: number }
  | { readonly kind: 'none'; readonly why: 'no-stop' | 'too-far' | 'too-small' | 'met' }

/**
 * The order that should rest for a position. Its trigger is never farther from the price than `before` (the trigger of
 * the generation's last order), unless the own stop lies behind `before` by now, as after rules were loosened.
 */
export function aimOf(
  view: NetView,
  { venue, spec, units, price }: Surroundings,
  before: StopTrigger | undefined,
): Aim {
  const { net, position } = view
  const { side } = position
  const stop = view.stop()
  if (stop === undefined) return { kind: 'none', why: 'no-stop' }
  const wanted = triggerFor({ side, stop, net, venue, spec })
  const isKept =
    before !== undefined && isBehind(side, before, stop) && gainPct(side, before, wanted) < 0
  const trigger = isKept ? onPresentTick(before, { side, stop, tickSize: spec.tickSize }) : wanted
  const quantity = mostOf(units, spec)
  if (quantity <= 0 || !(trigger.price > 0)) return { kind: 'none', why: 'too-small' }
  if (price !== undefined) {
    if (isMet(side, trigger, price)) return { kind: 'none', why: 'met' }
    if (distancePct(trigger, price) > (venue.maxDistancePct ?? Infinity))
      return { kind: 'none', why: 'too-far' }
  }
  return { kind: 'rest', trigger, quantity }
}

/**
 * An earlier trigger as the venue takes it now: its tick may have become coarser. Rounded towards the price, so that it
 * does not loosen, unless it would not be behind the own stop then.
 */
function onPresentTick(
  before: StopTrigger,
  { side, stop, tickSize }: { side: Side; stop: number; tickSize: number | undefined },
): StopTrigger {
  const [nearer, away] = side === 'long' ? (['up', 'down'] as const) : (['down', 'up'] as const)
  const { limit } = before
  const at = (way: 'up' | 'down'): StopTrigger => ({
    ...before,
    price: onTickFrom(before.price, tickSize, way),
    ...(limit !== undefined && { limit: onTickFrom(limit, tickSize, away) }),
  })
  const near = at(nearer)
  return isBehind(side, near, stop) ? near : at(away)
}

/** Units that one stop can close: no more than the largest order; the own stop alone guards the rest. */
function mostOf(units: number, spec: OrderSpec): number {
  const all = orderable(units, spec)
  const { maxQuantity } = spec
  return maxQuantity === undefined || all <= maxQuantity ? all : orderable(maxQuantity, spec)
}

/** The change that a resting order needs: none, another trigger, or another order in its place. */
export type Change =
  | { readonly kind: 'stay' | 'replace' }
  | { readonly kind: 'move'; readonly trigger: StopTrigger }

/** The change of an order that rests; `isDue`: the time between two changes is over. */
export function changeOf(
  { position: { side }, net }: NetView,
  record: NetRecord,
  { aim, units, canAmend, isDue }: { aim: Aim; units: number; canAmend: boolean; isDue: boolean },
): Change {
  // An order that could execute more than is open is replaced at once, whenever the last change was.
  if (!isEnough(units, openOf(record))) return { kind: 'replace' }
  if (aim.kind === 'none' || !isDue) return { kind: 'stay' }
  if (gainPct(side, record.order.trigger, aim.trigger) < net.minMovePct) return { kind: 'stay' }
  return canAmend ? { kind: 'move', trigger: aim.trigger } : { kind: 'replace' }
}

/** The order of a net. */
export function orderOf(
  { id, instrument, side, priceSource, account, ticket, product }: Position,
  identity: NetIdentity,
  { aim, capabilities }: { aim: Extract<Aim, { kind: 'rest' }>; capabilities: Capabilities },
): StopOrder {
  return {
    clientOrderId: netId(identity, capabilities.clientOrderIdLength),
    positionId: id,
    instrument,
    side,
    quantity: aim.quantity,
    priceSource,
    ...(account !== undefined && { account }),
    ...(ticket !== undefined && { ticket }),
    ...(product !== undefined && { product }),
    reduceOnly: capabilities.reduceOnly,
    trigger: aim.trigger,
  }
}
