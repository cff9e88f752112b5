import type { Decision } from '../domain/decision.ts'
import type { PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import { clientOrderId } from '../exits/client-order-id.ts'
import { type KillSwitch, maySend } from '../exits/kill-switch.ts'
import {
  dueAction,
  type ExitEvent,
  type ExitRecord,
  follow,
  isIdle,
  joined,
} from '../exits/ledger.ts'
import { type GatewayParts, perform } from './gateway-calls.ts'
import { send } from './actor.ts'
import type { GatewayMessage } from './messages.ts'

export interface GatewayState {
  /** The exits that are not over, and those of positions that are not closed yet. */
  readonly exits: Map<PositionId, ExitRecord>
  readonly parts: GatewayParts
  readonly killSwitch: KillSwitch
}

/** The first state of a gateway: with what an earlier one left in the store, as `recovered`. */
export const gatewayState = (
  parts: GatewayParts,
  { exits, killSwitch }: { exits: readonly ExitRecord[]; killSwitch: KillSwitch },
): GatewayState => ({
  exits: new Map(exits.map(record => [record.positionId, record])),
  parts,
  killSwitch,
})

/** The one place that every order passes. Sends one exit per position, whoever asks how often. */
export function gateway(state: GatewayState, message: GatewayMessage): GatewayState {
  switch (message.kind) {
    case 'exit':
      intend(state, message)
      return state
    case 'happened':
      happened(state, message.positionId, message.event)
      return state
    case 'cycle':
      for (const record of state.exits.values()) act(state, record)
      return state
    case 'kill-switch': {
      const next = { ...state, killSwitch: message.killSwitch }
      for (const record of next.exits.values()) act(next, record)
      return next
    }
    case 'discard':
      discard(state, message.done)
      return state
  }
}

/** Forgets the exits of which nothing can be at the broker. */
function discard({ exits }: GatewayState, done: (ids: readonly PositionId[]) => void): void {
  const idle = [...exits.values()].filter(isIdle).map(({ positionId }) => positionId)
  for (const id of idle) exits.delete(id)
  done(idle)
}

function intend(
  state: GatewayState,
  { decision, position, generation }: Extract<GatewayMessage, { kind: 'exit' }>,
): void {
  const { exits, parts } = state
  if (parts.observe !== undefined) {
    parts.observe(decision, position)
    tell(state, { positionId: position.id, generation })
    return
  }
  const known = exits.get(position.id)
  // A later life of the id has an exit of its own; an earlier life's is over or it could not be.
  if (known !== undefined && known.generation >= generation) {
    const record = joined(known, decision)
    exits.set(position.id, record)
    if (record.state.kind !== 'intending') tell(state, record)
    return
  }
  const record = newExit(decision, { position, generation, intendedAt: parts.now() })
  exits.set(position.id, record)
  act(state, record)
}

function happened(state: GatewayState, id: PositionId, event: ExitEvent): void {
  const { exits, parts } = state
  const before = exits.get(id)
  if (before === undefined) return
  const record = follow(before, event)
  if (record === before) return
  exits.set(id, record)
  if (record.state.kind === 'intended' && before.state.kind === 'intending') {
    parts.journal({ kind: 'exit-intended', decision: record.decision })
    tell(state, record)
  }
  if (record.state.kind === 'filled') {
    const { fill } = record.state
    parts.journal({ kind: 'exit-filled', decision: record.decision, fill })
    send(parts.supervisor, { kind: 'closed', positionId: id, generation: record.generation })
  }
  if (event.kind === 'rejected') {
    const { decision, rejections } = record
    parts.journal({ kind: 'exit-rejected', decision, code: event.code, rejections })
  }
  if (event.kind === 'outcome-unknown') {
    parts.journal({ kind: 'exit-unknown', decision: record.decision })
  }
  // What was acted on is durable before the next byte leaves; `intending` is saved by its action.
  if (event.kind !== 'recorded') parts.note(record)
  // Anything else waits for the next cycle: a broker that refuses at once is not asked in a loop.
  if (event.kind === 'recorded' || event.kind === 'absent') act(state, record)
}

/** Does what is due for a record, unless the kill switch holds it. */
function act(state: GatewayState, record: ExitRecord): void {
  const { exits, parts, killSwitch } = state
  const action = dueAction(record, parts.now())
  if (action === undefined) return
  if (action === 'send' && (!maySend(killSwitch) || parts.isHeld?.(record) === true)) return
  if (action === 'send') exits.set(record.positionId, follow(record, { kind: 'sent' }))
  perform(parts, action, record)
}

/** The supervisor knows then that the monitor need not repeat itself. */
const tell = (
  { parts }: GatewayState,
  exit: { readonly positionId: PositionId; readonly generation: number },
): boolean => {
  const { positionId, generation } = exit
  return send(parts.supervisor, { kind: 'intended', positionId, generation })
}

function newExit(
  decision: Decision,
  {
    position,
    generation,
    intendedAt,
  }: { position: Position; generation: number; intendedAt: number },
): ExitRecord {
  const { id, instrument, side, quantity, priceSource, account = '' } = position
  const attempt = { account, positionId: id, generation, attempt: 1 }
  return {
    positionId: id,
    account,
    generation,
    attempt: 1,
    order: {
      clientOrderId: clientOrderId(attempt),
      positionId: id,
      ...{ instrument, side, quantity, priceSource },
    },
    decision,
    intendedAt,
    rejections: 0,
    state: { kind: 'intending' },
  }
}
