import { z } from 'zod'
import { decimal, decimalOrNone } from '../decimal-text.ts'

/** Shapes of the answers of OKX v5. Unread fields are not listed. */

const instId = z.string().min(1)
const epochMs = z
  .string()
  .regex(/^\d{13,14}$/)
  .transform(Number)

/** Envelope of every answer; the code 0 says that the request was accepted. */
export const envelope = z.object({
  code: z.string().min(1),
  msg: z.string().exactOptional(),
  data: z.array(z.unknown()).exactOptional(),
})

/** Result of one order in an answer. */
export const row = z.object({ sCode: z.string().min(1), sMsg: z.string().exactOptional() })

/** The answer to a new order and to a cancel: an acknowledgement only. */
export const acknowledgement = z.object({
  clOrdId: z.string(),
  ordId: z.string().min(1),
  sCode: z.literal('0'),
})

export const order = z.object({
  instId,
  instType: z.string(),
  ordId: z.string().min(1),
  clOrdId: z.string(),
  side: z.enum(['buy', 'sell']),
  state: z.string(),
  sz: decimal,
  accFillSz: decimal,
  avgPx: decimalOrNone,
})

export const position = z.object({
  instId,
  instType: z.string(),
  posSide: z.enum(['net', 'long', 'short']),
  pos: decimal,
  mgnMode: z.enum(['cross', 'isolated']),
  avgPx: decimalOrNone,
})

export const ticker = z.object({
  instId,
  last: decimalOrNone,
  bidPx: decimalOrNone,
  askPx: decimalOrNone,
  ts: epochMs,
})

export const time = z.object({ ts: epochMs })

export const account = z.object({
  posMode: z.enum(['net_mode', 'long_short_mode']),
  perm: z.string(),
  ip: z.string(),
  uid: z.string().exactOptional(),
  mainUid: z.string().exactOptional(),
})

export const instrument = z.object({
  instId,
  ctType: z.enum(['linear', 'inverse']),
  ctVal: decimal,
  ctMult: decimal,
  lotSz: decimal,
  minSz: decimal,
  tickSz: decimal,
  maxMktSz: decimalOrNone,
  settleCcy: z.string().min(1),
  state: z.string(),
})

export const list = z.array(z.unknown())
