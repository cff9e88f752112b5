import { isEnough, leftOf } from '../domain/units.ts'
import type { ExitState } from './exit-state.ts'
import { shrunk } from './exit-transitions.ts'
import { doubted, isOver, type ExitRecord } from './record.ts'
import { asksHolding, type ExitSettings } from './settings.ts'

/**
 * A record as a new process must take it, at `now` (epoch ms), of a position that has `owned` units.
 * Where an order is planned by an answer about the holding, one without it never left. What the venue
 * could do when the attempt was made decides that, not what it can do now.
 */
export function recovered(
  given: ExitRecord,
  { now, owned }: { now: number; owned: number },
  settings: ExitSettings,
): ExitRecord {
  const record = notAhead(given, now, settings)
  const { state, provable } = record
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
    case 'queued': {
      // Nor did one without a limit, where the venue took no other order.
      const lacksLimit = provable?.market === false && record.order.limit === undefined
      const lacksHolding = provable !== null && asksHolding(provable) && record.heldBefore === null
      const isUnplanned = lacksHolding || lacksLimit
      if (isUnplanned && !record.isDoubted) {
        return { ...record, state: { kind: 'intended', notBefore: 0 } }
      }
      return doubted(record, now, 'a new process')
    }
    case 'sending':
    case 'acknowledged':
    case 'partly-filled':
    case 'unknown':
      return doubted(record, now, 'a new process')
  }
}

/**
 * A record as the clock of this process has it, which is at `now`. Where the clock of the process that
 * wrote it was ahead, what happened has happened by now, and no wait lasts longer than the longest that the
 * settings know.
 */
function notAhead(record: ExitRecord, now: number, settings: ExitSettings): ExitRecord {
  const { intendedAt, madeAt } = record
  if (Math.max(intendedAt, madeAt, ...happenedAt(record.state)) <= now) return record
  const latest = now + Math.max(settings.maxRetryMs, settings.closedMarketRetryMs)
  const state = bounded(record.state, { now, latest })
  const made = madeBefore(madeAt, now, settings)
  return { ...record, intendedAt: Math.min(intendedAt, now), madeAt: made, state }
}

/** A clock that was ahead by less than this share of what the venue remembers decides nothing. */
const SMALL_SHARE = 0.01

/**
 * When an order was made at the latest, by a clock that may have been ahead (epoch ms): as long ago as the
 * clock was ahead, where the venue finds orders for much longer than that. Else nothing says how long ago it was,
 * and a venue that forgets orders may have forgotten this one.
 */
function madeBefore(madeAt: number, now: number, { capabilities }: ExitSettings): number {
  const aheadMs = madeAt - now
  if (aheadMs <= 0) return madeAt
  const { lookupKeeps: keeps } = capabilities
  const isSmall = typeof keeps === 'object' && 'ms' in keeps && aheadMs <= SMALL_SHARE * keeps.ms
  return isSmall ? now - aheadMs : 0
}

/** Times in the past, epoch ms, of a state that a new process keeps. */
function happenedAt(state: ExitState): readonly number[] {
  switch (state.kind) {
    case 'filled':
    case 'flat':
      return [state.at]
    case 'rejected':
      return [state.since]
    case 'foreign':
      return [state.since, state.overAt ?? -Infinity]
    case 'intending':
    case 'intended':
    case 'queued':
    case 'sending':
    case 'acknowledged':
    case 'partly-filled':
    case 'unknown':
      return []
  }
}

/** A state whose past is at most `now`, and whose wait ends at `latest` at the latest (epoch ms). */
function bounded(state: ExitState, { now, latest }: { now: number; latest: number }): ExitState {
  switch (state.kind) {
    case 'filled':
    case 'flat':
      return { ...state, at: Math.min(state.at, now) }
    case 'rejected':
    case 'foreign': {
      const times = {
        since: Math.min(state.since, now),
        retryAt: Math.min(state.retryAt, latest),
      }
      if (state.kind === 'rejected') return { ...state, ...times }
      const { overAt, ...foreign } = state
      return {
        ...foreign,
        ...times,
        ...(overAt !== undefined && { overAt: Math.min(overAt, now) }),
      }
    }
    case 'intending':
    case 'intended':
      return { ...state, notBefore: Math.min(state.notBefore, latest) }
    case 'queued':
    case 'sending':
    case 'acknowledged':
    case 'partly-filled':
    case 'unknown':
      // A new process takes it as unknown from now on: its times count no more.
      return state
  }
}
