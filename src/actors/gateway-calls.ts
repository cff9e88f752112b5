import type { ClientOrderId } from '../domain/order.ts'
import type { ExitEvent } from '../exits/events.ts'
import type { CallKind } from '../exits/exit-calls.ts'
import type { LateCall } from '../exits/late-orders.ts'
import { pastOrderToAsk } from '../exits/past-orders.ts'
import type { ExitRecord } from '../exits/record.ts'
import { withDeadline } from './deadline.ts'
import type { GatewayDeps } from './gateway-deps.ts'
import { askOrder, isSaved, leave, sendFailed } from './gateway-orders.ts'
import type { GatewayMessage } from './messages.ts'

/** An exit for which something is due. */
export interface PlannedExit {
  readonly record: ExitRecord
  /** Its intent is on disk. */
  readonly isIntended: boolean
}

/** Starts what an exit needs; how it ended comes back as a message. */
export function perform(
  parts: GatewayDeps,
  call: CallKind,
  { record, isIntended }: PlannedExit,
): void {
  switch (call) {
    case 'save':
      parts.track(saved(parts, { record, isIntended }).then(parts.self))
      return
    case 'send':
      start(parts, { call, record }, sent(parts, record))
      return
    case 'ask-order':
      start(parts, { call, record }, asked(parts, record, 'look-up'))
      return
    case 'cancel':
      start(parts, { call, record }, asked(parts, record, 'cancel'))
      return
    case 'ask-past':
      start(parts, { call, record }, asked(parts, ofPast(record), 'look-up'))
      return
    case 'cancel-past':
      start(parts, { call, record }, asked(parts, ofPast(record), 'cancel'))
      return
    case 'ask-holding':
      parts.toReconciler({ kind: 'ask-for', position: record.positionId })
      return
    case 'list-orders':
      parts.toReconciler({ kind: 'list-orders' })
  }
}

function start(
  { self, track }: GatewayDeps,
  { call, record: { positionId: id, generation } }: { call: CallKind; record: ExitRecord },
  answer: Promise<ExitEvent | undefined>,
): void {
  track(answer.then(event => self({ kind: 'ended', of: { id, generation, call }, event })))
}

async function saved(
  parts: GatewayDeps,
  { record, isIntended }: PlannedExit,
): Promise<GatewayMessage> {
  const { persistence } = parts
  const save = (): Promise<void> =>
    isIntended ? persistence.saveAttempt(record) : persistence.saveIntent(record)
  if (await isSaved(parts, save)) return { kind: 'recorded', record }
  const { positionId: id, generation } = record
  return { kind: 'ended', of: { id, generation, call: 'save' }, event: undefined }
}

async function sent(parts: GatewayDeps, record: ExitRecord): Promise<ExitEvent> {
  const { order, decision } = record
  const { clientOrderId: id } = order
  const leaving = parts.leaving(order)
  try {
    const due = parts.broker.queues === true ? order : leave(leaving)
    const answer = await withDeadline(parts.callTimeoutMs, signal =>
      parts.broker.placeExit(due, signal, leaving),
    )
    return { kind: 'answered', id, answer, at: parts.now() }
  } catch (reason) {
    return sendFailed(reason, { id, at: parts.now() }, error =>
      parts.journal({ kind: 'exit-failed', decision, error }),
    )
  }
}

/** Looks up, or cancels, an order of an exit that is over; a call that fails is repeated, a few times. */
export function callLate(parts: GatewayDeps, call: LateCall): void {
  const failed = (error: unknown): void => parts.journal({ kind: 'reconcile-failed', error })
  const asked = askOrder(parts, call, { by: call.kind, failed }).then(seen => {
    if (seen === undefined) return
    const { id: clientOrderId, order, by, askedAt } = seen
    parts.self({ kind: 'order', clientOrderId, order, by, askedAt })
  })
  parts.track(asked)
}

/** The record with the order of an earlier attempt in the place of its order. */
function ofPast(record: ExitRecord): Pick<ExitRecord, 'order' | 'decision'> {
  const { order, decision } = record
  const id = pastOrderToAsk(record)?.clientOrderId ?? order.clientOrderId
  return { decision, order: { ...order, clientOrderId: id as ClientOrderId } }
}

const asked = (
  parts: GatewayDeps,
  { order, decision }: Pick<ExitRecord, 'order' | 'decision'>,
  by: 'look-up' | 'cancel',
): Promise<ExitEvent | undefined> =>
  askOrder(parts, order, {
    by,
    failed: error => parts.journal({ kind: 'exit-failed', decision, error }),
  })
