import { z } from 'zod'
import { EXIT_REASONS } from '../../domain/reason.ts'
import { choice, count, seq, text, time } from '../query.ts'

const MOST_TRADES = 1_000

/** Parameters that select trades. */
export const tradeParameters = {
  since: time('Only those closed at or after this time, epoch ms.').optional(),
  until: time('Only those closed before this time, epoch ms.').optional(),
  account: text('account', 'Only those of this account.').optional(),
  positionId: text('positionId', 'Only those of this position.').optional(),
  instrument: text('instrument', 'Only those in this instrument.').optional(),
  reason: choice(EXIT_REASONS, 'Only those exited for this reason.').optional(),
  limit: count(1, MOST_TRADES, 'Most of one page; default 100.').optional(),
  before: seq(1, '`next` of the page before.').optional(),
  format: choice(['json', 'csv'], '`csv` in place of the header Accept.').optional(),
}

/** `next` of a page: null at the end. A page may be short, or empty, before that. */
export const nextSeq = z
  .number()
  .nullable()
  .describe('`before` of the next page; null at the end. A page may be short before that.')
