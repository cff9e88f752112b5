import { z } from 'zod'
import { decimal } from '../decimal-text.ts'

/** Shapes of the answers of Binance USDⓈ-M. Unread fields are not listed. */

const symbol = z.string().min(1)
const epochMs = z.number().int().nonnegative()

export const order = z.object({
  symbol,
  orderId: z.number().positive(),
  clientOrderId: z.string(),
  status: z.string(),
  side: z.enum(['BUY', 'SELL']),
  origQty: decimal,
  executedQty: decimal,
  /** Missing in the answer to a cancel. */
  avgPrice: decimal.exactOptional(),
})

export const orderList = z.array(order)

export const positionList = z.array(
  z.object({
    symbol,
    positionSide: z.enum(['BOTH', 'LONG', 'SHORT']),
    positionAmt: decimal,
    entryPrice: decimal.exactOptional(),
  }),
)

export const lastPrice = z.object({ symbol, price: decimal, time: epochMs })

export const bestQuote = z.object({
  symbol,
  bidPrice: decimal,
  askPrice: decimal,
  time: epochMs,
})

export const serverTime = z.object({ serverTime: epochMs })

export const positionMode = z.object({ dualSidePosition: z.boolean() })

const filter = z.object({
  filterType: z.string(),
  tickSize: decimal.exactOptional(),
  stepSize: decimal.exactOptional(),
  minQty: decimal.exactOptional(),
  maxQty: decimal.exactOptional(),
  notional: decimal.exactOptional(),
})

export const exchangeInfo = z.object({ symbols: z.array(z.unknown()).min(1) })

export const instrument = z.object({
  symbol,
  status: z.string(),
  contractType: z.string(),
  marginAsset: z.string().min(1),
  filters: z.array(filter),
})

export const restrictions = z.object({
  ipRestrict: z.boolean(),
  enableWithdrawals: z.boolean(),
  enableFutures: z.boolean(),
  /** Expiry of the trading permission of a key that is bound to no IP address. */
  tradingAuthorityExpirationTime: epochMs.exactOptional(),
})

/** The answer to an order that was checked; its figures mean nothing. */
export const checked = z.looseObject({})
