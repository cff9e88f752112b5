import { z } from 'zod'
import type { InstrumentId, PositionId } from '../../domain/ids.ts'
import { LAYERS } from '../../domain/layer.ts'
import { POSITION_STATES, type Position } from '../../domain/position.ts'
import { EXIT_REASONS } from '../../domain/reason.ts'
import { brandedName, excursionFields, maybe, time, word, type Answer } from './answer.ts'
import { exitableView } from './exitable.ts'

const warnings = z.array(z.string()).describe('What is odd about it, one line each.')

/** An open position, as answers show it. */
export const positionView = z.object({
  id: brandedName<PositionId>(),
  instrument: brandedName<InstrumentId>(),
  side: word(['long', 'short']),
  quantity: z.number().describe('Units held, above 0 whatever the side.'),
  entryPrice: z.number(),
  openedAt: time,
  multiplier: z.number().describe('Money per price point and unit.'),
  priceSource: word(['trade', 'quote']),
  contract: z.literal('inverse').optional(),
  account: z.string().optional(),
  ticket: z.string().optional(),
  product: z.string().optional(),
  underlying: brandedName<InstrumentId>().optional(),
  state: word(POSITION_STATES),
  unguardedBy: z
    .string()
    .optional()
    .describe('Why no rule can act on it now: a cause of docs/health.md; absent while one can.'),
  unguardedMs: z
    .number()
    .describe(
      'Time without a guard in this process, and before it while no process was there, ms.',
    ),
  rules: z.record(z.string(), z.unknown()),
  best: z.number(),
  worst: maybe.describe(
    'Worst price since it is guarded; null: unknown, as an earlier version guarded it before.',
  ),
  firstStop: maybe.describe(
    'Stop of its first rules that had one, at the entry price; null: none, or unknown.',
  ),
  ...excursionFields,
  stop: maybe,
  target: maybe,
  lastPrice: maybe.describe("Last price in the position's view; null before the first tick."),
  priceAgeMs: maybe,
  tickSize: z
    .number()
    .optional()
    .describe('Prices of its instrument are multiples of it, where the configuration says so.'),
  reason: word(EXIT_REASONS).optional(),
  layer: word(LAYERS)
    .optional()
    .describe('What protects it: its own guard (`ours`), its stop at the venue, both, or none.'),
  exitable: exitableView
    .optional()
    .describe(
      'Whether it could be exited now; absent while it is being exited, and before that was judged.',
    ),
})

/** An open position, as `GET /api/positions/:id` answers. Prices per unit, amounts in money, times epoch ms. */
export interface PositionView extends Answer<typeof positionView> {}

/** One page of `GET /api/positions`. */
export const positionPage = z.object({
  positions: z.array(positionView),
  next: z.string().nullable().describe('`after` of the next page; null at the end.'),
})

/** A position that was added. */
export const addedView = positionView.extend({ warnings })

/** A position that was added, with its warnings. */
export interface AddedView extends Answer<typeof addedView> {}

/** What became of a request to guard a position. */
export interface Added {
  readonly added: AddedView
  /** False: it was guarded already, with the same content. */
  readonly isNew: boolean
}

/** What became of one rule. */
const ruleChangeView = z.object({
  rule: z.string(),
  change: word(['added', 'removed', 'changed']),
  loosens: z
    .string()
    .optional()
    .describe('Why the position could be exited later than before; absent: it cannot.'),
})

/** A position after a change of its rules; `changes` has one entry for each rule that changed. */
export const changedView = positionView.extend({ changes: z.array(ruleChangeView), warnings })

/** A position after a change, with what became of each rule, and warnings. */
export interface ChangedView extends Answer<typeof changedView> {}

/** What a change of rules would do; stop and target as they would be in force. */
export const rulesPreview = z.object({
  changes: z.array(ruleChangeView),
  stop: maybe,
  target: maybe,
  warnings,
})

/** What a change of rules would do; nothing is changed. */
export interface RulesPreview extends Answer<typeof rulesPreview> {}

/** A position to be guarded, validated; `rules` are the options its rule set was made from. */
export interface AddRequest {
  /** Without `openedAt` it opens when it is added. */
  readonly position: Omit<Position, 'openedAt'> & { readonly openedAt: number | undefined }
  readonly rules: Readonly<Record<string, unknown>>
  /** Guard it even if a rule would exit it at once. */
  readonly exitNow: boolean
  /** Its `openedAt` lies ahead of the clock on purpose. */
  readonly opensLater: boolean
  /** Its id may be that of a position which is over. */
  readonly reopen: boolean
  /** Fields that hold a default: what they are in a position that is guarded already does not matter. */
  readonly filledIn?: readonly ('multiplier' | 'priceSource')[]
  /** What is odd about it, one line each: it stands in the answer. */
  readonly warnings?: readonly string[]
}

/** Facts of an open position that a person sets; it keeps its best price and its generation. */
export interface Amendment {
  /** Units that are held now; absent: as they are. */
  readonly quantity?: number
  /** Average price of one unit; absent: as it is. */
  readonly entryPrice?: number
  /** Although a level gets farther. */
  readonly force: boolean
  /** Although a rule would exit the position at once. */
  readonly exitNow: boolean
  /** What is odd about them, one line each: it stands in the answer. */
  readonly warnings?: readonly string[]
}

export interface RulesRequest {
  /** Options by rule; null takes a rule away, a rule that is not named stays as it is. */
  readonly rules: Readonly<Record<string, unknown>>
  /** The rules replace all present ones: what they do not name goes. */
  readonly isWhole?: boolean
  /** Apply rules that are looser than those in force. */
  readonly force: boolean
  readonly exitNow: boolean
  /** What is odd about them, one line each: it stands in the answer. */
  readonly warnings?: readonly string[]
}
