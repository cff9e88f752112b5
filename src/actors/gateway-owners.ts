import { resize } from '../exits/resizing.ts'
import { changed } from './gateway-exits.ts'
import type { GatewayState } from './gateway-state.ts'
import type { GatewayMessage } from './messages.ts'

/** A position opens, or a person sets its quantity: the units that it owns change. */
export function owned(
  state: GatewayState,
  message: Extract<GatewayMessage, { readonly kind: 'own' | 'resize' }>,
): GatewayState {
  const { book, parts } = state
  const { position, generation } = message
  const entry = { generation, now: parts.now() }
  const isNew = message.kind === 'own'
  const taken = isNew ? { lockHolder: book.own(position, entry) } : resize(book, position, entry)
  if (!isNew) message.done(taken !== 'refused')
  if (taken === 'refused') return state
  if (taken.lockHolder !== undefined) changed(state, taken.lockHolder)
  // Else the next cycle asks for its holding by name; an exit that cannot wait does so itself.
  if (parts.asksAtOnce === true) parts.toReconciler({ kind: 'ask-for', position: position.id })
  return state
}
