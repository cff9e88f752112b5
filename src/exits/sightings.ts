import { isBounded } from '../domain/bounds.ts'
import type { LivedOrder, Rejection } from '../domain/order.ts'
import { isEnough, isRounded, isSame } from '../domain/units.ts'
import { ended, rejected } from './attempts.ts'
import type { ExitEvent } from './events.ts'
import { isFollowed, type ExitState } from './exit-state.ts'
import { foreign, foreignOver } from './foreign.ts'
import { DOUBTED, doubted, hasNotLeft, withStep, type ExitRecord } from './record.ts'
import { aboutEarlier } from './sending.ts'
import { proofMs, takenUntil, type ExitSettings } from './settings.ts'

/** The record after an answer about its order; an answer that cannot be true proves nothing. */
export function seen(
  record: ExitRecord,
  event: Extract<ExitEvent, { kind: 'seen' }>,
  settings: ExitSettings,
): ExitRecord {
  const next = afterSighting(record, event, settings)
  const { order, by, askedAt } = event
  const isCancelled = by === 'cancel' && order.kind !== 'unknown' && order.kind !== 'working'
  if (!isCancelled || !isFollowed(next.state) || next.state.cancelledAt !== undefined) return next
  return { ...next, state: { ...next.state, cancelledAt: askedAt } }
}

function afterSighting(
  record: ExitRecord,
  { order, by, at, askedAt }: Extract<ExitEvent, { kind: 'seen' }>,
  settings: ExitSettings,
): ExitRecord {
  if (record.state.kind === 'foreign') {
    const isOver = order.kind !== 'working' && order.kind !== 'unknown'
    return isOver ? foreignOver(record, record.state, askedAt) : record
  }
  if (hasNotLeft(record)) {
    const isThere = order.kind !== 'absent' && order.kind !== 'unknown'
    return isThere ? foreign(record, { by: 'look-up', at }, settings) : record
  }
  switch (order.kind) {
    case 'working':
    case 'filled':
    case 'ended':
      return lived(record, { order, at, by: by === 'cancel' ? 'cancel' : 'venue' }, settings)
    case 'rejected':
      // Bridges answer so to a cancel that comes too late: it is the cancel that was rejected.
      return by === 'cancel'
        ? record
        : aboutEarlier(record, each =>
            foundRejected(each, { ...refusalIn(order), askedAt, at }, settings),
          )
    case 'absent':
      return aboutEarlier(record, each =>
        by === 'look-up' && settings.capabilities.lookup === 'complete'
          ? absent(each, { askedAt, at }, settings)
          : notOpen(each, askedAt, settings),
      )
    case 'unknown':
      return record
  }
}

/** The record after an answer about an order that exists or existed, unless the answer cannot be true. */
export function lived(
  record: ExitRecord,
  { order, at, by }: { order: LivedOrder; at: number; by: 'cancel' | 'venue' },
  settings: ExitSettings,
): ExitRecord {
  const { state } = record
  const fault = faultOf(record, order)
  if (fault !== undefined) return faulty(record, at, fault)
  if (order.kind !== 'working') {
    const known = { ...record, exists: true }
    return ended(known, { executed: order.executed, at, by, text: order.text }, settings)
  }
  const hasMore = !isEnough(record.executed.quantity, order.executed.quantity)
  const isNews = hasMore || !record.exists || state.kind === 'unknown'
  const isLess = !isEnough(order.executed.quantity, record.executed.quantity)
  if (!isNews || isLess) return record
  const executed = hasMore ? order.executed : record.executed
  const kind = executed.quantity > 0 ? 'partly-filled' : 'acknowledged'
  const since = isFollowed(state) ? state.since : at
  const next: ExitRecord = { ...record, exists: true, executed, state: { kind, since } }
  return withStep(next, at, executed.quantity > 0 ? `${executed.quantity} executed` : 'working')
}

/** What is wrong with an order as the venue shows it. An older answer may come late and say less. */
function faultOf(
  { order: asked, executed }: ExitRecord,
  { kind, executed: { quantity, price } }: LivedOrder,
): string | undefined {
  if (!isBounded(quantity) || quantity < 0) return `executed ${quantity}`
  if (price !== null && !isBounded(price)) return `executed at ${price}`
  // A venue may round an order to a step of its own, and then calls it filled.
  const isAll = isSame(quantity, asked.quantity) || isRounded(quantity, asked.quantity)
  if (!isAll && quantity > asked.quantity) return `executed ${quantity} of ${asked.quantity}`
  if (!isAll && kind === 'filled') return `filled with ${quantity} of ${asked.quantity}`
  // An order that works has something left. Nothing shows which of the two is wrong.
  if (kind === 'working' && isSame(quantity, asked.quantity)) {
    return `working with all ${quantity} executed`
  }
  if (kind !== 'working' && !isEnough(quantity, executed.quantity)) {
    return `executed ${quantity} after ${executed.quantity}`
  }
  return undefined
}

/** An answer that cannot be true proves nothing: from then on all evidence is gathered anew. */
function faulty(record: ExitRecord, at: number, what: string): ExitRecord {
  const { state: before } = record
  // A venue that says so again and again must not begin the evidence anew each time, nor fill the
  // history with it.
  const isRepeated = before.kind === 'unknown' && record.faults > 0
  const cancelledAt = isRepeated ? before.cancelledAt : undefined
  const state: ExitState = {
    kind: 'unknown',
    since: isRepeated ? before.since : at,
    ...(cancelledAt !== undefined && { cancelledAt }),
  }
  const faults = record.faults + 1
  const next: ExitRecord = { ...record, ...DOUBTED, faults, state }
  return isRepeated ? next : withStep(next, at, `an answer that cannot be true: ${what}`)
}

/**
 * A venue says that it has rejected an order: twice, late enough and far enough apart, is a proof that nothing of it
 * is executed. So it is of an order that the broker has accepted and its exchange refused afterwards; of
 * one with a fill it cannot be true.
 */
function foundRejected(
  record: ExitRecord,
  {
    askedAt,
    ...refusal
  }: Omit<Rejection, 'kind' | 'text'> & { text: string | undefined; askedAt: number; at: number },
  settings: ExitSettings,
): ExitRecord {
  const { state } = record
  const { at } = refusal
  if (!isFollowed(state)) return record
  if (record.executed.quantity > 0) return faulty(record, at, 'rejected, though it was executed')
  if (state.kind !== 'unknown') {
    const unknown = doubted(record, at, 'rejected after it was accepted, it says')
    return { ...unknown, state: { kind: 'unknown', since: state.since, rejectedAt: askedAt } }
  }
  const apartMs = proofMs(settings.capabilities)
  if (askedAt < state.since + apartMs) return record
  if (state.rejectedAt === undefined) {
    return withStep(
      { ...record, state: { ...state, rejectedAt: askedAt } },
      at,
      'rejected, it says',
    )
  }
  return askedAt < state.rejectedAt + apartMs ? record : rejected(record, refusal, settings)
}

/** A venue that finds every order finds none: twice, late enough and far enough apart, is a proof. */
function absent(
  record: ExitRecord,
  { askedAt, at }: { askedAt: number; at: number },
  settings: ExitSettings,
): ExitRecord {
  const { state } = record
  const { capabilities } = settings
  const apartMs = proofMs(capabilities)
  if (!isFollowed(state)) return record
  if (askedAt < takenUntil(record, state.since, settings) + apartMs) return record
  if (record.exists || state.kind !== 'unknown') {
    if (record.executed.quantity > 0) return faulty(record, at, 'absent after a fill')
    // It may have been carried out and forgotten: no answer about it proves that it was not.
    if (state.kind !== 'unknown') return doubted(record, askedAt, 'the venue has lost it')
    if (state.absentAt !== undefined) return record
    return withStep(
      { ...record, state: { ...state, absentAt: askedAt } },
      at,
      'absent, though it was accepted: the holding decides',
    )
  }
  if (state.absentAt === undefined) {
    return withStep({ ...record, state: { ...state, absentAt: askedAt } }, at, 'absent')
  }
  if (askedAt < state.absentAt + apartMs) return record
  const { notBefore = 0 } = state
  return withStep(
    { ...record, isDoubted: false, state: { kind: 'intended', notBefore } },
    at,
    'proved absent',
  )
}

/** The record after the answer, asked for at `askedAt`, that its order does not work (any more). */
export function notOpen(record: ExitRecord, askedAt: number, settings: ExitSettings): ExitRecord {
  const { state } = record
  const { visibilityMs, deadline } = settings.capabilities
  if (state.kind === 'foreign') {
    return askedAt < state.since + proofMs({ visibilityMs })
      ? record
      : foreignOver(record, state, askedAt)
  }
  if (!isFollowed(state) || state.notOpenAt !== undefined) return record
  // What was sent in vain may take as long to arrive as it then takes to show, or until its deadline.
  const waits = record.exists || deadline === 'kept' ? 1 : 2
  const from = record.exists ? state.since : takenUntil(record, state.since, settings)
  if (askedAt < from + waits * proofMs(settings.capabilities)) return record
  return withStep({ ...record, state: { ...state, notOpenAt: askedAt } }, askedAt, 'not working')
}

/** What a rejection says beside that it is one. */
const refusalIn = ({ code, text, band }: Rejection) => ({
  code,
  text,
  ...(band !== undefined && { band }),
})
