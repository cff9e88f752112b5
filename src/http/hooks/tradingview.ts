import type { HookConfig } from '../../config/hook-schema.ts'
import { instrumentIn, type Alert } from './alert.ts'
import { assertKnown, numberOf, textOf, wordOf, type Fields } from './fields.ts'

const VERBS = ['guard', 'tighten', 'exit'] as const
const GUARD = ['id', 'verb', 'position', 'instrument', 'side', 'quantity', 'price', 'rules']
const TIGHTEN = ['id', 'verb', 'position', 'stop']
const EXIT = ['id', 'verb', 'position']

/**
 * The message of an alert of TradingView, whose text is the user's own: docs/hooks.md has it. `id` names the
 * alert, so that one which is sent twice acts once. Throws BAD_INPUT.
 */
export function tradingviewAlert(fields: Fields, hook: HookConfig): Alert {
  const verb = wordOf(fields, 'verb', VERBS)
  const key = textOf(fields, 'id')
  const positionId = textOf(fields, 'position')
  switch (verb) {
    case 'guard':
      assertKnown(fields, GUARD)
      return {
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
      assertKnown(fields, TIGHTEN)
      return { kind: 'tighten', key, positionId, stop: numberOf(fields, 'stop') }
    case 'exit':
      assertKnown(fields, EXIT)
      return { kind: 'exit', key, positionId }
  }
}
