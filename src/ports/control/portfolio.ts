import { z } from 'zod'
import { maybeTime, time, type Answer } from './answer.ts'

/** A profit (> 0) or loss (< 0) in money, and what it belongs to. */
export const realisedReport = z.object({
  amount: z.number().describe('Money; below 0: a loss.'),
  account: z.string().optional(),
  underlying: z.string().optional(),
  currency: z.string().optional(),
})

/** A realised profit (> 0) or loss (< 0), money. */
export interface RealisedReport extends Answer<typeof realisedReport> {}

/** Where one limit stands. Money. */
const limitView = z.object({
  name: z.string(),
  maxLoss: z.number(),
  warnAtPct: z.number(),
  account: z.string().nullable(),
  underlying: z.string().nullable(),
  currency: z.string().nullable(),
  realised: z.number(),
  unrealised: z.number(),
  loss: z.number().describe('What counts against `maxLoss`; negative is a profit.'),
  trippedAt: maybeTime.describe('When it was reached, epoch ms; null where it was not.'),
})

/** One limit on the loss of a day, money. */
export interface LimitView extends Answer<typeof limitView> {}

/** `/api/portfolio`: the trading day. */
export const portfolioView = z.object({
  day: z.object({ from: time, until: time }),
  realised: z.array(realisedReport),
  limits: z.array(limitView),
})

/** The trading day: its bounds (epoch ms), realised sums and limits. */
export interface PortfolioView extends Answer<typeof portfolioView> {}
