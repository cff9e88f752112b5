import type { PositionId } from '../domain/ids.ts'
import type { ExitEvent } from '../exits/events.ts'
import { maySend } from '../exits/kill-switch.ts'
import type { ExitRecord } from '../exits/record.ts'
import { callLate, perform } from './gateway-calls.ts'
import { sendIntended } from './gateway-notices.ts'
import type { GatewayState } from './gateway-state.ts'
import { subjectOf } from './gateway-subject.ts'
import type { GatewayMessage } from './messages.ts'

/**
 * The one place that every order passes. Sends one exit per position, however often it is asked for. What
 * throws for one position or holding ends nothing that the others need.
 */
export function gateway(state: GatewayState, message: GatewayMessage): GatewayState {
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
    case 'own': {
      const { position, generation } = message
      const beside = book.own(position, { generation, now: parts.now() })
      if (beside !== undefined) changed(state, beside)
      // Else the next cycle asks for its holding by name; an exit that cannot wait does so itself.
      if (parts.asksAtOnce === true) parts.ask({ kind: 'ask-for', position: position.id })
      return state
    }
    case 'release': {
      const { position, generation } = message
      const beside = book.release(position, { generation, now: parts.now() })
      if (beside !== undefined) changed(state, beside)
      followReleased(state)
      return state
    }
    case 'recorded':
      book.exits.recorded(message.record, parts.now())
      changed(state, message.record.positionId)
      return state
    case 'ended':
      book.ended(message.of, message.event)
      changed(state, message.of.id)
      followReleased(state)
      return state
    case 'late':
    case 'pushed':
      return orderNews(state, message)
    case 'holding':
    case 'holdings':
    case 'orders':
      return reported(state, message)
    case 'cycle':
      book.cycle(parts.now())
      for (const key of book.doubtful()) parts.ask({ kind: 'ask', key })
      for (const call of book.late.due(parts.now(), mayCancel(state))) callLate(parts, call)
      actOnAll(state)
      return state
    case 'kill-switch':
      return actOnAll({ ...state, killSwitch: message.killSwitch })
    case 'confirm':
      return actOnAll({ ...state, isUnconfirmed: message.isUnconfirmed })
    case 'discard':
      message.done(book.discard(parts.now()))
      return state
    case 'take-back':
      takeBack(state, message)
      return state
  }
}

/** Takes what the venue says of one order, asked or of its own accord. */
function orderNews(
  state: GatewayState,
  message: Extract<GatewayMessage, { kind: 'late' | 'pushed' }>,
): GatewayState {
  const { book, parts } = state
  switch (message.kind) {
    case 'late': {
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

/** Takes what the broker says of holdings and working orders, and goes on with the exits that it concerns. */
function reported(
  state: GatewayState,
  message: Extract<GatewayMessage, { kind: 'holding' | 'holdings' | 'orders' }>,
): GatewayState {
  const { book, parts } = state
  switch (message.kind) {
    case 'holding': {
      const { key, report, ...asked } = message
      changedEach(state, book.reported(key, report, { ...asked, now: parts.now() }))
      break
    }
    case 'holdings': {
      const { lacking, affected } = book.heldAll(message.holdings, {
        askedAt: message.askedAt,
        now: parts.now(),
      })
      for (const key of lacking) parts.ask({ kind: 'ask', key })
      changedEach(state, affected)
      break
    }
    case 'orders':
      book.listed(message.orders, { askedAt: message.askedAt, now: parts.now() })
      changedEach(state, book.exits.ids())
      break
  }
  followReleased(state)
  return state
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
  book.exits.intend(decision, { position, generation, now: parts.now() })
  if (book.exits.isIntended(position.id))
    sendIntended(parts, { positionId: position.id, generation })
  act(state, position.id)
}

function takeBack(
  { book, parts }: GatewayState,
  { record, position }: Extract<GatewayMessage, { kind: 'take-back' }>,
): void {
  const { id } = position
  // A new incarnation has it already, and a position that was released has none.
  if (book.exits.record(id) !== undefined || book.generationOf(id) !== record.generation) return
  book.exits.restore(record, { position, now: parts.now() })
}

/** Takes what the venue says of an order of ours, whose exit is open, released or over. */
function seen(state: GatewayState, event: Extract<ExitEvent, { kind: 'seen' }>): void {
  const { book } = state
  const { id, order, by, askedAt, at } = event
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

function actOnAll(state: GatewayState): GatewayState {
  const { book } = state
  for (const id of book.exits.ids())
    book.faults.alone(`exit of ${id}`, () => act(state, id), undefined)
  followReleased(state)
  return state
}

/** Whether anything may leave that ends an order. */
const mayCancel = ({ killSwitch, parts }: GatewayState): boolean =>
  maySend(killSwitch) && parts.isObserving !== true

/** Begins what is due for orders of released positions; what is new of them becomes durable soon. */
function followReleased(state: GatewayState): void {
  const { book, parts, noted } = state
  const gates = { now: parts.now(), mayCancel: mayCancel(state) }
  for (const order of book.released.all()) {
    book.faults.alone(
      `exit of ${order.name}`,
      () => {
        for (const call of book.released.due(order, gates)) {
          if (call === 'ask-holding') parts.ask({ kind: 'ask', key: order.group.key })
          else perform(parts, call, { record: order.record, isIntended: true })
        }
        const { record, position } = order
        if (book.released.of(record) !== order || noted.has(record)) return
        noted.add(record)
        parts.persistence.noteReleased({ record, position })
      },
      undefined,
    )
  }
}

/** Something is new of an exit: that becomes durable soon, and what follows from it begins. */
function changed(state: GatewayState, id: PositionId): void {
  const { book, parts, noted } = state
  act(state, id)
  const record = book.exits.record(id)
  if (record === undefined || !isNews(record) || noted.has(record)) return
  noted.add(record)
  parts.persistence.note(record)
}

function changedEach(state: GatewayState, ids: Iterable<PositionId>): void {
  const { faults } = state.book
  for (const id of ids) faults.alone(`exit of ${id}`, () => changed(state, id), undefined)
}

/** Whether a new process would learn more from the store; what was never sent is saved before it is. */
const isNews = ({ state }: ExitRecord): boolean =>
  state.kind !== 'intending' &&
  state.kind !== 'intended' &&
  state.kind !== 'sending' &&
  state.kind !== 'flat'

/** Begins what is due for an exit. */
function act(state: GatewayState, id: PositionId): void {
  const { book, parts, isUnconfirmed } = state
  const record = book.exits.record(id)
  if (record === undefined) return
  // What an earlier process had decided waits, too, for one that may send.
  const mayLeave = mayCancel(state)
  const isHeld = isUnconfirmed || parts.isHeld?.(record) === true
  const gates = {
    now: parts.now(),
    maySend: mayLeave && !isHeld && book.strangers.length === 0,
    mayCancel: mayLeave,
  }
  for (const call of book.exits.due(id, gates)) {
    const record = book.exits.record(id)
    const isIntended = book.exits.isIntended(id)
    if (record !== undefined) perform(parts, call, { record, isIntended })
  }
}
