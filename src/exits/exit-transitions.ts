import { sum } from '../domain/decimal.ts'
import type { Decision } from '../domain/decision.ts'
import { isEnough, leftOf } from '../domain/units.ts'
import { ended, nextAttempt, provableBy, rejected } from './attempts.ts'
import { drifted } from './drift.ts'
import type { ExitEvent } from './events.ts'
import { isFollowed, NO_DRIFT, type ExitState, type OutcomeUnknown } from './exit-state.ts'
import { followFilled } from './filled.ts'
import { foreign } from './foreign.ts'
import { netWaived, pastSeen } from './past-orders.ts'
import { isAlive, remainingOf, withStep, type ExitRecord } from './record.ts'
import {
  aboutEarlier,
  givenBack,
  leaving,
  notSent,
  queued,
  refusedAgain,
  unanswered,
} from './sending.ts'
import { settingsFor, settingsToPlan, wayOf, type ExitSettings } from './settings.ts'
import { lived, notOpen, seen } from './sightings.ts'

/** The record after an event. An event that does not concern the present state changes nothing. */
export function follow(record: ExitRecord, event: ExitEvent, present: ExitSettings): ExitRecord {
  const { state } = record
  const settings = settingsFor(record, present, 'askedAt' in event ? event.askedAt : event.at)
  if ('id' in event && event.id !== record.order.clientOrderId) return ofOther(record, event)
  if (state.kind === 'flat') return record
  if (state.kind === 'filled' && event.kind !== 'flat') {
    return followFilled(record, state, { event, settings })
  }
  switch (event.kind) {
    case 'recorded':
      return state.kind === 'intending' ? inState(record, { ...state, kind: 'intended' }) : record
    case 'planned':
      return state.kind === 'intended' ? planned(record, event, present) : record
    case 'priceless':
    case 'below-minimum':
      return state.kind === 'intended' ? heldBack(record, state, event) : record
    case 'queued':
      return canBeSent(record, settings) ? queued(record, event.at) : record
    case 'sent':
      return canBeSent(record, settings) ? leaving(record, event) : record
    case 'answered':
      return answered(record, event, settings)
    case 'not-sent':
      if (state.kind === 'queued') return givenBack(record, state, event.at)
      return state.kind === 'sending' ? notSent(record, state, event) : record
    case 'outcome-unknown':
      if (state.kind === 'queued') return givenBack(record, state, event.at)
      return state.kind === 'sending'
        ? unanswered(record, state, { at: event.at, settings })
        : record
    case 'seen':
      return seen(record, event, settings)
    case 'not-listed':
      return aboutEarlier(record, each => notOpen(each, event.askedAt, settings))
    case 'untouched':
      return state.kind === 'unknown' ? untouched(record, state, event) : record
    case 'ended':
      return isFollowed(state) ? endedUnseen(record, event, settings) : record
    case 'retry':
      return state.kind === 'rejected' || state.kind === 'foreign'
        ? nextAttempt(record, { at: event.at }, settings)
        : record
    case 'shrunk':
      return shrunk(record, event)
    case 'drifted':
      return record.heldBefore === null ? record : (plannedAnew(record) ?? drifted(record, event))
    case 'contradicted':
    case 'net-waived':
      return record
    case 'flat':
      return withStep(
        { ...record, state: { kind: 'flat', at: event.at, by: event.by } },
        event.at,
        event.isBelieved === true
          ? 'flat: the fill counts, though the holding never showed it'
          : `flat: ${event.by}`,
      )
  }
}

/** The record after an event of another order: of an earlier attempt, or of the venue's stop. */
function ofOther(record: ExitRecord, event: ExitEvent): ExitRecord {
  if (event.kind === 'net-waived') return netWaived(record, event)
  return event.kind === 'seen' ? pastSeen(record, event) : record
}

const inState = (record: ExitRecord, state: ExitState): ExitRecord => ({ ...record, state })

/** An order is sent when it is durable, or again where that is the way to learn of it. */
const canBeSent = ({ state, exists }: ExitRecord, { capabilities }: ExitSettings): boolean =>
  state.kind === 'intended' ||
  state.kind === 'queued' ||
  (state.kind === 'unknown' && !exists && wayOf(capabilities) === 'resend')

function planned(
  record: ExitRecord,
  { plan, at: madeAt }: Extract<ExitEvent, { kind: 'planned' }>,
  present: ExitSettings,
): ExitRecord {
  const { capabilities } = settingsToPlan(record, present, madeAt)
  const { quantity, limit, heldBefore } = plan
  const { limit: _before, ...made } = record.order
  const { reduceOnly } = capabilities
  const order = { ...made, quantity, reduceOnly, ...(limit !== undefined && { limit }) }
  const isNew = !record.hasLeft
  return {
    ...record,
    order,
    heldBefore,
    provable: provableBy(capabilities),
    drift: NO_DRIFT,
    ...(isNew && { madeAt }),
    state: { kind: 'intending', notBefore: 0 },
  }
}

/**
 * The record when its order is worth too little to be sent, or its limit has no price; noted once, until it is
 * planned again.
 */
function heldBack(
  record: ExitRecord,
  state: Extract<ExitState, { kind: 'intended' }>,
  event: Extract<ExitEvent, { kind: 'below-minimum' | 'priceless' }>,
): ExitRecord {
  if (event.kind === 'priceless') return priceless(record, state, event.at)
  const { below, at } = event
  if (state.below !== undefined) return record
  const { value, minimum } = below
  const what = `not sent: worth ${value}, the smallest order is ${minimum}`
  return withStep({ ...record, state: { ...state, below } }, at, what)
}

function priceless(
  record: ExitRecord,
  state: Extract<ExitState, { kind: 'intended' }>,
  at: number,
): ExitRecord {
  if (state.isPriceless === true) return record
  const next = { ...record, state: { ...state, isPriceless: true } as const }
  return withStep(next, at, 'not sent: its limit waits for a price')
}

function answered(
  record: ExitRecord,
  { answer, at }: Extract<ExitEvent, { kind: 'answered' }>,
  settings: ExitSettings,
): ExitRecord {
  const { state } = record
  if (state.kind !== 'sending') return record
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
      return record.isDoubted && state.earlier?.hasNotLived !== true
        ? refusedAgain(record, state, { code: answer.code, at, settings })
        : rejected(record, { ...answer, at }, settings)
  }
}

function untouched(
  record: ExitRecord,
  { notBefore = 0 }: OutcomeUnknown,
  { isProof, at }: Extract<ExitEvent, { kind: 'untouched' }>,
): ExitRecord {
  const next: ExitRecord = {
    ...record,
    isDoubted: !isProof,
    state: { kind: 'intended', notBefore },
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

/** The record after so many units of its position were closed elsewhere. */
export function shrunk(
  record: ExitRecord,
  { by, at }: Extract<ExitEvent, { kind: 'shrunk' }>,
): ExitRecord {
  const quantity = leftOf(record.quantity, by)
  const lost = sum(record.lost, by)
  const noted = withStep({ ...record, quantity, lost }, at, `${by} closed elsewhere`)
  if (isEnough(record.before.quantity, quantity)) {
    return { ...noted, quantity: record.before.quantity, state: { kind: 'flat', at, by: 'gone' } }
  }
  const anew = plannedAnew(noted)
  if (anew === undefined) return noted
  return { ...anew, order: { ...noted.order, quantity: remainingOf(noted) } }
}

/**
 * The record with an attempt that must be planned anew, as what it was planned by holds no more;
 * undefined where something of it may have left. Once that is durable, nothing finds the old plan.
 */
function plannedAnew(record: ExitRecord): ExitRecord | undefined {
  if (isAlive(record)) return undefined
  const { state } = record
  const anew = { ...record, heldBefore: null, drift: NO_DRIFT }
  switch (state.kind) {
    case 'intending':
    case 'intended':
      return { ...anew, state: { ...state, kind: 'intending' } }
    case 'queued':
      return { ...anew, state: { kind: 'intending', notBefore: 0 } }
    case 'sending':
    case 'acknowledged':
    case 'partly-filled':
    case 'unknown':
    case 'rejected':
    case 'foreign':
    case 'filled':
    case 'flat':
      return undefined
  }
}

/** The record after a later decision for the same exit: its reasons join `matched`, the first reason stays. */
export function joined(record: ExitRecord, decision: Decision): ExitRecord {
  const more = decision.matched.filter(reason => !record.decision.matched.includes(reason))
  if (more.length === 0) return record
  const matched = [...record.decision.matched, ...more]
  return { ...record, decision: { ...record.decision, matched } }
}
