import type { NetOptions } from '../domain/resting-stop.ts'
import type { Capabilities } from '../domain/venue.ts'

type Venue = Pick<Capabilities, 'restingStop' | 'lookup' | 'reduceOnly'> & {
  /** The venue lists working orders. */
  readonly listsOrders: boolean
}

/**
 * Why no net can rest at a venue; undefined where one can. A net and an exit are one exit only where the venue
 * finds every order by its id: by the holding alone, neither would know what the other has sold.
 */
export function noNetAt(
  { restingStop, lookup, reduceOnly, listsOrders }: Venue,
  net?: NetOptions,
): string | undefined {
  if (restingStop === undefined) return 'a venue that takes resting stops (restingStop)'
  if (lookup !== 'complete') return 'a venue that finds every order by its id (lookup: complete)'
  if (!reduceOnly && !listsOrders)
    return 'a venue that takes reduce-only orders, or lists working orders (openOrders)'
  const { triggers, maxDistancePct = Infinity } = restingStop
  if (net?.trigger !== undefined && !triggers.includes(net.trigger))
    return `a trigger that the venue offers: ${triggers.join(', ')}`
  return net !== undefined && net.beyondPct >= maxDistancePct
    ? `a beyondPct below the venue's largest distance, ${maxDistancePct} %`
    : undefined
}
