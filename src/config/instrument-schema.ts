import { z } from 'zod'
import { LARGEST, SMALLEST } from '../domain/bounds.ts'
import { InstrumentTable, type InstrumentSpec, type SessionSpan } from '../domain/instrument.ts'
import { isTimezone, TIMEZONE_EXPECTED } from '../domain/zone.ts'
import { parseDay, WEEKDAYS, type Weekday } from '../risk/calendar.ts'

const positive = z.number().min(SMALLEST).max(LARGEST)

/** A local time of day, `HH:mm`, as minutes after midnight. */
export const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'a time of day from 00:00 to 23:59' })
  .transform(text => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)))

/** An IANA time zone that the runtime knows. */
export const timezone = z.string().refine(isTimezone, { error: TIMEZONE_EXPECTED })

const date = z.string().refine(text => parseDay(text) !== undefined, {
  error: 'a date that exists, as YYYY-MM-DD',
})

const span = z.strictObject({
  open: timeOfDay.describe('Local time at which the session opens, `HH:mm`.'),
  close: timeOfDay.describe('Local time at which it closes; before `open`: on the next day.'),
})

/** Sessions of one day, in order of time; only the last one may end the next day. */
const spans = z
  .array(span)
  .min(1)
  .refine(
    given =>
      given.every(({ open, close }, index) => {
        const next = given[index + 1]
        return next === undefined || (open < close && close <= next.open)
      }),
    { error: 'sessions in order of time that do not overlap' },
  )

/** What a date has instead of the usual sessions. */
const exception = z.union([
  z.literal('closed').transform(() => []),
  span.transform(given => [given]),
  spans,
])

const hours = z
  .strictObject({
    timezone: timezone.describe('Zone of the local times, `Area/City`.'),
    open: timeOfDay.optional().describe('Local time at which the one session opens, `HH:mm`.'),
    close: timeOfDay
      .optional()
      .describe('Local time at which the one session closes; before `open`: on the next day.'),
    sessions: spans
      .optional()
      .describe(
        'Several sessions a day, with breaks between them, in place of `open` and `close`.',
      ),
    days: z
      .union([z.literal('all'), z.array(z.enum(WEEKDAYS as [Weekday, ...Weekday[]])).min(1)])
      .default(['mon', 'tue', 'wed', 'thu', 'fri'])
      .describe('Days on which sessions open.'),
    holidays: z.array(date).default([]).describe('Dates without a session, `YYYY-MM-DD`.'),
    exceptions: z
      .record(date, exception)
      .default({})
      .describe('Dates with sessions of their own: `closed`, one session, or a list.'),
  })
  .superRefine(({ open, close, sessions }, context) => {
    const isOne = open !== undefined && close !== undefined
    const hasAny = open !== undefined || close !== undefined
    if (sessions === undefined ? isOne : !hasAny) return
    context.addIssue({ code: 'custom', message: 'either open and close, or sessions' })
  })
  .transform(({ timezone: zone, open, close, sessions, days, holidays, exceptions }) => ({
    timezone: zone,
    sessions: sessions ?? [{ open: open!, close: close! }],
    days: new Set((days === 'all' ? WEEKDAYS : days).map(day => WEEKDAYS.indexOf(day))),
    exceptions: new Map([
      ...holidays.map((text): [number, readonly SessionSpan[]] => [parseDay(text)!, []]),
      ...Object.entries(exceptions).map(([text, each]): [number, readonly SessionSpan[]] => [
        parseDay(text)!,
        each,
      ]),
    ]),
  }))

const instrument = z.strictObject({
  multiplier: positive.default(1).meta({
    unit: 'money per price point and unit',
    description: 'Worth of one price point, for positions that do not name their own.',
  }),
  contract: z
    .enum(['linear', 'inverse'])
    .default('linear')
    .describe(
      '`inverse`: settled in the coin that is priced; a unit is `multiplier` of the quote currency.',
    ),
  lot: positive
    .optional()
    .meta({ unit: 'units', description: 'Quantities of orders are multiples of it; absent: any.' }),
  minQuantity: positive
    .optional()
    .meta({ unit: 'units', description: 'Smallest quantity of an order; a smaller rest is dust.' }),
  maxQuantity: positive.optional().meta({
    unit: 'units',
    description: 'Largest quantity of one order; more goes out in several, one after the other.',
  }),
  contractSize: positive.optional().meta({
    unit: 'units',
    description:
      'Units of one contract, where the venue counts contracts: orders are whole contracts.',
  }),
  minOrderValue: positive.optional().meta({
    unit: 'instrument currency',
    description:
      'Smallest value of an order; an exit below it waits for a price that makes it large enough.',
  }),
  reduceOnlyExempt: z
    .boolean()
    .default(false)
    .describe('`true`: the venue takes reduce-only orders of any value.'),
  tickSize: positive
    .optional()
    .meta({ unit: 'price', description: 'Limit prices are multiples of it; absent: any.' }),
  currency: z
    .string()
    .min(1)
    .max(12)
    .optional()
    .describe('Currency of profits and losses, for limits and reports.'),
  hours: hours.optional().describe('When the market is open; absent: always.'),
  negativePrices: z
    .boolean()
    .default(false)
    .describe('`true`: prices of 0 and below count, as those of energy futures and of spreads.'),
})

/** Specifications of instruments: a map from name pattern (`*` is any text) to specification. */
export const instrumentsSchema = z
  .record(
    z.string().min(1),
    instrument.describe('Specification of the instruments that the pattern fits.'),
  )
  .default({})
  .transform(
    given =>
      new InstrumentTable(
        Object.entries(given).map(
          ([pattern, { multiplier, ...spec }]): [string, InstrumentSpec] => [
            pattern,
            {
              multiplier,
              contract: spec.contract,
              lot: spec.lot,
              minQuantity: spec.minQuantity,
              maxQuantity: spec.maxQuantity,
              contractSize: spec.contractSize,
              minOrderValue: spec.minOrderValue,
              reduceOnlyExempt: spec.reduceOnlyExempt,
              tickSize: spec.tickSize,
              currency: spec.currency,
              hours: spec.hours,
              mayBeNegative: spec.negativePrices,
            },
          ],
        ),
      ),
  )
  .describe(
    'Specifications of instruments by name pattern; `*` is any text, the first pattern that fits counts.',
  )
