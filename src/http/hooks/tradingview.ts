import type { HookConfig } from '../../config/hook-schema.ts'
import { assertKnown } from '../route.ts'
import { instrumentIn, type Alert } from './alert.ts'
import { numberOf, textOf, wordOf, type Fields } from './fields.ts'

const COMMON = ['id', 'verb', 'account', 'position'] as const

/** The fields of a message, by its verb. */
export const TRADINGVIEW_FIELDS = {
  guard: [...COMMON, 'instrument', 'side', 'quantity', 'price', 'rules'],
  tighten: [...COMMON, 'stop'],
  exit: COMMON,
} as const

const VERBS = ['guard', 'tighten', 'exit'] as const satisfies (keyof typeof TRADINGVIEW_FIELDS)[]

/**
 * The message of an alert of TradingView, whose text is the user's own: docs/hooks.md has it. `id` names the
 * alert, so that one which is sent twice acts once. Throws BAD_INPUT.
 */
export function tradingviewAlert(fields: Fields, hook: HookConfig): Alert {
  const verb = wordOf(fields, 'verb', VERBS)
  assertKnown('field', fields.keys(), TRADINGVIEW_FIELDS[verb])
  const key = textOf(fields, 'id')
  const positionId = textOf(fields, 'position')
  const account = fields.has('account') ? { account: textOf(fields, 'account') } : {}
  switch (verb) {
    case 'guard':
      return {
        ...account,
        kind: 'guard',
        key,
        position: {
          id: positionId,
          instrument: instrumentIn(hook, textOf(fields, 'instrument')),
          side: wordOf(fields, 'side', ['long', 'short']),
          quantity: numberOf(fields, 'quantity'),
          entryPrice: numberOf(fields, 'price'),
          ...(fields.has('rules') && { rules: textOf(fields, 'rules') }),
        },
      }
    case 'tighten':
      return { ...account, kind: 'tighten', key, positionId, stop: numberOf(fields, 'stop') }
    case 'exit':
      return { ...account, kind: 'exit', key, positionId }
  }
}
