import type { OrderSpec } from '../domain/instrument.ts'
import type { Position } from '../domain/position.ts'
import type { Capabilities } from '../domain/venue.ts'
import { noNetAt } from '../nets/support.ts'
import { distancePct, triggerFor } from '../nets/trigger.ts'
import type { RuleSet } from '../risk/rule.ts'
import { netOf } from '../risk/rules/net.ts'

/** A position that is about to be added; without `openedAt` it opens now. */
export interface NetAsked {
  readonly position: Omit<Position, 'openedAt'> & { readonly openedAt?: number | undefined }
  readonly ruleSet: RuleSet
}

/** The venue where the net would rest. */
export interface NetVenue {
  readonly capabilities: Pick<Capabilities, 'restingStop' | 'lookup' | 'reduceOnly'>
  readonly listsOrders: boolean
  readonly spec: Partial<OrderSpec>
}

/**
 * Why a position whose rules ask for a net would have none: the venue takes no such stop, or none so far from the
 * price as the trigger lies at the entry. Undefined: the rules ask for no net, or it can rest.
 */
export function noNetFor(
  { position, ruleSet }: NetAsked,
  { capabilities, listsOrders, spec }: NetVenue,
): string | undefined {
  const net = netOf(ruleSet)
  if (net === undefined) return undefined
  const lacking = noNetAt({ ...capabilities, listsOrders }, net)
  if (lacking !== undefined) return `expected ${lacking}`
  const { restingStop: venue } = capabilities
  const { maxDistancePct = Infinity } = venue!
  const stop = stopAtEntry({ position, ruleSet })
  if (stop === undefined || maxDistancePct === Infinity) return undefined
  const { side, entryPrice } = position
  const trigger = triggerFor({ side, stop, net, venue: venue!, spec })
  const pct = distancePct(trigger, entryPrice)
  return pct > maxDistancePct
    ? `its trigger would lie ${Number(pct.toPrecision(3))} % from the entry price, and the broker takes at most ${maxDistancePct} %`
    : undefined
}

/** The nearest stop of the rules at the entry, price per unit; undefined where they have none yet. */
function stopAtEntry({ position: given, ruleSet }: NetAsked): number | undefined {
  const { entryPrice, side, openedAt = 0 } = given
  const position = { ...given, openedAt }
  const stops = ruleSet.rules.flatMap(rule => {
    const { stop } = rule.kind === 'levels' ? rule.arm(position, entryPrice, openedAt) : {}
    return stop === undefined ? [] : [stop]
  })
  if (stops.length === 0) return undefined
  return side === 'long' ? Math.max(...stops) : Math.min(...stops)
}
