import type { HookConfig } from '../../config/hook-schema.ts'
import { assertKnown, badInput } from '../route.ts'
import { instrumentIn, type Alert } from './alert.ts'
import { numberOf, textOf, wordOf, type Fields } from './fields.ts'

const COMMON = ['event', 'trade_id'] as const

/** The fields of a message, by its event. */
export const FREQTRADE_FIELDS = {
  entry_fill: [...COMMON, 'pair', 'direction', 'open_rate', 'amount', 'open_date'],
  exit_fill: COMMON,
} as const

const EVENTS = ['entry_fill', 'exit_fill'] as const satisfies (keyof typeof FREQTRADE_FIELDS)[]

/** `{open_date}` as Python writes a datetime; without an offset it is UTC. */
const DATE = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d{1,6})?(Z|[-+]\d\d:\d\d)?$/

/**
 * A webhook of freqtrade: `entry_fill` guards the trade, `exit_fill` says that freqtrade has closed it by itself,
 * which the account shows, too. Throws BAD_INPUT.
 *
 * https://www.freqtrade.io/en/stable/webhook-config
 */
export function freqtradeAlert(fields: Fields, hook: HookConfig): Alert {
  const event = wordOf(fields, 'event', EVENTS)
  assertKnown('field', fields.keys(), FREQTRADE_FIELDS[event])
  const id = `${hook.name}-${textOf(fields, 'trade_id')}`
  switch (event) {
    case 'entry_fill': {
      const openedAt = fields.has('open_date') ? dateOf(fields) : undefined
      const side = wordOf(fields, 'direction', ['long', 'short'])
      const quantity = numberOf(fields, 'amount')
      const entryPrice = numberOf(fields, 'open_rate')
      const instrument = instrumentIn(hook, textOf(fields, 'pair'))
      return {
        kind: 'guard',
        // A trade that grows is another message of the same event.
        key: [event, id, instrument, side, quantity, entryPrice, openedAt ?? ''].join(' '),
        position: {
          id,
          instrument,
          side,
          quantity,
          entryPrice,
          ...(openedAt !== undefined && { openedAt }),
        },
      }
    }
    case 'exit_fill':
      return { kind: 'noted', key: `${event} ${id}` }
  }
}

function dateOf(fields: Fields): number {
  const text = textOf(fields, 'open_date')
  const [, day, time, fraction = '', zone = 'Z'] = DATE.exec(text) ?? []
  const at = Date.parse(`${day}T${time}${fraction.slice(0, 4)}${zone}`)
  if (day !== undefined && !Number.isNaN(at)) return at
  throw badInput('open_date', text, 'a time as 2026-11-28 12:00:00+00:00')
}
