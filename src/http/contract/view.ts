import { z } from 'zod'
import { LAYERS } from '../../domain/layer.ts'
import { POSITION_STATES } from '../../domain/position.ts'
import { EXITABLE_STATES } from '../../ports/control/exitable.ts'
import { killSwitchState } from '../../ports/control/kill-switch.ts'
import { portfolioView } from '../../ports/control/portfolio.ts'
import { VIEW_WORDS } from '../../ports/view.ts'

const maybe = z.number().nullable()
const maybeText = z.string().nullable()
const side = z.enum(['long', 'short'])

const series = z.object({
  instrument: z.string(),
  source: z.enum(['trade', 'bid', 'ask']).describe('The part of a tick that is compared.'),
  currency: maybeText.describe('Null: the currency of the account.'),
  tickSize: maybe,
})

const levels = z
  .tuple([
    z.number(),
    z.enum(POSITION_STATES),
    z.number(),
    maybe,
    maybe,
    z.number(),
    maybeText,
    maybeText,
    z.enum(EXITABLE_STATES).nullable(),
    maybeText,
    z.enum(LAYERS).nullable(),
  ])
  .describe(
    'Row, state, best price, stop, target, quantity, why unguarded, why it is exited, exitable, why not, layer.',
  )

const row = z.object({
  row: z.number().describe('Number of the row within the epoch.'),
  id: z.string(),
  series: z.number().describe('Index of its price series.'),
  side,
  entryPrice: z.number(),
  multiplier: z.number(),
  isInverse: z.boolean(),
  openedAt: z.number(),
  account: maybeText,
  underlying: maybeText,
  levels,
})

const exit = z.object({
  id: z.string(),
  seq: z.number(),
  state: z.enum(['under-way', 'filled', 'closed', 'observed', 'discarded']),
  reason: z.string(),
  instrument: maybeText,
  side: side.nullable(),
  level: maybe,
  trigger: maybe,
  fill: maybe,
  quantity: maybe,
  profit: maybe,
  clientOrderId: maybeText,
  at: z.number(),
  endedAt: maybe,
})

const status = z.object({
  word: z.enum(VIEW_WORDS),
  why: z.array(z.string()),
  since: maybe,
  blockedBy: z.array(z.string()).describe('Why no exit order of any account could be sent.'),
  blockedAccounts: z
    .record(z.string(), z.array(z.string()))
    .describe('Why none of single accounts could, by account; empty with one account.'),
  killSwitch: z.object({
    state: killSwitchState,
    since: maybe,
    by: maybeText,
    held: z.number(),
  }),
  version: z.string(),
})

/** One page of `GET /api/view`; `ports/view.ts` says what each field means. */
export const viewPage = z.object({
  epoch: z.string(),
  version: z.number(),
  at: z.number(),
  series: z.array(series),
  prices: z.array(z.tuple([z.number(), maybe, maybe])).describe('Series, price, time.'),
  rows: z.array(row),
  next: maybe.describe('`after` of the next page; null at the end.'),
  status,
  day: portfolioView.nullable(),
  exits: z.array(exit),
  build: maybeText,
})
