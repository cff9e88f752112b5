import type { InstrumentId } from '../domain/ids.ts'
import { signOf, type Position } from '../domain/position.ts'
import { leftOf } from '../domain/units.ts'
import { belowOf, isPriceless } from './exit-state.ts'
import type { Notice } from './notices.ts'
import { bookedOf, priceOfRest } from './past-orders.ts'
import { remainingOf, type ExitRecord } from './record.ts'
import type { ExitSettings } from './settings.ts'

/** The notices that a change of an exit causes. */
export function noticesOf(
  before: ExitRecord,
  after: ExitRecord,
  { loudAfter }: Pick<ExitSettings, 'loudAfter'>,
): readonly Notice[] {
  const notices: Notice[] = []
  const { state, decision, rejections, steps } = after
  const isNewState = state !== before.state
  if (isNewState && state.kind === 'rejected') {
    notices.push({ kind: 'exit-rejected', decision, code: state.code, rejections })
  }
  if (isNewState && state.kind === 'foreign' && before.state.kind !== 'foreign') {
    const { clientOrderId } = after.order
    notices.push({ kind: 'exit-foreign', decision, clientOrderId, by: state.by })
  }
  if (
    rejections > before.rejections &&
    (rejections % loudAfter === 0 || isTooSmall(before, after))
  ) {
    notices.push({ kind: 'exit-stuck', decision, rejections, steps })
  }
  const isFaulty = after.faults > before.faults
  if (isFaulty && before.faults === 0) notices.push({ kind: 'exit-fault', decision, steps })
  if (state.kind === 'unknown' && before.state.kind !== 'unknown') {
    notices.push({ kind: 'exit-unknown', decision })
  }
  if (isNewState && state.kind === 'flat' && state.by === 'dust') {
    notices.push({ kind: 'exit-dust', decision, left: remainingOf(after) })
  }
  const below = belowOf(state)
  if (below !== undefined && belowOf(before.state) === undefined) {
    notices.push({ kind: 'exit-below-minimum', decision, ...below })
  }
  if (isPriceless(state) && !isPriceless(before.state)) {
    notices.push({ kind: 'exit-priceless', decision })
  }
  return notices
}

/** Whether the venue calls the exit too small for the first time: only a person, or another price, ends that. */
const isTooSmall = (before: ExitRecord, { state }: ExitRecord): boolean =>
  state.kind === 'rejected' &&
  state.code === 'below-minimum' &&
  !before.steps.some(({ what }) => what.startsWith(state.code))

/** The notice of a fill of an earlier order of an exit that is not over; its end books it. */
export function lateFillOf(
  before: ExitRecord,
  { record, position }: { readonly record: ExitRecord; readonly position: Position },
): Notice | undefined {
  const past = record.pastOrders.find(
    (each, index) => each.executed !== before.pastOrders[index]?.executed,
  )
  if (past === undefined || past.isNet === true) return undefined
  // A new attempt adds its order with what is booked of it.
  if (record.attempt !== before.attempt) return undefined
  const known = before.pastOrders.find(each => each.clientOrderId === past.clientOrderId)!.executed
  const quantity = leftOf(past.executed.quantity, known.quantity)
  return {
    kind: 'exit-late-fill',
    position,
    generation: record.generation,
    clientOrderId: past.clientOrderId,
    executed: { quantity, price: priceOfRest(past.executed, known, quantity) },
    booked: bookedOf(record).quantity,
    isOpen: true,
  }
}

/** The result of an exit that is over; undefined: it is not. */
export function endOf(record: ExitRecord): Notice | undefined {
  const { state, decision, positionId, order, steps } = record
  if (state.kind !== 'flat') return undefined
  const { quantity, price } = bookedOf(record)
  if (quantity > 0 && price !== null) {
    const { clientOrderId } = order
    const fill = { clientOrderId, positionId, quantity, price }
    return { kind: 'exit-filled', decision, fill, steps }
  }
  return { kind: 'exit-closed', decision, by: state.by === 'dust' ? 'dust' : 'gone', steps }
}

/** A working order of the account, as a list shows it. */
export interface Listed {
  readonly clientOrderId: string | null
  readonly instrument: InstrumentId
  /** Units that are not executed yet, > 0 for a buy and < 0 for a sale. */
  readonly remaining: number
}

/** The notice that working orders of others, in the direction of an exit, may reserve its units. */
export function reservedBy(
  { state, order, decision }: ExitRecord,
  open: readonly Listed[],
): Notice | undefined {
  if (state.kind !== 'rejected') return undefined
  if (state.code !== 'insufficient-quantity' && state.code !== 'held-by-orders') return undefined
  const others = open.filter(
    ({ instrument, clientOrderId: id, remaining }) =>
      instrument === order.instrument &&
      id !== order.clientOrderId &&
      signOf(order.side) * remaining < 0,
  )
  if (others.length === 0) return undefined
  const orders = others.map(({ clientOrderId }) => clientOrderId)
  return { kind: 'exit-reserved', decision, orders }
}
