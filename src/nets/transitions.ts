import { isBounded } from '../domain/bounds.ts'
import type {
  ClientOrderId,
  ExitAnswer,
  LivedOrder,
  OrderState,
  RejectionCode,
} from '../domain/order.ts'
import type { StopTrigger } from '../domain/resting-stop.ts'
import { isEnough, leftOf } from '../domain/units.ts'
import type { Capabilities } from '../domain/venue.ts'
import { proofMs } from '../exits/settings.ts'
import { isLive, isOver, type NetEnd, type NetRecord, type NetState } from './record.ts'

/** The result of a call or query about a net. Times are epoch ms. */
export type NetEvent = { readonly id: ClientOrderId; readonly at: number } & (
  | { readonly kind: 'recorded' | 'queued' | 'sent' | 'outcome-unknown' | 'dropped' }
  | { readonly kind: 'not-sent'; readonly retryAfterMs?: number }
  | { readonly kind: 'answered'; readonly answer: ExitAnswer }
  /** Another trigger is wanted. */
  | { readonly kind: 'moved'; readonly trigger: StopTrigger }
  /** The venue has answered to the change of a trigger. */
  | { readonly kind: 'amended'; readonly trigger: StopTrigger; readonly order: OrderState }
  | {
      readonly kind: 'seen'
      readonly by: 'look-up' | 'cancel' | 'stream' | 'list'
      readonly order: OrderState
      readonly askedAt: number
    }
  /** Neither the list of working orders nor the holding shows the order. */
  | { readonly kind: 'lost' }
)

/** What decides which answers of a venue are proofs. */
export type NetVenue = Pick<Capabilities, 'visibilityMs' | 'lookupKeeps'>

/** The record after an event. An event of another order, or that does not concern its state, changes nothing. */
export function followNet(record: NetRecord, event: NetEvent, venue: NetVenue): NetRecord {
  const { state } = record
  if (event.id !== record.order.clientOrderId) return record
  // Units that an order executes after its end count too.
  if (isOver(record)) return event.kind === 'seen' ? afterEnd(record, event.order) : record
  switch (event.kind) {
    case 'recorded':
      return state.kind === 'intending'
        ? { ...record, state: { kind: 'intended', notBefore: 0 } }
        : record
    case 'queued':
      return state.kind === 'intended' ? { ...record, state: { kind: 'queued' } } : record
    case 'sent':
      return hasNotLeft(state) ? { ...record, state: { kind: 'sending' } } : record
    case 'not-sent':
      return state.kind === 'queued' || state.kind === 'sending'
        ? {
            ...record,
            state: { kind: 'intended', notBefore: event.at + (event.retryAfterMs ?? 0) },
          }
        : record
    case 'outcome-unknown':
      return state.kind === 'queued' || state.kind === 'sending'
        ? { ...record, state: { kind: 'unknown', since: event.at } }
        : record
    case 'dropped':
      return hasNotLeft(state) ? ended(record, 'dropped', event.at) : record
    case 'answered':
      return state.kind === 'sending' ? answered(record, event.answer, event.at) : record
    case 'moved':
      return { ...record, order: { ...record.order, trigger: event.trigger } }
    case 'amended':
      return amended(record, event)
    case 'lost':
      return isLive(record) ? ended(record, 'lost', event.at) : record
    case 'seen':
      return seen(record, event, venue)
  }
}

const hasNotLeft = ({ kind }: NetState): boolean =>
  kind === 'intending' || kind === 'intended' || kind === 'queued'

const ended = (record: NetRecord, by: NetEnd, at: number): NetRecord => ({
  ...record,
  state: { kind: 'over', by, at },
})

function answered(record: NetRecord, answer: ExitAnswer, at: number): NetRecord {
  switch (answer.kind) {
    case 'rejected':
      return { ...record, state: { kind: 'over', by: 'rejected', at, code: answer.code } }
    case 'acknowledged': {
      const { trigger } = record.order
      const resting: NetRecord = {
        ...record,
        exists: true,
        armed: trigger,
        state: { kind: 'resting', since: at },
      }
      return answer.order === undefined ? resting : lived(resting, answer.order, at)
    }
    // An earlier process has sent it: a restored store makes a net with the same id again.
    case 'duplicate':
      return { ...record, exists: true, state: { kind: 'unknown', since: at } }
  }
}

function amended(
  record: NetRecord,
  { order, trigger, at }: Extract<NetEvent, { kind: 'amended' }>,
): NetRecord {
  switch (order.kind) {
    case 'working':
      return lived(isPossible(record, order) ? { ...record, armed: trigger } : record, order, at)
    case 'filled':
    case 'ended':
      return lived(record, order, at)
    // The order rests as it was.
    case 'rejected':
    case 'absent':
    case 'unknown':
      return record
  }
}

function seen(
  record: NetRecord,
  { order, by, askedAt, at }: Extract<NetEvent, { kind: 'seen' }>,
  venue: NetVenue,
): NetRecord {
  const { state } = record
  if (hasNotLeft(state)) return record
  switch (order.kind) {
    case 'working':
    case 'filled':
    case 'ended':
      return lived(record, order, at)
    case 'rejected': {
      // A refused cancel proves nothing about the order.
      const isProof = by === 'look-up' || by === 'stream'
      return isProof ? foundRejected(record, { code: order.code, askedAt, at }, venue) : record
    }
    case 'absent':
      return by === 'look-up' || by === 'cancel' ? absent(record, { askedAt, at }, venue) : record
    case 'unknown':
      return record
  }
}

/** Takes an answer about an order that existed, unless it cannot be true. */
function lived(record: NetRecord, order: LivedOrder, at: number): NetRecord {
  const { executed } = order
  if (!isPossible(record, order)) return { ...record, faults: record.faults + 1 }
  const hasMore = leftOf(executed.quantity, record.executed.quantity) > 0
  // A trigger is changed only after the order is known to rest: before that, the order has the trigger that it was sent with.
  const armed = record.armed ?? record.order.trigger
  const next: NetRecord = { ...record, exists: true, armed, ...(hasMore && { executed }) }
  switch (order.kind) {
    case 'filled':
      return ended(next, 'filled', at)
    case 'ended':
      // An answer with fewer executed units than an earlier one is an old one.
      return isEnough(executed.quantity, record.executed.quantity)
        ? ended(next, 'ended', at)
        : record
    case 'working': {
      if (record.state.kind === 'resting')
        return hasMore || next.armed !== record.armed ? next : record
      return { ...next, state: { kind: 'resting', since: at } }
    }
  }
}

/** Whether an answer about an order can be true. */
function isPossible({ order }: NetRecord, { kind, executed }: LivedOrder): boolean {
  const { quantity, price } = executed
  if (!isBounded(quantity) || quantity < 0 || (price !== null && !isBounded(price))) return false
  if (leftOf(quantity, order.quantity) > 0) return false
  return kind !== 'filled' || isEnough(quantity, order.quantity)
}

function afterEnd(record: NetRecord, order: OrderState): NetRecord {
  const isNews =
    (order.kind === 'working' || order.kind === 'filled' || order.kind === 'ended') &&
    isPossible(record, order) &&
    leftOf(order.executed.quantity, record.executed.quantity) > 0
  return isNews ? { ...record, exists: true, executed: order.executed } : record
}

/**
 * Takes an answer that the order was rejected. Two of them, later than `visibilityMs` after the send and as far apart,
 * are a proof, as for an exit. About an order with a fill it cannot be true.
 */
function foundRejected(
  record: NetRecord,
  { code, askedAt, at }: { code: RejectionCode; askedAt: number; at: number },
  venue: NetVenue,
): NetRecord {
  const { state } = record
  if (record.executed.quantity > 0) return record
  if (state.kind === 'resting')
    return { ...record, state: { kind: 'unknown', since: state.since, rejectedAt: askedAt } }
  if (state.kind !== 'unknown' || askedAt < state.since + proofMs(venue)) return record
  if (state.rejectedAt === undefined) return { ...record, state: { ...state, rejectedAt: askedAt } }
  return askedAt < state.rejectedAt + proofMs(venue)
    ? record
    : { ...record, state: { kind: 'over', by: 'rejected', at, code } }
}

/**
 * Takes an answer of a venue that finds every order, and has no such order. About an order that was never accepted two
 * of them, late and far enough apart, are a proof. About an accepted order it proves nothing by itself.
 */
function absent(
  record: NetRecord,
  { askedAt, at }: { askedAt: number; at: number },
  venue: NetVenue,
): NetRecord {
  const { state } = record
  if (state.kind === 'resting') {
    return { ...record, state: { kind: 'unknown', since: state.since, absentAt: askedAt } }
  }
  if (state.kind !== 'unknown' || askedAt < state.since + proofMs(venue)) return record
  if (state.absentAt === undefined) return { ...record, state: { ...state, absentAt: askedAt } }
  if (record.exists || isForgotten(record, askedAt, venue)) return record
  return askedAt < state.absentAt + proofMs(venue) ? record : ended(record, 'absent', at)
}

/** Whether the venue may have forgotten the order by then: an absent order may have existed. */
function isForgotten({ at }: NetRecord, askedAt: number, { lookupKeeps = 'ever' }: NetVenue) {
  if (lookupKeeps === 'ever') return false
  // A venue that forgets at a time of day may have done so in between: then list and holding decide.
  return 'until' in lookupKeeps || askedAt - at >= lookupKeeps.ms
}
