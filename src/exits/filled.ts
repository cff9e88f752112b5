import { isEnough } from '../domain/units.ts'
import type { Action } from './action.ts'
import type { Circumstances } from './circumstances.ts'
import type { ExitEvent } from './events.ts'
import { isUnchanged, type ExitState } from './exit-state.ts'
import { goneOfOtherUnits } from './holding-evidence.ts'
import { isReportedTwice } from './holding-state.ts'
import { DOUBTED, NOTHING, withStep, type ExitRecord } from './record.ts'
import { proofMs, type ExitSettings } from './settings.ts'

/*
 * An exit that the venue calls filled. Where nothing else changes the holding, that must fall by the fill. While it does not, the two answers contradict each other: nothing is sold, the order is asked for
 * again, and a venue that takes its word back puts the order in doubt. Others may have bought meanwhile, so
 * after `loudAfterMs` the fill counts: what is held then belongs to no position, and is reported as that.
 */

type Filled = Extract<ExitState, { kind: 'filled' }>

/** The actions of an exit whose order is filled, until the holding shows that. */
export function afterFill(
  record: ExitRecord,
  state: Filled,
  around: Circumstances,
): readonly Action[] {
  const { held, isShared, now, settings } = around
  const { capabilities, loudAfterMs } = settings
  const { at, isContradicted = false } = state
  const isReported = held !== undefined && held.at >= at + capabilities.visibilityMs
  // A holding that other exits change as well, or of unknown owners, shows no end.
  if (isShared && !canContradict(record, state, around)) return [{ kind: 'flat', by: 'fill' }]
  if (!isReported) return [{ kind: 'ask-holding' }]
  if (!isContrary(record, state, around)) return [{ kind: 'flat', by: 'fill' }]
  const apartMs = proofMs(capabilities)
  if (!isReportedTwice(held.byName, at + apartMs, apartMs)) return [{ kind: 'ask-holding' }]
  if (!isContradicted) return [{ kind: 'contradicted' }]
  if (now - at >= loudAfterMs) return [{ kind: 'flat', by: 'fill', isBelieved: true }]
  const questions: Action[] = [{ kind: 'ask-holding' }]
  return capabilities.lookup === 'none' ? questions : [...questions, { kind: 'ask-order' }]
}

/** Whether a report could show that the last order has executed less than it is said to. */
function canContradict(
  { drift, before, heldBefore }: ExitRecord,
  { at, earlier }: Filled,
  { quietSince, isShared }: Circumstances,
): boolean {
  const isKnown = drift.spare !== null || (heldBefore !== null && !isShared)
  // What others have changed since hides what it executed.
  if (!isKnown || earlier === undefined || !isUnchanged(drift) || quietSince > at) return false
  return !isEnough(earlier.quantity, before.quantity)
}

/**
 * Whether the holding has fallen by less than the last order is said to have executed: more of it belongs to no
 * position than before.
 */
function isContrary(record: ExitRecord, state: Filled, around: Circumstances): boolean {
  if (!canContradict(record, state, around)) return false
  const gone = goneOfOtherUnits(record, around)
  return gone !== undefined && gone < 0
}

/** The record of a filled exit after one of the events that concern it; any other changes nothing. */
export function followFilled(
  record: ExitRecord,
  state: Filled,
  { event, settings }: { event: ExitEvent; settings: ExitSettings },
): ExitRecord {
  if (event.kind === 'contradicted' && state.isContradicted !== true) {
    const next = { ...record, faults: record.faults + 1, state: { ...state, isContradicted: true } }
    return withStep(next as ExitRecord, event.at, 'filled, though the holding shows no fill')
  }
  const { capabilities } = settings
  const isAnswer = event.kind === 'seen' && event.by !== 'cancel'
  if (!isAnswer || state.isContradicted !== true || state.earlier === undefined) return record
  if (event.askedAt < state.at + proofMs(capabilities)) return record
  const { order } = event
  const { kind } = order
  if (kind === 'filled' || kind === 'unknown') return record
  if ('executed' in order && isEnough(order.executed.quantity, record.order.quantity)) return record
  // One that works no more is absent at most venues.
  if (kind === 'absent' && capabilities.lookup !== 'complete') return record
  const doubted: ExitRecord = {
    ...record,
    ...DOUBTED,
    exists: true,
    before: state.earlier,
    executed: NOTHING,
    faults: record.faults + 1,
    state: { kind: 'unknown', since: event.at },
  }
  return withStep(doubted, event.at, `${kind}, though it was filled`)
}
