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
  const { intendedAt, madeAt } = record
  if (Math.max(intendedAt, madeAt) <= now && !times.some(isAhead)) return record
  const latest = now + Math.max(settings.maxRetryMs, settings.closedMarketRetryMs)
  const bounded = times.map(([key, at]): [string, unknown] => {
    const bound = PAST.has(key) ? now : WAITS.has(key) ? latest : Infinity
    return [key, typeof at === 'number' ? Math.min(at, bound) : at]
  })
  const state = Object.fromEntries(bounded) as unknown as ExitState
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
