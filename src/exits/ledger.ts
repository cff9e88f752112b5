import type { Decision } from '../domain/decision.ts'
import type { RejectionCode } from '../domain/order.ts'
import { isEnough, leftOf } from '../domain/units.ts'
import { backoffMs, ended, nextAttempt, rejected } from './attempts.ts'
import { drifted } from './drift.ts'
import type { ExitEvent } from './events.ts'
import type { Plan } from './quantity.ts'
import {
  doubted,
  type ExitRecord,
  type ExitState,
  isFollowed,
  isOver,
  NO_DRIFT,
  remainingOf,
  withStep,
} from './record.ts'
import { type ExitSettings, isHoldingEvidence, wayOf } from './settings.ts'
import { foreign } from './foreign.ts'
import { lived, notOpen, seen } from './sightings.ts'

/** The record after an event. An event that does not concern the present state changes nothing. */
export function follow(record: ExitRecord, event: ExitEvent, settings: ExitSettings): ExitRecord {
  const { state } = record
  if (state.kind === 'flat' || (state.kind === 'filled' && event.kind !== 'flat')) return record
  if ('id' in event && event.id !== record.order.clientOrderId) return record
  switch (event.kind) {
    case 'recorded':
      return state.kind === 'intending' ? inState(record, { ...state, kind: 'intended' }) : record
    case 'planned':
      return state.kind === 'intended' ? planned(record, event.plan, state.notBefore) : record
    case 'sent':
      return canBeSent(record, settings)
        ? withStep(inState(record, { kind: 'sending' }), event.at, 'sent')
        : record
    case 'answered':
      return answered(record, event, settings)
    case 'not-sent':
      return state.kind === 'sending' ? notSent(record, event) : record
    case 'outcome-unknown':
      return state.kind === 'sending' ? doubted(record, event.at, 'no answer') : record
    case 'seen':
      return seen(record, event, settings)
    case 'not-listed':
      return notOpen(record, event.askedAt, settings)
    case 'untouched':
      return state.kind === 'unknown' ? untouched(record, event) : record
    case 'ended':
      return isFollowed(state) ? endedUnseen(record, event, settings) : record
    case 'retry':
      return state.kind === 'rejected' || state.kind === 'foreign'
        ? nextAttempt(record, 0, settings)
        : record
    case 'shrunk':
      return shrunk(record, event)
    case 'drifted':
      return record.heldBefore === null ? record : drifted(record, event)
    case 'flat':
      return withStep(
        { ...record, state: { kind: 'flat', at: event.at, by: event.by } },
        event.at,
        `flat: ${event.by}`,
      )
  }
}

const inState = (record: ExitRecord, state: ExitState): ExitRecord => ({ ...record, state })

/** An order is sent when it is durable, or again where that is the way to learn of it. */
const canBeSent = ({ state, exists }: ExitRecord, { capabilities }: ExitSettings): boolean =>
  state.kind === 'intended' ||
  (state.kind === 'unknown' && !exists && wayOf(capabilities) === 'resend')

function planned(record: ExitRecord, plan: Plan, notBefore: number): ExitRecord {
  const { quantity, heldBefore, limit } = plan
  const { limit: _before, ...order } = record.order
  return {
    ...record,
    order: { ...order, quantity, ...(limit !== undefined && { limit }) },
    heldBefore,
    drift: NO_DRIFT,
    state: { kind: 'intending', notBefore },
  }
}

function answered(
  record: ExitRecord,
  { answer, at }: Extract<ExitEvent, { kind: 'answered' }>,
  settings: ExitSettings,
): ExitRecord {
  if (record.state.kind !== 'sending') return record
  // Of an attempt that has not left before, the venue cannot know an order of ours.
  if (answer.kind === 'duplicate' && !record.hasLeft) {
    return foreign(record, { by: 'duplicate', at }, settings)
  }
  switch (answer.kind) {
    case 'acknowledged':
    case 'duplicate': {
      const known = withStep(
        { ...record, exists: true, state: { kind: 'acknowledged', since: at } },
        at,
        answer.kind,
      )
      const order = answer.kind === 'acknowledged' ? answer.order : undefined
      return order === undefined ? known : lived(known, { order, at, by: 'venue' }, settings)
    }
    case 'rejected':
      return record.isDoubted
        ? refusedAgain(record, { code: answer.code, at }, settings)
        : rejected(record, { ...answer, at }, settings)
  }
}

/** Of an order that was sent before, a refusal says nothing: the first one may live. */
function refusedAgain(
  record: ExitRecord,
  { code, at }: { code: RejectionCode; at: number },
  settings: ExitSettings,
): ExitRecord {
  const waitMs =
    code === 'market-closed' ? settings.closedMarketRetryMs : backoffMs(record.rejections, settings)
  const rejections = record.rejections + (code === 'market-closed' ? 0 : 1)
  const next = doubted(record, at, `${code}, of an order that may live`)
  return { ...next, rejections, state: { kind: 'unknown', since: at, notBefore: at + waitMs } }
}

function notSent(
  record: ExitRecord,
  { at, code, retryAfterMs = 0 }: Extract<ExitEvent, { kind: 'not-sent' }>,
): ExitRecord {
  const notBefore = retryAfterMs > 0 ? at + retryAfterMs : 0
  const state: ExitState = record.isDoubted
    ? { kind: 'unknown', since: at, notBefore }
    : { kind: 'intended', notBefore }
  return withStep({ ...record, state }, at, `not sent: ${code}`)
}

function untouched(
  record: ExitRecord,
  { isProof, at }: Extract<ExitEvent, { kind: 'untouched' }>,
): ExitRecord {
  const next: ExitRecord = {
    ...record,
    isDoubted: !isProof,
    state: { kind: 'intended', notBefore: 0 },
  }
  return withStep(next, at, 'the holding is untouched')
}

function endedUnseen(
  record: ExitRecord,
  { quantity, at }: Extract<ExitEvent, { kind: 'ended' }>,
  settings: ExitSettings,
): ExitRecord {
  const isKnown = isEnough(record.executed.quantity, quantity)
  const executed = isKnown ? record.executed : { quantity, price: null }
  return ended(record, { executed, at, by: 'holding' }, settings)
}

function shrunk(
  record: ExitRecord,
  { by, at }: Extract<ExitEvent, { kind: 'shrunk' }>,
): ExitRecord {
  const quantity = leftOf(record.quantity, by)
  const told = withStep({ ...record, quantity }, at, `${by} closed elsewhere`)
  if (isEnough(record.before.quantity, quantity)) {
    return { ...told, quantity: record.before.quantity, state: { kind: 'flat', at, by: 'gone' } }
  }
  const { state } = record
  if (state.kind !== 'intending' && state.kind !== 'intended') return told
  // Nothing of the attempt has left: it is made anew, and nobody shall find the old one.
  const order = { ...record.order, quantity: remainingOf(told) }
  return {
    ...told,
    order,
    heldBefore: null,
    drift: NO_DRIFT,
    state: { ...state, kind: 'intending' },
  }
}

/**
 * A record as a new process must take it, at `now` (epoch ms), of a position that has `owned` units.
 * Where the holding is the evidence, an attempt that was made without one was never sent: the one
 * that is under way is not mistaken for it.
 */
export function recovered(
  given: ExitRecord,
  { now, owned }: { now: number; owned: number },
  settings: ExitSettings,
): ExitRecord {
  const record = notAhead(given, now, settings)
  const { state } = record
  const { capabilities } = settings
  if (!isEnough(owned, record.quantity) && !isOver(record)) {
    // It shrank while nothing of it was at the venue, and what was sent later would be recorded.
    const lost = { kind: 'shrunk', by: leftOf(record.quantity, owned), at: now } as const
    const isKept = state.kind === 'rejected' || state.kind === 'foreign'
    const idle: ExitState = isKept ? state : { kind: 'intended', notBefore: 0 }
    return shrunk({ ...record, exists: false, isDoubted: false, state: idle }, lost)
  }
  switch (state.kind) {
    case 'flat':
    case 'filled':
    case 'rejected':
    case 'foreign':
      return record
    case 'intending':
    case 'intended':
      if (isHoldingEvidence(capabilities) && record.heldBefore === null) {
        return { ...record, state: { ...state, kind: 'intended' } }
      }
      return doubted(record, now, 'a new process')
    case 'sending':
    case 'acknowledged':
    case 'partly-filled':
    case 'unknown':
      return doubted(record, now, 'a new process')
  }
}

/** Times of states that lie in the past, and those at which a wait ends. */
const PAST = new Set(['since', 'at', 'absentAt', 'overAt', 'notOpenAt'])
const WAITS = new Set(['notBefore', 'retryAt'])

/**
 * A record as the clock of this process has it, which is at `now`. Where the clock of the process that
 * wrote it was ahead, what happened has happened by now, and no wait lasts longer than the longest that the
 * settings know.
 */
function notAhead(record: ExitRecord, now: number, settings: ExitSettings): ExitRecord {
  const times = Object.entries(record.state as Readonly<Record<string, unknown>>)
  const isAhead = ([key, at]: [string, unknown]): boolean => PAST.has(key) && Number(at) > now
  if (record.intendedAt <= now && !times.some(isAhead)) return record
  const latest = now + Math.max(settings.maxRetryMs, settings.closedMarketRetryMs)
  const bounded = times.map(([key, at]): [string, unknown] => {
    const bound = PAST.has(key) ? now : WAITS.has(key) ? latest : Infinity
    return [key, typeof at === 'number' ? Math.min(at, bound) : at]
  })
  const state = Object.fromEntries(bounded) as unknown as ExitState
  return { ...record, intendedAt: Math.min(record.intendedAt, now), state }
}

/** A later decision for the same exit: its reasons are remembered, the first one stays the reason. */
export function joined(record: ExitRecord, decision: Decision): ExitRecord {
  const more = decision.matched.filter(reason => !record.decision.matched.includes(reason))
  if (more.length === 0) return record
  const matched = [...record.decision.matched, ...more]
  return { ...record, decision: { ...record.decision, matched } }
}
