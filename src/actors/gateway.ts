import type { Decision } from '../domain/decision.ts'
import type { PositionId } from '../domain/ids.ts'
import type { ExitOrder, Fill } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import { clientOrderId } from '../exits/client-order-id.ts'
import type { Broker } from '../ports/broker.ts'
import type { Journal } from '../ports/journal.ts'
import { type Ref, send } from './actor.ts'
import type { GatewayMessage, SupervisorMessage } from './messages.ts'

/** How far the one exit of a position has come. */
type Exit =
  | { readonly kind: 'sending'; readonly decision: Decision }
  | { readonly kind: 'acknowledged'; readonly decision: Decision }
  | { readonly kind: 'filled'; readonly decision: Decision; readonly fill: Fill }
  | { readonly kind: 'failed'; readonly decision: Decision }

export interface GatewayState {
  readonly exits: Map<PositionId, Exit>
  readonly parts: GatewayParts
}

export interface GatewayParts {
  readonly broker: Broker
  readonly journal: Journal
  readonly supervisor: Ref<SupervisorMessage>
  /** Sends a message to the gateway itself. */
  self(message: GatewayMessage): void
  /** Tells whoever waits for quiet that a call is under way. */
  track(call: Promise<unknown>): void
}

/** The first state of a gateway. */
export const gatewayState = (parts: GatewayParts): GatewayState => ({ exits: new Map(), parts })

/** The one place that every order passes. Sends one exit per position, whoever asks how often. */
export function gateway(state: GatewayState, message: GatewayMessage): GatewayState {
  const { exits, parts } = state
  switch (message.kind) {
    case 'exit': {
      const { decision, position } = message
      if (exits.has(position.id)) return state
      exits.set(position.id, { kind: 'sending', decision })
      parts.journal({ kind: 'exit-intended', decision })
      place(parts, exitOrder(position))
      return state
    }
    case 'settled': {
      const { answer, positionId } = message
      if (answer.kind === 'filled') return filled(state, answer.fill)
      const exit = exits.get(positionId)
      if (exit?.kind === 'sending') exits.set(positionId, { ...exit, kind: 'acknowledged' })
      return state
    }
    case 'failed': {
      const exit = exits.get(message.positionId)
      if (exit?.kind !== 'sending') return state
      exits.set(message.positionId, { ...exit, kind: 'failed' })
      parts.journal({ kind: 'exit-failed', decision: exit.decision, error: message.error })
      return state
    }
    case 'filled':
      return filled(state, message.fill)
  }
}

function filled(state: GatewayState, fill: Fill): GatewayState {
  const { exits, parts } = state
  const exit = exits.get(fill.positionId)
  if (exit === undefined || exit.kind === 'filled') return state
  exits.set(fill.positionId, { kind: 'filled', decision: exit.decision, fill })
  parts.journal({ kind: 'exit-filled', decision: exit.decision, fill })
  send(parts.supervisor, { kind: 'closed', positionId: fill.positionId })
  return state
}

function place({ broker, self, track }: GatewayParts, order: ExitOrder): void {
  const { positionId } = order
  const call = broker.placeExit(order, new AbortController().signal).then(
    answer => self({ kind: 'settled', positionId, answer }),
    (error: unknown) => self({ kind: 'failed', positionId, error }),
  )
  track(call)
}

function exitOrder(position: Position): ExitOrder {
  const { id, instrument, side, quantity, priceSource, account = '' } = position
  const attempt = { account, positionId: id, generation: 1, attempt: 1 }
  return {
    clientOrderId: clientOrderId(attempt),
    positionId: id,
    ...{ instrument, side, quantity, priceSource },
  }
}
