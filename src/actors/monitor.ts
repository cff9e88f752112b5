import type { Decision } from '../domain/decision.ts'
import { catchUp } from '../risk/catch-up.ts'
import type { Dispatcher } from '../risk/dispatcher.ts'
import type { WatchedPosition } from '../risk/watched-position.ts'
import { send, type Ref } from './actor.ts'
import type { GatewayMessage, MonitorMessage } from './messages.ts'

/** What one incarnation of a monitor knows. Everything that must survive it is in the watched position. */
export interface MonitorState {
  readonly watched: WatchedPosition
  /** Generation of the position id, from 1. */
  readonly generation: number
  readonly shared: MonitorShared
}

/** What all monitors share. */
export interface MonitorShared {
  readonly dispatcher: Dispatcher
  readonly gateway: Ref<GatewayMessage>
  /** Called before each message; a throw is a crash of the monitor. */
  readonly before?: ((watched: WatchedPosition) => void) | undefined
}

/**
 * Watches one position. Each message is the same: replay what the position has not seen yet, then
 * commit all of it or, if anything throws, nothing. A decision is repeated until it is recorded.
 */
export function monitor(state: MonitorState, _message: MonitorMessage): MonitorState {
  const { watched, shared } = state
  shared.before?.(watched)
  if (!watched.closed) shared.dispatcher.commit(watched, catchUp(watched, shared.dispatcher.now))
  if (watched.decision !== undefined && !watched.isDecisionRecorded) {
    askForExit(state, watched.decision)
  }
  return state
}

const askForExit = ({ watched, generation, shared }: MonitorState, decision: Decision): boolean =>
  send(shared.gateway, { kind: 'exit', decision, position: watched.position, generation })
