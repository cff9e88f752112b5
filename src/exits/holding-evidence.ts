import { difference, sum } from '../domain/decimal.ts'
import { isSame, leftOf, restOf } from '../domain/units.ts'
import type { Action } from './action.ts'
import type { Circumstances } from './circumstances.ts'
import { isAloneIn, type Drift, type ExitState, type Followed } from './exit-state.ts'
import { isReportedTwice } from './holding-state.ts'
import { isOver, remainingOf, type ExitRecord } from './record.ts'
import { isHoldingEvidence, proofMs } from './settings.ts'

/** The range of units that an order may have executed, by the evidence of the holding. */
export interface Executed {
  readonly least: number
  readonly most: number
}

/** Whether the holding was the evidence when the attempt was made: no other exit of it was under way then. */
export const wasEvidence = ({
  provable,
  heldBefore,
}: Pick<ExitRecord, 'provable' | 'heldBefore'>): boolean =>
  provable === null ? heldBefore !== null : isHoldingEvidence(provable)

/** Units of the holding beside those of the exit when its attempt was made; null where they are not known. */
type OtherUnits = Pick<Drift, 'spare' | 'others'>

/**
 * What was noted of them with the attempt, as far as it was; where all that was held then was left of the exit,
 * there was nothing beside it.
 */
function otherUnitsBefore({ heldBefore, drift, quantity, before, state }: ExitRecord): OtherUnits {
  const known = state.kind === 'filled' && state.earlier !== undefined ? state.earlier : before
  const wasAll = heldBefore !== null && isSame(heldBefore, leftOf(quantity, known.quantity))
  const none = wasAll ? 0 : null
  return { spare: drift.spare ?? none, others: drift.others ?? none }
}

/** What the order executed by the evidence of the holding; undefined where that is no proof. */
export function executedUnseen(
  record: ExitRecord,
  state: Followed,
  { held, isShared, quietSince, settings: { capabilities } }: Circumstances,
): Executed | undefined {
  const { heldBefore, order, executed, drift } = record
  const apartMs = proofMs(capabilities)
  if (held === undefined || !isHoldingEvidence(capabilities)) return undefined
  // A position that comes or goes shows as late as a fill.
  const since = Math.max(state.since, quietSince)
  if (!isReportedTwice(held.byName, since + apartMs, apartMs)) return undefined
  // Where the holding was no evidence yet, other exits of it may have been under way as well. Releases
  // that did not keep what the venue could do noted the holding only where it was evidence.
  const isAlone = wasEvidence(record)
  const { others } = otherUnitsBefore(record)
  const wasItsOwn = others === 0 || (others === null && heldBefore === null)
  if (!isAlone && (isShared || !wasItsOwn)) return undefined
  if (heldBefore === null) {
    // What was ordered was held then, and nothing is left of it.
    const isNothingLeft = !isAlone && held.quantity === 0
    return isNothingLeft ? { least: order.quantity, most: order.quantity } : undefined
  }
  const gone = restOf(heldBefore, held.quantity)
  const within = (units: number): number =>
    Math.max(executed.quantity, Math.min(order.quantity, units))
  const most = drift.most === null ? order.quantity : within(sum(gone, drift.most))
  const { least, beside = 0 } = drift
  return { least: within(sum(gone, difference(least, beside))), most }
}

/**
 * Whether an exit may execute, or have executed, what is not noted of it yet. Not one of a time when the holding was no
 * evidence whose order works no more: what that has executed is gone of the holding for good.
 */
export function mayExecuteMore(record: ExitRecord): boolean {
  const { state, isDoubted } = record
  switch (state.kind) {
    case 'intending':
    case 'intended':
    case 'queued':
    case 'rejected':
      return isDoubted
    case 'unknown':
      return state.notOpenAt === undefined || wasEvidence(record)
    case 'sending':
    case 'acknowledged':
    case 'partly-filled':
    case 'filled':
    case 'foreign':
    // Its position is not closed yet: what it has sold counts as owned until then.
    case 'flat':
      return true
  }
}

/** What is gone of a holding that was not asked for before the order. */
export interface UnnotedGone {
  /** Units; 0 where all that belongs to positions, and to none, is still held. */
  readonly gone: number
  /** Two reports of the holding say so, late enough to show a fill. */
  readonly isTwice: boolean
}

/**
 * What is gone of a holding since an attempt that was made while the venue could prove more: nothing had to be
 * asked of the holding then. Undefined where something is gone that other exits of the holding may have executed,
 * or where it is not known what belonged to no position then: that may hide a fill.
 */
export function unnotedGone(
  record: ExitRecord,
  state: Followed,
  around: Circumstances,
): UnnotedGone | undefined {
  const { held, isShared, isWhole, mayOthersExecute, quietSince, settings } = around
  const isUnnoted =
    record.heldBefore === null ||
    (!wasEvidence(record) && (isShared || otherUnitsBefore(record).others !== 0))
  if (!isUnnoted || record.drift.spare === null || !isHoldingEvidence(settings.capabilities)) {
    return undefined
  }
  const gone = goneOfOtherUnits(record, around)
  if (gone === undefined || gone < 0 || (gone === 0 ? !isWhole : isShared && mayOthersExecute))
    return undefined
  // A person may have sold units of no position, and the order may never have left.
  if (gone > 0 && record.drift.spare > 0 && !record.exists) return undefined
  const apartMs = proofMs(settings.capabilities)
  const since = Math.max(state.since, quietSince) + apartMs
  return { gone, isTwice: isReportedTwice(held?.byName, since, apartMs) }
}

type Unknown = Extract<ExitState, { kind: 'unknown' }>

/** Whether the order is a limit, and the venue has said neither that it works no more nor that it is cancelled. */
export const mayRest = ({ order }: ExitRecord, { notOpenAt, cancelledAt }: Followed): boolean =>
  order.limit !== undefined && notOpenAt === undefined && cancelledAt === undefined

/** Whether the venue has accepted the order, and says since that it finds no such order. */
export const isLost = ({ exists }: ExitRecord, { absentAt }: Unknown): boolean =>
  exists && absentAt !== undefined

/** Whether all that the order executed was visible when the holding was last asked for. */
export const isClosedBefore = (
  { notOpenAt }: Followed,
  { held, settings: { capabilities } }: Circumstances,
): boolean =>
  notOpenAt !== undefined && (held?.byName?.at ?? -Infinity) >= notOpenAt + proofMs(capabilities)

/**
 * What the holding shows of an order for which the venue gives only answers that cannot be true: by two reports
 * after that, that nothing is left to be sold, or what was sold before the order was cancelled.
 */
export function settledByHolding(
  record: ExitRecord,
  state: Unknown,
  around: Circumstances,
): Action | undefined {
  return isLost(record, state)
    ? settledLost(record, state, around)
    : settledDoubt(record, state, around)
}

function settledDoubt(
  record: ExitRecord,
  state: Unknown,
  around: Circumstances,
): Action | undefined {
  const { held, settings } = around
  const apartMs = proofMs(settings.capabilities)
  const isSettled = (from: number): boolean =>
    held !== undefined && isReportedTwice(held.byName, from + apartMs, apartMs)
  const { since, cancelledAt } = state
  if (isSettled(since) && held!.quantity === 0 && !mayRest(record, state)) {
    return { kind: 'ended', quantity: record.order.quantity }
  }
  const seen = executedUnseen(record, state, around)
  if (seen === undefined || cancelledAt === undefined || !isSettled(cancelledAt)) return undefined
  return isSame(seen.least, seen.most) ? { kind: 'ended', quantity: seen.least } : undefined
}

/**
 * What the holding shows of an order that the venue has accepted and finds no more, by two reports after
 * its absence and after its cancel: nothing is left, what is missing, or that nothing is missing.
 */
function settledLost(
  record: ExitRecord,
  { absentAt, cancelledAt }: Unknown,
  around: Circumstances,
): Action | undefined {
  const { held, isWhole, isShared, quietSince, settings } = around
  const { order, executed, drift } = record
  if (absentAt === undefined || cancelledAt === undefined || held === undefined) return undefined
  const apartMs = proofMs(settings.capabilities)
  const from = Math.max(absentAt, cancelledAt, quietSince) + apartMs
  if (!isReportedTwice(held.byName, from, apartMs)) return undefined
  const ended = (units: number): Action => ({
    kind: 'ended',
    quantity: Math.max(executed.quantity, Math.min(order.quantity, units)),
  })
  if (!isShared && held.quantity === 0) return ended(order.quantity)
  // What others have bought, or have as well, may stand for what the order has sold.
  const gone = goneOfOtherUnits(record, around)
  if (gone === 0 && isWhole) return ended(0)
  return gone !== undefined && gone > 0 && !isShared && isAloneIn(drift) ? ended(gone) : undefined
}

/**
 * Units that are gone of a holding since the attempt was made, beyond what its positions are known to have
 * executed; below 0 where it rose. Undefined where it is not known what belonged to no position then, or where
 * positions have taken or left some of it since.
 */
export function goneOfOtherUnits(
  record: ExitRecord,
  { held, owned, areOwnersUnchanged }: Circumstances,
): number | undefined {
  const { spare, others } = otherUnitsBefore(record)
  if (held === undefined || spare === null || others === null) return undefined
  const own = isOver(record) ? 0 : remainingOf(record)
  const isAlike = areOwnersUnchanged || isSame(leftOf(owned, own), others)
  return isAlike ? restOf(sum(owned, spare), held.quantity) : undefined
}
