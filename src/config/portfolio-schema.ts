import { z } from 'zod'
import { LARGEST } from '../domain/bounds.ts'
import { product } from '../domain/decimal.ts'
import type { LossLimit } from '../risk/portfolio.ts'
import type { DayStart } from '../risk/trading-day.ts'
import { timeOfDay, timezone } from './instrument-schema.ts'

const limit = z
  .strictObject({
    name: z.string().regex(/^[\w.-]{1,60}$/, { error: 'a name of letters, digits, _ . -' }),
    /** Money. */
    maxLoss: z.number().positive().max(LARGEST).optional(),
    /** Percent of the capital. */
    maxLossPct: z.number().positive().max(100).optional(),
    warnAtPct: z.number().positive().max(100).default(80),
    /** Only positions of this account, of this underlying, in this currency; absent: all. */
    account: z.string().min(1).optional(),
    underlying: z.string().min(1).optional(),
    currency: z.string().min(1).optional(),
  })
  .refine(({ maxLoss, maxLossPct }) => (maxLoss === undefined) !== (maxLossPct === undefined), {
    error: 'exactly one of maxLoss and maxLossPct',
  })

/** The portfolio's limits as the service uses them. */
export interface PortfolioConfig {
  readonly dayStart: DayStart
  readonly limits: readonly LossLimit[]
}

/** Bounds on the loss of a trading day. */
export const portfolioSchema = z
  .strictObject({
    /** What `maxLossPct` is a percentage of, in money. */
    capital: z.number().positive().max(LARGEST).optional(),
    /** Whose clock begins the trading day. */
    timezone: timezone.default('UTC'),
    dayStart: timeOfDay.default(0),
    limits: z.array(limit).max(100).default([]),
  })
  .superRefine(({ capital, limits }, context) => {
    limits.forEach(({ name, maxLossPct }, index) => {
      if (maxLossPct !== undefined && capital === undefined) {
        const message = 'maxLoss in money, or portfolio.capital to take a percentage of'
        context.addIssue({ code: 'custom', path: ['limits', index, 'maxLossPct'], message })
      }
      if (limits.findIndex(each => each.name === name) === index) return
      const message = 'a name that no other limit has'
      context.addIssue({ code: 'custom', path: ['limits', index, 'name'], message })
    })
  })
  .transform(({ capital, timezone: zone, dayStart, limits }): PortfolioConfig => ({
    dayStart: { timezone: zone, minutes: dayStart },
    limits: limits.map(({ maxLoss, maxLossPct, ...rest }) => ({
      ...rest,
      maxLoss: maxLoss ?? product(capital!, maxLossPct!) / 100,
    })),
  }))
  .prefault({})
