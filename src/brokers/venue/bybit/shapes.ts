import { z } from 'zod'
import { decimal, decimalOrNone } from '../decimal-text.ts'

/** Shapes of the answers of Bybit v5. Unread fields are not listed. */

const symbol = z.string().min(1)

/** Envelope of every answer; `retCode` 0 says that the request was accepted. */
export const envelope = z.object({ retCode: z.number().int(), retMsg: z.string() })

/** Envelope of an accepted request. */
export const success = z.object({
  retCode: z.literal(0),
  result: z.object({}).loose(),
  time: z.number().int().positive(),
})

/** The answer to a new order and to a cancel: an acknowledgement only. */
export const acknowledgement = z.object({ orderId: z.string().min(1), orderLinkId: z.string() })

export const order = z.object({
  symbol,
  orderId: z.string().min(1),
  orderLinkId: z.string(),
  orderStatus: z.string(),
  side: z.enum(['Buy', 'Sell']),
  qty: decimal,
  cumExecQty: decimal,
  avgPrice: decimalOrNone,
  rejectReason: z.string().exactOptional(),
  triggerPrice: decimalOrNone,
})

export const position = z.object({
  symbol,
  positionIdx: z.union([z.literal(0), z.literal(1), z.literal(2)]),
  side: z.enum(['Buy', 'Sell', '', 'None']),
  size: decimal,
  avgPrice: decimalOrNone,
})

/** One page of a list. */
export const page = <Row extends z.ZodType>(row: Row) =>
  z.object({ list: z.array(row), nextPageCursor: z.string().exactOptional() })

export const ticker = z.object({
  symbol,
  lastPrice: decimal,
  bid1Price: decimalOrNone,
  ask1Price: decimalOrNone,
})

export const instrument = z.object({
  symbol,
  status: z.string(),
  settleCoin: z.string().min(1),
  priceFilter: z.object({ tickSize: decimal }),
  lotSizeFilter: z.object({
    qtyStep: decimal,
    minOrderQty: decimal,
    maxOrderQty: decimalOrNone,
    maxMktOrderQty: decimalOrNone,
    minNotionalValue: decimalOrNone,
  }),
})

export const apiKey = z.object({
  readOnly: z.union([z.literal(0), z.literal(1)]),
  permissions: z.record(z.string(), z.array(z.string())),
  ips: z.array(z.string()),
  isMaster: z.boolean().exactOptional(),
  expiredAt: z.string().exactOptional(),
})

/** A row that is validated by itself. */
export const anything = z.unknown()

/** The answer to an order that was checked. */
export const checked = z.object({ orderLinkId: z.string() })
