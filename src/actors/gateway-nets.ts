import type { ClientOrderId } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import type { StopOrder } from '../domain/resting-stop.ts'
import { NotSent } from '../errors.ts'
import type { Listed } from '../exits/noticing.ts'
import type { NetRecord } from '../nets/record.ts'
import type { NetCall, TrackedNet } from '../nets/tracked-net.ts'
import type { NetEvent } from '../nets/transitions.ts'
import type { Leaving } from '../ports/sender.ts'
import { withDeadline } from './deadline.ts'
import type { GatewayDeps } from './gateway-deps.ts'
import { allowedNow } from './gateway-exits.ts'
import { askOrder, isSaved, leave, sendFailed } from './gateway-orders.ts'
import type { GatewayState } from './gateway-state.ts'
import type { NetMessage } from './messages.ts'

/** A new cycle of the nets: what is wanted of them, and all that is due. */
export function netsCycle(state: GatewayState): void {
  const { nets, parts } = state
  if (parts.nets === undefined) return
  nets.cycle(parts.nets.views(), allowedNow(state))
  actOnNets(state)
}

/** Begins what is due for every net. */
export function actOnNets(state: GatewayState): void {
  const { nets, parts, book } = state
  if (parts.nets === undefined) return
  for (const net of nets.table.all()) {
    book.faults.alone(`net of ${net.record.positionId}`, () => actOnNet(state, net), undefined)
  }
  for (const key of nets.takeForgotten()) parts.nets.forget(key)
}

/** Begins what is due for one net; what is new of it becomes durable soon, and its exit learns of it. */
export function actOnNet(state: GatewayState, net: TrackedNet): void {
  const { nets, parts } = state
  if (parts.nets === undefined) return
  for (const call of nets.takeDue(net, allowedNow(state))) performNet(parts, call, net)
  const { record, position } = net
  if (nets.table.isFired(net)) exitBy(state, net)
  if (isNews(record) && record !== net.saved && !state.notedNets.has(record)) {
    state.notedNets.add(record)
    parts.nets.note({ record, position })
  }
}

/** The venue has executed a net: that is the exit of its position, and the rest is sold by it. */
function exitBy({ parts }: GatewayState, { position, record }: TrackedNet): void {
  const { generation, order } = record
  const decision = parts.nets!.decide(position, order.trigger.price, parts.now())
  parts.self({ kind: 'exit', decision, position, generation })
}

/** Whether a new process would learn more from the store. */
const isNews = ({ state }: NetRecord): boolean =>
  state.kind === 'resting' || state.kind === 'unknown' || state.kind === 'over'

/** Starts what a net needs; how it ended comes back as a message. */
function performNet(parts: GatewayDeps, call: NetCall, net: TrackedNet): void {
  const { record, key } = net
  switch (call) {
    case 'save':
      parts.track(saved(parts, net))
      return
    case 'send':
      start(parts, { call, record }, sent(parts, record.order))
      return
    case 'amend':
      start(parts, { call, record }, amended(parts, record.order))
      return
    case 'cancel':
      start(parts, { call, record }, asked(parts, record, 'cancel'))
      return
    case 'ask':
      start(parts, { call, record }, asked(parts, record, 'look-up'))
      return
    case 'ask-holding':
      parts.toReconciler({ kind: 'ask', key })
      return
    case 'list-orders':
      parts.toReconciler({ kind: 'list-orders' })
  }
}

function start(
  { self, track }: GatewayDeps,
  { call, record }: { call: NetCall; record: NetRecord },
  answer: Promise<NetEvent | undefined>,
): void {
  const { clientOrderId: id } = record.order
  track(answer.then(event => self({ kind: 'net-ended', of: { id, call }, event })))
}

async function saved(parts: GatewayDeps, { record, position }: TrackedNet): Promise<void> {
  const { self, nets } = parts
  if (await isSaved(parts, () => nets!.save({ record, position }))) {
    self({ kind: 'net-recorded', record })
    return
  }
  const { clientOrderId: id } = record.order
  self({ kind: 'net-ended', of: { id, call: 'save' }, event: undefined })
}

async function sent(parts: GatewayDeps, order: StopOrder): Promise<NetEvent> {
  const { clientOrderId: id } = order
  const leaving: Leaving<StopOrder> = parts.leavingNet(order)
  try {
    if (parts.broker.queues !== true) leave(leaving)
    const answer = await withDeadline(parts.callTimeoutMs, signal =>
      parts.broker.placeStop!(order, signal, leaving),
    )
    return { kind: 'answered', id, answer, at: parts.now() }
  } catch (reason) {
    return sendFailed(reason, { id, at: parts.now() }, error => failed(parts, error))
  }
}

/** A change that fails may have been made; it is made again, which changes nothing more. */
async function amended(parts: GatewayDeps, order: StopOrder): Promise<NetEvent | undefined> {
  const { clientOrderId: id, trigger } = order
  try {
    const state = await withDeadline(parts.callTimeoutMs, signal =>
      parts.broker.amendStop!(order, signal),
    )
    return { kind: 'amended', id, trigger, order: state, at: parts.now() }
  } catch (error) {
    if (!(error instanceof NotSent)) failed(parts, error)
    return undefined
  }
}

const asked = (
  parts: GatewayDeps,
  { order }: NetRecord,
  by: 'look-up' | 'cancel',
): Promise<NetEvent | undefined> =>
  askOrder(parts, order, { by, failed: error => failed(parts, error) })

/** A call about a net is no part of an exit: its failure is reported as one of reconciliation. */
const failed = ({ journal }: GatewayDeps, error: unknown): void =>
  journal({ kind: 'reconcile-failed', error })

/** The net of an exit may have executed what the exit has not learned yet; gives whether it has changed. */
export function feedExit(state: GatewayState, exitId: Position['id']): boolean {
  const { book, nets, parts } = state
  const exit = book.exits.record(exitId)
  // Before its intent is durable nothing of an exit may become its end.
  if (exit === undefined || !book.exits.isIntended(exitId)) return false
  const position = book.holdings.current(exitId)?.position
  const event = position && nets.feed(exit, position, parts.now())
  return event !== undefined && book.exits.happened(exitId, event)
}

/** The same for every exit. */
export function feedExits(state: GatewayState): void {
  const { exits, faults } = state.book
  for (const id of exits.ids())
    faults.alone(`net beside the exit of ${id}`, () => feedExit(state, id), false)
}

/** Takes the list of all working orders: which nets rest, and which stops belong to no position. */
export function netsListed(
  state: GatewayState,
  { orders, askedAt }: { readonly orders: readonly Listed[]; readonly askedAt: number },
): void {
  const { nets, parts } = state
  if (parts.nets === undefined) return
  nets.listed(orders, { askedAt, now: parts.now(), open: parts.nets.views() })
  actOnNets(state)
}

/** The order that a message about a net is about. */
export const netIdOf = (
  message:
    | NetMessage
    | { readonly kind: 'net-seen'; readonly event: { readonly id: ClientOrderId } },
): ClientOrderId => {
  switch (message.kind) {
    case 'net-recorded':
      return message.record.order.clientOrderId
    case 'net-ended':
      return message.of.id
    case 'net-seen':
      return message.event.id
  }
}
