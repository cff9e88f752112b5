import type { PositionId } from '../domain/ids.ts'
import type { Allowed } from '../exits/circumstances.ts'
import { maySend } from '../exits/kill-switch.ts'
import type { ExitRecord } from '../exits/record.ts'
import { perform } from './gateway-calls.ts'
import type { GatewayState } from './gateway-state.ts'
import type { GatewayMessage } from './messages.ts'

/** Begins what is due for every exit. */
export function actOnAll(state: GatewayState): GatewayState {
  const { book } = state
  for (const id of book.exits.ids())
    book.faults.alone(`exit of ${id}`, () => act(state, id), undefined)
  followReleased(state)
  return state
}

/** Whether anything may leave that ends an order. */
export const mayCancel = ({ killSwitch, parts }: GatewayState): boolean =>
  maySend(killSwitch) && parts.isObserving !== true

/** What may leave now, where no exit is held apart. */
export function allowedNow(state: GatewayState): Allowed {
  const { book, parts, isUnconfirmed } = state
  // What an earlier process had decided waits, too, for one that may send.
  const may = mayCancel(state)
  const isAlone = book.late.secondGuardOrders.length === 0
  return { now: parts.now(), maySend: may && !isUnconfirmed && isAlone, mayCancel: may }
}

/** Begins what is due for orders of released positions; what is new of them becomes durable soon. */
export function followReleased(state: GatewayState): void {
  const { book, parts, noted } = state
  const allowed = allowedNow(state)
  for (const order of book.released.all()) {
    book.faults.alone(
      `exit of ${order.name}`,
      () => {
        for (const call of book.released.takeDue(order, allowed)) {
          if (call === 'ask-holding') parts.toReconciler({ kind: 'ask', key: order.group.key })
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
export function changed(state: GatewayState, id: PositionId): void {
  const { book, parts, noted } = state
  act(state, id)
  const record = book.exits.record(id)
  if (record === undefined || !isNews(record) || noted.has(record)) return
  noted.add(record)
  parts.persistence.note(record)
}

/** The same for several exits; what throws for one of them ends nothing of the others. */
export function changedEach(state: GatewayState, ids: Iterable<PositionId>): void {
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
export function act(state: GatewayState, id: PositionId): void {
  const { book, parts } = state
  const record = book.exits.record(id)
  if (record === undefined) return
  const allowed = allowedNow(state)
  const isHeld = parts.isHeld?.(record) === true
  const calls = book.exits.takeDue(id, { ...allowed, maySend: allowed.maySend && !isHeld })
  for (const call of calls) {
    const present = book.exits.record(id)
    const isIntended = book.exits.isIntended(id)
    if (present !== undefined) perform(parts, call, { record: present, isIntended })
  }
}

/** Restores a discarded exit whose position goes on, as the store could not forget it. */
export function restoreExit(
  state: GatewayState,
  { record, position }: Extract<GatewayMessage, { kind: 'restore-exit' }>,
): GatewayState {
  const { book, parts } = state
  const { id } = position
  // A new incarnation has it already, and a position that was released has none.
  if (
    book.exits.record(id) !== undefined ||
    book.holdings.current(id)?.generation !== record.generation
  )
    return state
  book.exits.restore(record, { position, now: parts.now() })
  return state
}
