import type { ClientOrderId } from '../domain/order.ts'
import { NotSent, RateLimited, Unauthorized, WatchkeeperError } from '../errors.ts'
import type { ExitEvent } from '../exits/events.ts'
import type { CallKind } from '../exits/exit-calls.ts'
import type { LateCall } from '../exits/late-orders.ts'
import { pastOrderToAsk } from '../exits/past-orders.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { Leaving } from '../ports/sender.ts'
import { withDeadline } from './deadline.ts'
import type { GatewayDeps } from './gateway-deps.ts'
import type { GatewayMessage } from './messages.ts'

/** The call desk keeps what the venue says; an exit is ready for its turn before that, ms. */
const LONGEST_RETRY_MS = 1_000

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
      parts.ask({ kind: 'ask-for', position: record.positionId })
      return
    case 'list-orders':
      parts.ask({ kind: 'list-orders' })
  }
}

function start(
  { self, track }: GatewayDeps,
  { call, record: { positionId: id, generation } }: { call: CallKind; record: ExitRecord },
  answer: Promise<ExitEvent | undefined>,
): void {
  track(answer.then(event => self({ kind: 'ended', of: { id, generation, call }, event })))
}

/** A save that fails is tried again in the next cycle: nothing has left. */
async function saved(
  { persistence, journal }: GatewayDeps,
  { record, isIntended }: PlannedExit,
): Promise<GatewayMessage> {
  try {
    if (isIntended) await persistence.saveAttempt(record)
    else await persistence.saveIntent(record)
    return { kind: 'recorded', record }
  } catch (error) {
    // A position that was released or closed in the meantime is no trouble of the store.
    const isOver = error instanceof WatchkeeperError && error.code === 'POSITION_UNKNOWN'
    if (!isOver) journal({ kind: 'store-failed', error })
    const { positionId: id, generation } = record
    return { kind: 'ended', of: { id, generation, call: 'save' }, event: undefined }
  }
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
  } catch (error) {
    const at = parts.now()
    if (error instanceof NotSent) return { kind: 'not-sent', id, code: error.code, at }
    if (error instanceof RateLimited) {
      const retryAfterMs = Math.min(error.retryAfterMs ?? 0, LONGEST_RETRY_MS)
      return { kind: 'not-sent', id, code: error.code, retryAfterMs, at }
    }
    parts.journal({ kind: 'exit-failed', decision, error })
    if (error instanceof Unauthorized) return { kind: 'not-sent', id, code: error.code, at }
    return { kind: 'outcome-unknown', id, at }
  }
}

/** Lets an order leave that waits for nothing, and gives it as it leaves. Throws NotSent where it may not. */
export function leave<Order>(leaving: Leaving<Order>): Order {
  if (!leaving.mayLeave(true)) throw new NotSent('it may not leave now')
  return leaving.left()
}

/** Looks up, or cancels, an order of an exit that is over; a call that fails is repeated, a few times. */
export function callLate(
  { broker, callTimeoutMs, self, track, journal, now }: GatewayDeps,
  { kind: by, clientOrderId, instrument }: LateCall,
): void {
  const askedAt = now()
  const asked = withDeadline(callTimeoutMs, signal =>
    by === 'cancel'
      ? broker.cancel(clientOrderId, signal, instrument)
      : broker.orderByClientId(clientOrderId, signal, instrument),
  )
  const reported = asked.then(
    order => self({ kind: 'late', clientOrderId, order, by, askedAt }),
    (error: unknown) => journal({ kind: 'reconcile-failed', error }),
  )
  track(reported)
}

/** The record with the order of an earlier attempt in the place of its order. */
function ofPast(record: ExitRecord): Pick<ExitRecord, 'order' | 'decision'> {
  const { order, decision } = record
  const id = pastOrderToAsk(record)?.clientOrderId ?? order.clientOrderId
  return { decision, order: { ...order, clientOrderId: id as ClientOrderId } }
}

/** A question that fails proves nothing; it is asked again in the next cycle. */
async function asked(
  parts: GatewayDeps,
  { order: { clientOrderId: id, instrument }, decision }: Pick<ExitRecord, 'order' | 'decision'>,
  by: 'look-up' | 'cancel',
): Promise<ExitEvent | undefined> {
  const { broker, callTimeoutMs, now } = parts
  const askedAt = now()
  try {
    const order = await withDeadline(callTimeoutMs, signal =>
      by === 'cancel'
        ? broker.cancel(id, signal, instrument)
        : broker.orderByClientId(id, signal, instrument),
    )
    return { kind: 'seen', id, order, by, askedAt, at: now() }
  } catch (error) {
    parts.journal({ kind: 'exit-failed', decision, error })
    return undefined
  }
}
