import type { RejectionCode } from '../domain/order.ts'
import type { ExitEvent } from './events.ts'
import type { ExitState, OutcomeUnknown } from './exit-state.ts'
import { doubted, SENT, withStep, type ExitRecord } from './record.ts'
import { backoffMs, type ExitSettings } from './settings.ts'

/*
 * An order on its way to the venue: queued, sending, and back without an order. An order that is sent again
 * under its id keeps what is known of its earlier sendings. Evidence that began anew with each refusal
 * would never be complete where the waits between refusals are shorter than `visibilityMs`.
 */

type Queued = Extract<ExitState, { kind: 'queued' }>
type Sending = Extract<ExitState, { kind: 'sending' }>

/** The record when its order is queued at the call desk. */
export const queued = (record: ExitRecord, at: number): ExitRecord => ({
  ...record,
  state: { kind: 'queued', since: at, ...earlierOf(record.state) },
})

/** The record when its order leaves. */
export const leaving = (
  record: ExitRecord,
  { at, actBy }: Extract<ExitEvent, { kind: 'sent' }>,
): ExitRecord =>
  withStep(
    {
      ...record,
      actBy: actBy ?? null,
      state: { kind: 'sending', ...earlierOf(record.state) },
    },
    at,
    SENT,
  )

/** What is known of the sendings of an order before the next one. */
function earlierOf(state: ExitState): Pick<Sending, 'earlier'> {
  if (state.kind === 'unknown') return { earlier: state }
  return state.kind === 'queued' && state.earlier !== undefined ? { earlier: state.earlier } : {}
}

/**
 * Takes an answer about an order that is on its way once more: it is evidence about the earlier sendings.
 * `take` is what the answer makes of a record whose outcome is unknown.
 */
export function aboutEarlier(
  record: ExitRecord,
  take: (earlier: ExitRecord) => ExitRecord,
): ExitRecord {
  const { state } = record
  const isOnItsWay = state.kind === 'queued' || state.kind === 'sending'
  if (!isOnItsWay || state.earlier === undefined) return take(record)
  const { earlier } = state
  if (earlier.hasNotLived === true) return record
  const { state: after, steps } = take({ ...record, state: earlier })
  if (after === earlier) return record
  const isProof = after.kind === 'intended' || after.kind === 'rejected'
  if (isProof)
    return { ...record, steps, state: { ...state, earlier: { ...earlier, hasNotLived: true } } }
  return after.kind === 'unknown'
    ? { ...record, steps, state: { ...state, earlier: after } }
    : record
}

/** What the record is where its last sending made no order either. */
function unsent(
  record: ExitRecord,
  earlier: OutcomeUnknown | undefined,
  { since, notBefore }: { since: number; notBefore: number },
): ExitRecord {
  if (earlier?.hasNotLived === true || !record.isDoubted) {
    return { ...record, isDoubted: false, state: { kind: 'intended', notBefore } }
  }
  return { ...record, state: { ...(earlier ?? { kind: 'unknown', since }), notBefore } }
}

/** The record when the call desk gave the order back: nothing of it has left, and its plan may be outdated. */
export function givenBack(record: ExitRecord, { earlier }: Queued, at: number): ExitRecord {
  const isNoted = record.steps.at(-1)?.what === GIVEN_BACK
  const next: ExitRecord =
    earlier === undefined
      ? { ...record, state: { kind: 'intended', notBefore: 0 } }
      : unsent(record, earlier, { since: at, notBefore: 0 })
  return isNoted ? next : withStep(next, at, GIVEN_BACK)
}

const GIVEN_BACK = 'its turn came too late: what is held is asked for again'

/**
 * Of an order that was sent before, a refusal says nothing: the first one may live. The later sending made
 * no order, so the evidence about the earlier ones goes on from where it was.
 */
export function refusedAgain(
  record: ExitRecord,
  { earlier }: Sending,
  { code, at, settings }: { code: RejectionCode; at: number; settings: ExitSettings },
): ExitRecord {
  const waitMs =
    code === 'market-closed' ? settings.closedMarketRetryMs : backoffMs(record.rejections, settings)
  const rejections = record.rejections + (code === 'market-closed' ? 0 : 1)
  const next = doubted(record, at, `${code}, of an order that may live`)
  const state: ExitState = {
    ...(earlier ?? { kind: 'unknown', since: at }),
    notBefore: at + waitMs,
  }
  return { ...next, rejections, state }
}

/** The record after a sending without an answer: it may still arrive. A wait that a refusal asked for stays. */
export function unanswered(
  record: ExitRecord,
  { earlier }: Sending,
  { at, settings }: { at: number; settings: ExitSettings },
): ExitRecord {
  const next = doubted(record, at, 'no answer')
  const { rejections } = record
  if (earlier?.notBefore === undefined || rejections === 0) return next
  const notBefore = at + backoffMs(rejections - 1, settings)
  return { ...next, state: { kind: 'unknown', since: at, notBefore } }
}

/** The record when nothing of its order has left. */
export function notSent(
  record: ExitRecord,
  { earlier }: Sending,
  { at, code, retryAfterMs = 0 }: Extract<ExitEvent, { kind: 'not-sent' }>,
): ExitRecord {
  const notBefore = retryAfterMs > 0 ? at + retryAfterMs : 0
  const next = unsent(record, earlier, { since: at, notBefore })
  return withStep(next, at, `not sent: ${code}`)
}
