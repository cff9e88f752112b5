import type { HookConfig } from '../../config/hook-schema.ts'
import { assertKnown } from '../route.ts'
import { instrumentIn, type Alert } from './alert.ts'
import { numberOf, textOf, wordOf, type Fields } from './fields.ts'

const VERBS = ['guard', 'tighten', 'exit'] as const
const COMMON = ['id', 'verb', 'account', 'position']
const GUARD = [...COMMON, 'instrument', 'side', 'quantity', 'price', 'rules']
const TIGHTEN = [...COMMON, 'stop']

/**
 * The message of an alert of TradingView, whose text is the user's own: docs/hooks.md has it. `id` names the
 * alert, so that one which is sent twice acts once. Throws BAD_INPUT.
 */
export function tradingviewAlert(fields: Fields, hook: HookConfig): Alert {
  const verb = wordOf(fields, 'verb', VERBS)
  const key = textOf(fields, 'id')
  const positionId = textOf(fields, 'position')
  const account = fields.has('account') ? { account: textOf(fields, 'account') } : {}
  switch (verb) {
    case 'guard':
      assertKnown('field', fields.keys(), GUARD)
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
      assertKnown('field', fields.keys(), TIGHTEN)
      return { ...account, kind: 'tighten', key, positionId, stop: numberOf(fields, 'stop') }
    case 'exit':
      assertKnown('field', fields.keys(), COMMON)
      return { ...account, kind: 'exit', key, positionId }
  }
}
