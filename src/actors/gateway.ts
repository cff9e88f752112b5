import type { ExitEvent } from '../exits/events.ts'
import type { ExitRecord, PastOrder } from '../exits/record.ts'
import type { TrackedNet } from '../nets/tracked-net.ts'
import { callLate } from './gateway-calls.ts'
import { act, actOnAll, changed, followReleased, mayCancel, restoreExit } from './gateway-exits.ts'
import { hinted } from './gateway-hints.ts'
import { actOnNet, feedExit, feedExits, netIdOf, netsCycle } from './gateway-nets.ts'
import { sendIntended } from './gateway-notices.ts'
import { owned } from './gateway-owners.ts'
import { reported } from './gateway-reports.ts'
import type { GatewayState } from './gateway-state.ts'
import { subjectOf } from './gateway-subject.ts'
import type { GatewayMessage, NetMessage } from './messages.ts'

/**
 * The one place that every order passes. Sends one exit per position, however often it is asked for. What
 * throws for one position or holding ends nothing that the others need.
 */
export function gateway(state: GatewayState, message: GatewayMessage): GatewayState {
  const { recovery, parts } = state
  if (recovery.isOver) return processed(state, message)
  if (message.kind !== 'recover') {
    recovery.wait(message)
    return state
  }
  const next = recovery.step().reduce(processed, state)
  if (!recovery.isOver) parts.self({ kind: 'recover' })
  return next
}

function processed(state: GatewayState, message: GatewayMessage): GatewayState {
  const subject = subjectOf(message)
  if (subject === undefined) return handled(state, message)
  return state.book.faults.alone(subject, () => handled(state, message), state)
}

function handled(state: GatewayState, message: GatewayMessage): GatewayState {
  const { book, parts } = state
  switch (message.kind) {
    case 'exit':
      intend(state, message)
      return state
    case 'own':
    case 'resize':
      return owned(state, message)
    case 'release': {
      const { position, generation } = message
      const lockHolder = book.release(position, { generation, now: parts.now() })
      if (lockHolder !== undefined) changed(state, lockHolder)
      followReleased(state)
      return state
    }
    case 'recorded':
      recorded(state, message.record)
      return state
    case 'ended':
      book.ended(message.of, message.event)
      changed(state, message.of.id)
      followReleased(state)
      return state
    case 'net-recorded':
    case 'net-ended':
      netNews(state, message)
      return state
    case 'order':
    case 'pushed':
      return orderNews(state, message)
    case 'hint':
      hinted(state, message.hint)
      return state
    case 'holding':
    case 'holdings':
    case 'listed':
    case 'orders':
      return reported(state, message)
    case 'cycle':
      cycle(state)
      return state
    case 'kill-switch':
      return actOnAll({ ...state, killSwitch: message.killSwitch })
    case 'confirm':
      return actOnAll({ ...state, isUnconfirmed: message.isUnconfirmed })
    case 'discard':
      message.done(book.discard(parts.now()))
      return state
    case 'restore-exit':
      return restoreExit(state, message)
    case 'recover':
      return state
  }
}

/** An exit is durable as it was in `record`: from here on the venue's stop may be cancelled for it. */
function recorded(state: GatewayState, record: ExitRecord): void {
  const { book, nets, parts } = state
  book.exits.recorded(record, parts.now())
  feedExit(state, record.positionId)
  changed(state, record.positionId)
  const net = nets.table.of(record)
  if (net !== undefined) reviewNet(state, net)
}

/** All that is due by time. */
function cycle(state: GatewayState): void {
  const { book, parts } = state
  book.cycle(parts.now())
  for (const key of book.doubtful()) parts.toReconciler({ kind: 'ask', key })
  for (const call of book.late.takeDue(parts.now(), mayCancel(state))) callLate(parts, call)
  feedExits(state)
  actOnAll(state)
  netsCycle(state)
}

/** Takes what the venue says of one order, asked or of its own accord. */
function orderNews(
  state: GatewayState,
  message: Extract<GatewayMessage, { kind: 'order' | 'pushed' }>,
): GatewayState {
  const { book, parts } = state
  switch (message.kind) {
    case 'order': {
      const { clientOrderId: id, order, by, askedAt } = message
      if (by === 'look-up') book.late.answered(id, order, askedAt)
      seen(state, { kind: 'seen', id, order, by, askedAt, at: parts.now() })
      return state
    }
    case 'pushed': {
      // An update of an order that is not ours is ignored.
      const { clientOrderId: id, order } = message.update
      const at = parts.now()
      seen(state, { kind: 'seen', id, order, by: 'stream', askedAt: at, at })
      return state
    }
  }
}

function intend(
  state: GatewayState,
  { decision, position, generation }: Extract<GatewayMessage, { kind: 'exit' }>,
): void {
  const { book, parts } = state
  if (parts.isObserving === true) {
    parts.persistence.noteObserved(decision)
    sendIntended(parts, { positionId: position.id, generation })
    return
  }
  const now = parts.now()
  const key = { positionId: position.id, generation }
  const net = (): PastOrder | undefined => state.nets.dropForExit(key, now)
  book.exits.intend({ decision, position, generation, at: now, net })
  if (book.exits.isIntended(position.id))
    sendIntended(parts, { positionId: position.id, generation })
  act(state, position.id)
}

/** Takes what the venue says of an order of ours, whose exit is open, released or over. */
function seen(state: GatewayState, event: Extract<ExitEvent, { kind: 'seen' }>): void {
  const { book } = state
  const { id, order, by, askedAt, at } = event
  if (state.nets.table.owner(id) !== undefined) {
    netNews(state, { kind: 'net-seen', event })
    return
  }
  const owner = book.exits.owner(id)
  if (owner !== undefined) {
    book.exits.happened(owner, event)
    changed(state, owner)
    return
  }
  const released = book.released.owner(id)
  if (released === undefined) {
    book.late.seen(id, order, { by, askedAt, now: at })
    return
  }
  book.released.happened(released, event)
  followReleased(state)
}

/** Takes what is new of a net, and goes on with it and with the exit of its position. */
function netNews(
  state: GatewayState,
  message:
    | NetMessage
    | { readonly kind: 'net-seen'; readonly event: Extract<ExitEvent, { kind: 'seen' }> },
): void {
  const { nets, parts } = state
  const id = netIdOf(message)
  switch (message.kind) {
    case 'net-recorded':
      nets.recorded(message.record, parts.now())
      break
    case 'net-ended':
      nets.ended(message.of, message.event)
      break
    case 'net-seen':
      nets.happened(message.event)
      break
  }
  const net = nets.table.owner(id)
  if (net !== undefined) reviewNet(state, net)
}

/** Begins what is due for a net; its exit goes on where it has learned something by it. */
function reviewNet(state: GatewayState, net: TrackedNet): void {
  const { positionId } = net.record
  state.nets.review(net, state.parts.now())
  actOnNet(state, net)
  if (feedExit(state, positionId)) changed(state, positionId)
}
