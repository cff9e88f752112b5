import type { Decision } from '../domain/decision.ts'
import type { PositionId } from '../domain/ids.ts'
import type { ClientOrderId, ExitOrder, Fill } from '../domain/order.ts'

/**
 * How far the one exit of a position's generation has come. What is not terminal and was read from
 * the store, or outlived the gateway that sent it, is `unknown`: a dead process's bytes may arrive.
 */
export type ExitState =
  /** Decided; not durable yet, so nothing may leave. */
  | { readonly kind: 'intending' }
  /** Durable; to be sent. */
  | { readonly kind: 'intended' }
  /** A call is under way. Never read from the store. */
  | { readonly kind: 'sending' }
  /** The broker has the order. */
  | { readonly kind: 'acknowledged' }
  /** Nothing is proved; the broker must be asked. */
  | { readonly kind: 'unknown'; readonly since: number }
  /** The broker refused this attempt; it never lived. Sent again, as a new attempt, from `retryAt`. */
  | { readonly kind: 'rejected'; readonly code: string; readonly retryAt: number }
  | { readonly kind: 'filled'; readonly fill: Fill }

export interface ExitRecord {
  readonly positionId: PositionId
  readonly account: string
  /** Life of the position id, from 1. */
  readonly generation: number
  /** From 1; a new one only after the last one is proved to be over. */
  readonly attempt: number
  readonly order: ExitOrder
  /** The decision that was recorded first; what others matched is added to its `matched`. */
  readonly decision: Decision
  /** Epoch ms. */
  readonly intendedAt: number
  /** Rejections so far, over all attempts. */
  readonly rejections: number
  readonly state: ExitState
}

/** What became of a call, or of a question about an order. Times are epoch ms. */
export type ExitEvent =
  | { readonly kind: 'recorded' }
  | { readonly kind: 'sent' }
  | { readonly kind: 'acknowledged' }
  | { readonly kind: 'filled'; readonly fill: Fill }
  | {
      readonly kind: 'rejected'
      readonly code: string
      readonly at: number
      /** Id of the next attempt. */
      readonly nextId: ClientOrderId
    }
  /** Nothing left the machine, or the broker took nothing in: it is as if nothing was sent. */
  | { readonly kind: 'not-sent' }
  | { readonly kind: 'outcome-unknown'; readonly at: number }
  /** The broker proved that it has no such order. */
  | { readonly kind: 'absent' }

/** First wait after a rejection, doubled for each further one, ms. */
const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 60_000

/** The record after an event. An event that does not concern the present state changes nothing. */
export function follow(record: ExitRecord, event: ExitEvent): ExitRecord {
  const { state } = record
  if (state.kind === 'filled') return record
  switch (event.kind) {
    case 'recorded':
      return state.kind === 'intending' ? withState(record, { kind: 'intended' }) : record
    case 'sent':
      return state.kind === 'intended' || state.kind === 'rejected'
        ? withState(record, { kind: 'sending' })
        : record
    case 'acknowledged':
      return withState(record, { kind: 'acknowledged' })
    case 'filled':
      return event.fill.clientOrderId === record.order.clientOrderId
        ? withState(record, { kind: 'filled', fill: event.fill })
        : record
    case 'rejected':
      return state.kind === 'sending' || isFollowed(state) ? rejected(record, event) : record
    case 'not-sent':
      return state.kind === 'sending' ? withState(record, { kind: 'intended' }) : record
    case 'outcome-unknown':
      return state.kind === 'sending'
        ? withState(record, { kind: 'unknown', since: event.at })
        : record
    case 'absent':
      return state.kind === 'unknown' ? withState(record, { kind: 'intended' }) : record
  }
}

/** Whether the broker is asked about the order: it may tell that the order has ended. */
const isFollowed = ({ kind }: ExitState): boolean => kind === 'acknowledged' || kind === 'unknown'

const withState = (record: ExitRecord, state: ExitState): ExitRecord => ({ ...record, state })

function rejected(
  record: ExitRecord,
  { code, at, nextId }: Extract<ExitEvent, { kind: 'rejected' }>,
): ExitRecord {
  const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** record.rejections)
  return {
    ...record,
    attempt: record.attempt + 1,
    order: { ...record.order, clientOrderId: nextId },
    rejections: record.rejections + 1,
    state: { kind: 'rejected', code, retryAt: at + waitMs },
  }
}

/** Whether nothing of the exit can be at the broker: it may be forgotten. */
export const isIdle = ({ state }: ExitRecord): boolean =>
  state.kind === 'intended' || state.kind === 'rejected'

/** A record as a new gateway must take it, at `now` (epoch ms). */
export function recovered(record: ExitRecord, now: number): ExitRecord {
  switch (record.state.kind) {
    case 'filled':
    case 'rejected':
    case 'unknown':
      return record
    case 'intending':
    case 'intended':
    case 'sending':
    case 'acknowledged':
      return withState(record, { kind: 'unknown', since: now })
  }
}

/** What the gateway should do about a record at `now` (epoch ms); `ask`: what became of the order. */
export function dueAction({ state }: ExitRecord, now: number): 'save' | 'send' | 'ask' | undefined {
  switch (state.kind) {
    case 'intending':
      return 'save'
    case 'intended':
      return 'send'
    case 'rejected':
      return state.retryAt <= now ? 'send' : undefined
    case 'acknowledged':
    case 'unknown':
      return 'ask'
    case 'sending':
    case 'filled':
      return undefined
  }
}

/** A later decision for the same exit: its reasons are remembered, the first one stays the reason. */
export function joined(record: ExitRecord, decision: Decision): ExitRecord {
  const more = decision.matched.filter(reason => !record.decision.matched.includes(reason))
  if (more.length === 0) return record
  const matched = [...record.decision.matched, ...more]
  return { ...record, decision: { ...record.decision, matched } }
}
