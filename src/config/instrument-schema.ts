import { z } from 'zod'
import { type InstrumentSpec, InstrumentTable } from '../domain/instrument.ts'
import { isTimezone, parseDay, type Weekday, WEEKDAYS } from '../risk/calendar.ts'

const positive = z.number().positive()

/** A local time of day, `HH:mm`, as minutes after midnight. */
export const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'a time of day from 00:00 to 23:59' })
  .transform(text => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)))

/** An IANA time zone that the runtime knows. */
export const timezone = z
  .string()
  .refine(isTimezone, { error: 'an IANA time zone, such as Europe/Berlin' })

const date = z.string().refine(text => parseDay(text) !== undefined, {
  error: 'a date that exists, as YYYY-MM-DD',
})

const hours = z
  .strictObject({
    timezone,
    open: timeOfDay,
    close: timeOfDay,
    /** Days on which a session opens. */
    days: z
      .union([z.literal('all'), z.array(z.enum(WEEKDAYS as [Weekday, ...Weekday[]])).min(1)])
      .default(['mon', 'tue', 'wed', 'thu', 'fri']),
    holidays: z.array(date).default([]),
  })
  .transform(({ days, holidays, ...rest }) => ({
    ...rest,
    days: new Set((days === 'all' ? WEEKDAYS : days).map(day => WEEKDAYS.indexOf(day))),
    holidays: new Set(holidays.map(text => parseDay(text)!)),
  }))

const instrument = z.strictObject({
  multiplier: positive.default(1),
  lot: positive.optional(),
  minQuantity: positive.optional(),
  tickSize: positive.optional(),
  currency: z.string().min(1).max(12).optional(),
  hours: hours.optional(),
})

/** What is known of instruments: a map from name pattern (`*` is any text) to specification. */
export const instrumentsSchema = z
  .record(z.string().min(1), instrument)
  .default({})
  .transform(
    given =>
      new InstrumentTable(
        Object.entries(given).map(
          ([pattern, { multiplier, ...spec }]): [string, InstrumentSpec] => [
            pattern,
            {
              multiplier,
              lot: spec.lot,
              minQuantity: spec.minQuantity,
              tickSize: spec.tickSize,
              currency: spec.currency,
              hours: spec.hours,
            },
          ],
        ),
      ),
  )
