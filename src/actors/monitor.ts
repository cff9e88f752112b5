import { catchUp } from '../risk/catch-up.ts'
import type { Dispatcher } from '../risk/dispatcher.ts'
import type { Guard } from '../risk/guard.ts'
import { type Ref, send } from './actor.ts'
import type { GatewayMessage, MonitorMessage } from './messages.ts'

/** What one incarnation of a monitor knows. Everything that must survive it is in the guard. */
export interface MonitorState {
  readonly guard: Guard
  readonly shared: MonitorShared
}

/** What all monitors share. */
export interface MonitorShared {
  readonly dispatcher: Dispatcher
  readonly gateway: Ref<GatewayMessage>
}

/**
 * Watches one position. Each message is the same: replay what the position has not seen yet, then
 * commit all of it or, if anything throws, nothing.
 */
export function monitor(state: MonitorState, _message: MonitorMessage): MonitorState {
  const { guard, shared } = state
  if (guard.closed) return state
  const outcome = catchUp(guard, shared.dispatcher.now)
  if (outcome.kind === 'exit') {
    const { decision } = outcome
    send(shared.gateway, { kind: 'exit', decision, position: guard.position })
  }
  shared.dispatcher.commit(guard, outcome)
  return state
}
