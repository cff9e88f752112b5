import { z } from 'zod'
import { EXIT_REASONS, type ExitReason } from '../domain/reason.ts'
import { excursionFields, maybe, maybeTime, time, word, type Answer } from './control/answer.ts'

/**
 * How a position ended: by a fill of its exit, or outside (`gone`, `dust`) without a known price. Two are fills
 * after the end: `released`, of the order of a position that was released, and `late`, of one that was over.
 */
export const TRADE_ENDS = ['filled', 'gone', 'dust', 'released', 'late'] as const

export type TradeEnd = (typeof TRADE_ENDS)[number]

/** A position from its open to its close. Profits are gross. */
export const tradeView = z.object({
  seq: z.number().describe('Number of the journal line that ended it.'),
  positionId: z.string(),
  generation: z.number().describe('Of the position id, from 1.'),
  instrument: z.string(),
  side: word(['long', 'short']),
  account: z.string().nullable(),
  underlying: z.string().nullable(),
  currency: z.string().nullable().describe('Of `profit`; null where none is configured.'),
  entryPrice: z.number(),
  multiplier: z.number(),
  openedAt: time,
  closedAt: time,
  end: word(TRADE_ENDS),
  reason: word(EXIT_REASONS)
    .nullable()
    .describe('Why it was exited; null where no exit was decided.'),
  matched: z
    .array(word(EXIT_REASONS))
    .describe('Every reason that held when the exit was decided, most important first.'),
  decidedAt: maybeTime,
  level: maybe.describe('Stop or target of `reason`; null where time decided.'),
  decidedPrice: maybe.describe('The price that was compared with `level`.'),
  quantity: z
    .number()
    .describe('Units that the exit executed; where no fill is known, the units that were held.'),
  price: maybe.describe('Average of what was executed; null where no fill is known.'),
  profit: maybe.describe('Money; null where no price is known.'),
  profitPct: maybe.describe('Percent of the entry price.'),
  clientOrderId: z.string().nullable().describe('The last order of the exit.'),
  attempts: maybe,
  best: maybe.describe(
    'Best price while it was guarded; null: unknown, as after an end that came late.',
  ),
  worst: maybe.describe('Worst price while it was guarded; null: unknown.'),
  firstStop: maybe.describe('Stop of its first rules that had one, at the entry price.'),
  ...excursionFields,
  tickSize: maybe.describe('Prices of its instrument were multiples of it; null: not configured.'),
  steps: z
    .array(z.object({ at: time, attempt: z.number(), what: z.string() }))
    .describe('What happened to an exit that did not go straight.'),
})

/** A position that is over, from its open to its close. Prices per unit, profits gross in money, times epoch ms. */
export interface TradeView extends Answer<typeof tradeView> {}

export interface TradesQuery {
  /** Most trades of one page. */
  readonly limit: number
  /** Only trades whose line has a lower number: the end of the previous page. */
  readonly before?: number
  /** Closed at or after `since` and before `until`, epoch ms. */
  readonly since?: number
  readonly until?: number
  readonly account?: string
  readonly positionId?: string
  readonly instrument?: string
  readonly reason?: ExitReason
  /** Only trades that an exit ended. */
  readonly exitsOnly?: boolean
}

/** Trades, the last one first. */
export interface TradesPage {
  readonly trades: readonly TradeView[]
  /** `before` of the next page; null where no more follow. Earlier pages may be short, or empty. */
  readonly next: number | null
}

/** `GET /api/exits`: trades that an exit ended. */
export const exitsPage = z.object({ exits: z.array(tradeView), next: maybe })
