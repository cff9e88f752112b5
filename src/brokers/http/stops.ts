import { z } from 'zod'
import type { StopOrder } from '../../domain/resting-stop.ts'
import type { Ask } from './exchange.ts'

const items = <Item extends string>(names: readonly [Item, ...Item[]]) =>
  z.array(z.enum(names)).min(1)

/** Stop orders that rest at the venue; what is not stated of them is the weaker claim. */
export const restingStop = z.strictObject({
  kinds: items(['stop-market', 'stop-limit']).describe(
    'Types of stop orders that the venue takes.',
  ),
  reserves: z
    .boolean()
    .default(true)
    .describe('Whether a resting stop keeps other orders from closing the same units.'),
  amend: z
    .boolean()
    .default(false)
    .describe('Whether the trigger of a resting stop can be changed without a new order.'),
  triggers: items(['last', 'mark']).describe('Prices that a trigger can be compared with.'),
  maxDistancePct: z.number().positive().max(100).exactOptional().meta({
    unit: '%',
    description: 'Largest distance between price and trigger; absent: no limit.',
  }),
  expires: z
    .enum(['day', 'ever'])
    .default('day')
    .describe('`day`: the venue ends resting stops at the end of its trading day.'),
})

/** Fields of the request for a stop order, in place of those of its type. */
export const triggerFields = ({ trigger: { limit, ...trigger } }: StopOrder) => ({
  trigger,
  ...(limit === undefined ? { type: 'market' } : { type: 'limit', limit }),
})

/** The request that changes the trigger of a resting stop. */
export function amendAsk({ clientOrderId, trigger: { limit, ...trigger } }: StopOrder): Ask {
  const path = `/v1/orders/${encodeURIComponent(clientOrderId)}/amend`
  const body = { trigger, ...(limit !== undefined && { limit }) }
  return { method: 'POST', path, body, isOrder: true }
}
