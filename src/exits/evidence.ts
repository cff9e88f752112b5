import { sum } from '../domain/decimal.ts'
import { isEnough, isSame } from '../domain/units.ts'
import { ASK_HOLDING, type Action } from './action.ts'
import { afterRejection } from './after-rejection.ts'
import type { Circumstances } from './circumstances.ts'
import { allOf, endedBySeen, isGoneBeside, isNothingLeft } from './ended-by-holding.ts'
import { isAloneIn, isPriceless, isUnchanged, type ExitState, type Followed } from './exit-state.ts'
import { afterFill } from './filled.ts'
import { whileForeign } from './foreign.ts'
import {
  executedUnseen,
  isClosedBefore,
  isLost,
  settledByHolding,
  unnotedGone,
} from './holding-evidence.ts'
import { isSendable, limitStyleOf, priceOfAttempt } from './order-type.ts'
import { hasWorkingPast } from './past-orders.ts'
import { attemptQuantity } from './quantity.ts'
import { mustAsk } from './questions.ts'
import { remainingOf, type ExitRecord } from './record.ts'
import {
  asksHolding,
  isHoldingEvidence,
  isMadeUnder,
  proofMs,
  settingsFor,
  settingsToPlan,
  wayOf,
  type ExitSettings,
} from './settings.ts'
import { heldBackAtMost, heldBackBy } from './smallest-order.ts'

/** The actions for the present order of an exit, by the evidence about it; see `actionsFor`. */
export function actionsOf(record: ExitRecord, present: Circumstances): readonly Action[] {
  const { state } = record
  const around = { ...present, settings: settingsFor(record, present.settings, present.now) }
  switch (state.kind) {
    case 'intending':
      // Together with the write, so that the order need not wait for all of them.
      return [{ kind: 'save' }, ...mustAsk(record, present)]
    case 'intended':
      return present.maySend && present.now >= state.notBefore
        ? beforeSending(record, {
            ...present,
            settings: settingsToPlan(record, present.settings, present.now),
          })
        : []
    case 'queued':
    case 'sending':
    case 'flat':
      return []
    case 'acknowledged':
    case 'partly-filled':
      return followed(record, state, around)
    case 'unknown':
      return record.exists ? followed(record, state, around) : doubted(record, state, around)
    case 'rejected':
      return afterRejection(state, around)
    case 'foreign':
      return whileForeign(state, around)
    case 'filled':
      return afterFill(record, state, around)
  }
}

function beforeSending(record: ExitRecord, around: Circumstances): readonly Action[] {
  const { settings, allowance, hasLock, held } = around
  const { capabilities } = settings
  // It may still sell what this one would sell.
  if (hasWorkingPast(record)) return []
  // What may live already is sent again as it was, or not at all.
  if (record.isDoubted && isSendable(record, around)) return [{ kind: 'send' }]
  if (!hasLock) return []
  const waits = heldBackAtMost(record, around)
  if (waits !== undefined) return waits
  const questions = mustAsk(record, around)
  if (questions.length > 0) return questions
  if (allowance === undefined || held === undefined) return [ASK_HOLDING]
  const isEvidence = isHoldingEvidence(capabilities)
  // A list may lag, and others trade: what is held before an order must be what really was.
  const recentFrom = Math.max(around.quietSince + proofMs(capabilities), around.takenUpAt)
  const isRecent = (held.byName?.at ?? -Infinity) >= recentFrom
  if (isEvidence && !isRecent) return [ASK_HOLDING]
  const quantity = attemptQuantity(record, allowance, around.spec)
  if (quantity === 'dust') return [{ kind: 'flat', by: 'dust' }]
  if (quantity === 'wait') return [ASK_HOLDING]
  const priced = priceOfAttempt(record, around)
  if (priced === 'wait') return isPriceless(record.state) ? [] : [{ kind: 'priceless' }]
  const { limit } = priced
  const heldBack = heldBackBy(record, { quantity, limit }, around)
  if (heldBack !== undefined) return heldBack
  const heldBefore = asksHolding(capabilities) ? held.quantity : null
  const { order, drift } = record
  const isSpare = !isEvidence || drift.spare === null || isSame(drift.spare, around.spare)
  const isAsHeld = isSame(record.heldBefore ?? -1, heldBefore ?? -1)
  const isBefore = isAsHeld && isUnchanged(drift) && isSpare
  const isPlanned = isBefore && order.quantity === quantity && order.limit === limit
  if (isPlanned && isMadeUnder(record, settings, around.now)) return [{ kind: 'send' }]
  return [{ kind: 'plan', plan: { quantity, heldBefore, ...(limit !== undefined && { limit }) } }]
}

/** An order that the venue has taken is followed until it is proved to be over. */
function followed(record: ExitRecord, state: Followed, around: Circumstances): readonly Action[] {
  const { settings, now, mayCancel } = around
  const { capabilities } = settings
  const executed = executedUnseen(record, state, around)
  const mustCancelFirst =
    executed !== undefined && isGoneBeside(record, { state, executed }, around)
  if (executed !== undefined && !mustCancelFirst) {
    const { least, most } = executed
    // An id that makes no second order may still make its first: less than all of it proves nothing.
    const isClosed = isClosedBefore(state, around)
    if (isNothingLeft(isClosed, around)) return [allOf(record)]
    const isEnded = record.exists && isClosed && isSame(least, most)
    if (isEnded || isEnough(least, record.order.quantity)) {
      return [{ kind: 'ended', quantity: least }]
    }
  }
  const unnoted = executed === undefined ? unnotedGone(record, state, around) : undefined
  if (record.exists && unnoted?.isTwice === true && isClosedBefore(state, around)) {
    return [endedUnnoted(record, unnoted.gone)]
  }
  const isDisbelieved = state.kind === 'unknown' && (record.faults > 0 || isLost(record, state))
  const settled = isDisbelieved ? settledByHolding(record, state, around) : undefined
  if (settled !== undefined) return [settled]
  const actions: Action[] = []
  if (capabilities.lookup !== 'none') actions.push({ kind: 'ask-order' })
  if (isHoldingEvidence(capabilities)) actions.push(...askAround(settings))
  else if (isDisbelieved) actions.push(ASK_HOLDING)
  const mustCancel = mustCancelFirst || (isDisbelieved && state.cancelledAt === undefined)
  const longestMs = longestWorkingMs(record, settings)
  if (mayCancel && (mustCancel || now - state.since > longestMs)) actions.push({ kind: 'cancel' })
  return actions
}

/** The end of an order that has executed so much more, at most, than is known of it. */
const endedUnnoted = ({ order, executed }: ExitRecord, gone: number): Action => ({
  kind: 'ended',
  quantity: Math.min(order.quantity, sum(executed.quantity, gone)),
})

function longestWorkingMs({ order }: ExitRecord, settings: ExitSettings): number {
  const { workingMs } = settings
  return order.limit === undefined
    ? workingMs
    : Math.min(limitStyleOf(settings).escalateMs, workingMs)
}

/** The questions that show of an order what looking it up does not. */
const askAround = ({ listsOrders, capabilities }: ExitSettings): readonly Action[] =>
  listsOrders && capabilities.lookup === 'none'
    ? [ASK_HOLDING, { kind: 'list-orders' }]
    : [ASK_HOLDING]

/** An order that may exist or not: what learns it depends on what the venue can prove. */
function doubted(
  record: ExitRecord,
  state: Extract<ExitState, { kind: 'unknown' }>,
  around: Circumstances,
): readonly Action[] {
  const { settings, now, maySend, held } = around
  const { capabilities } = settings
  switch (wayOf(capabilities)) {
    case 'resend': {
      const mustAsk = held === undefined || (maySend && !around.isVerified)
      if (mustAsk && !capabilities.reduceOnly) return [ASK_HOLDING]
      const isLikelyGone = !capabilities.reduceOnly && !mayBeWhole(around)
      // An order that the venue never takes is asked for by other ways.
      const isTaken = isSendable(record, around)
      const isSent = maySend && now >= (state.notBefore ?? 0) && !isLikelyGone && isTaken
      const again: readonly Action[] = isSent ? [{ kind: 'send' }] : []
      const asksToo = state.notBefore !== undefined || !maySend || isLikelyGone || !isTaken
      return asksToo ? [...followed(record, state, around), ...again] : again
    }
    case 'look-up':
      return record.faults > 0 ? followed(record, state, around) : [{ kind: 'ask-order' }]
    case 'reduce-only':
    case 'reports':
      return byHolding(record, state, around)
  }
}

/**
 * Whether an order that the venue may not have taken can be sent as it was: the holding lacks nothing that
 * it would sell, or only sending it again shows its outcome.
 */
export function mayBeWhole({
  held,
  isWhole,
  settings,
}: Pick<Circumstances, 'held' | 'isWhole' | 'settings'>): boolean {
  const isLast = settings.capabilities.lookup !== 'complete' && (held?.quantity ?? 0) > 0
  return isWhole || isLast
}

function byHolding(
  record: ExitRecord,
  state: Extract<ExitState, { kind: 'unknown' }>,
  around: Circumstances,
): readonly Action[] {
  const { settings, held } = around
  const { capabilities } = settings
  const isReduceOnly = capabilities.reduceOnly
  const seen = executedUnseen(record, state, around)
  const isClosed = isClosedBefore(state, around)
  const ended = seen === undefined ? undefined : endedBySeen(record, { state, seen }, around)
  if (ended !== undefined) return [ended]
  const showsOpen = capabilities.lookup === 'open-only' || settings.listsOrders
  const unnoted = unnotedGone(record, state, around)
  if (unnoted?.isTwice === true && isClosed && unnoted.gone > 0) {
    return [endedUnnoted(record, unnoted.gone)]
  }
  const isNothing = seen?.most === 0 || (unnoted?.isTwice === true && unnoted.gone === 0)
  if (isNothing && isClosed) return [{ kind: 'untouched', isProof: true }]
  // A second fill cannot exceed a holding that is no more than what this exit is to close.
  const isAllHeld =
    record.heldBefore === null
      ? unnoted?.gone === 0
      : held !== undefined && isSame(held.quantity, record.heldBefore)
  const isOnce =
    isReduceOnly &&
    isAloneIn(record.drift) &&
    held !== undefined &&
    held.at >= state.since + proofMs(capabilities) &&
    held.quantity > 0 &&
    isAllHeld &&
    isEnough(remainingOf(record), held.quantity)
  if (isOnce) return [{ kind: 'untouched', isProof: false }]
  const actions: Action[] = [...askAround(settings)]
  if (capabilities.lookup === 'open-only') actions.push({ kind: 'ask-order' })
  // Nothing may be sent before the order, if it is one, works no more: not listed, or cancelled.
  const mustCancel = !showsOpen || (seen !== undefined && seen.most > 0)
  if (mustCancel && around.mayCancel) actions.push({ kind: 'cancel' })
  return actions
}
