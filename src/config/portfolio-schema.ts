import { z } from 'zod'
import { LARGEST } from '../domain/bounds.ts'
import { product } from '../domain/decimal.ts'
import type { LossLimit } from '../risk/portfolio.ts'
import type { DayStart } from '../risk/trading-day.ts'
import { timeOfDay, timezone } from './instrument-schema.ts'

const limit = z
  .strictObject({
    name: z
      .string()
      .regex(/^[\w.-]{1,60}$/, { error: 'a name of letters, digits, _ . -' })
      .describe('Name of the limit in the journal, in health and in the API.'),
    maxLoss: z
      .number()
      .positive()
      .max(LARGEST)
      .optional()
      .meta({ unit: 'money', description: 'Loss of a day at which the limit trips.' }),
    maxLossPct: z
      .number()
      .positive()
      .max(100)
      .optional()
      .meta({ unit: '% of capital', description: 'The same, in place of `maxLoss`.' }),
    warnAtPct: z
      .number()
      .positive()
      .max(100)
      .default(80)
      .meta({ unit: '% of the loss', description: 'From here on journal and health warn.' }),
    account: z
      .string()
      .min(1)
      .optional()
      .describe('Counts only positions of this account; absent: of any.'),
    underlying: z
      .string()
      .min(1)
      .optional()
      .describe('Counts only positions of this underlying; absent: of any.'),
    currency: z
      .string()
      .min(1)
      .optional()
      .describe('Counts only positions in this currency; absent: in any.'),
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
    capital: z
      .number()
      .positive()
      .max(LARGEST)
      .optional()
      .meta({ unit: 'money', description: 'Capital that `maxLossPct` is a percentage of.' }),
    timezone: timezone.default('UTC').describe('Zone of `dayStart`, `Area/City`.'),
    dayStart: timeOfDay
      .prefault('00:00')
      .describe('Local time at which the trading day begins, `HH:mm`.'),
    limits: z
      .array(limit)
      .max(100)
      .default([])
      .describe('Limits; reaching one exits every position that it counts.'),
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
  .describe('Limits on the loss of a trading day, realised and unrealised.')
