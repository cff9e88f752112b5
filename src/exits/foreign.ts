import type { Action } from './action.ts'
import type { Circumstances } from './circumstances.ts'
import type { ExitState } from './exit-state.ts'
import { FOREIGN } from './history.ts'
import { isReportedTwice } from './holding-state.ts'
import { withStep, type ExitRecord } from './record.ts'
import { backoffMs, proofMs, type ExitSettings } from './settings.ts'

/*
 * An order that has the id of an attempt of ours, and that this store never sent: the store is older
 * than the account, or another program makes such ids. What it executed is not booked. The exit goes
 * on under a new id, after that order is over and the holding says what is left to be sold.
 */

/** Whether some order with an id of the exit was not sent from here. */
export const hasForeign = ({ steps }: Pick<ExitRecord, 'steps'>): boolean =>
  steps.some(({ what }) => what === FOREIGN)

type Foreign = Extract<ExitState, { kind: 'foreign' }>

/** The record after the venue has shown an order of its id that it did not send. */
export function foreign(
  record: ExitRecord,
  { by, at }: { by: Foreign['by']; at: number },
  settings: ExitSettings,
): ExitRecord {
  const retryAt = at + backoffMs(record.rejections, settings)
  const next: ExitRecord = {
    ...record,
    exists: false,
    isDoubted: false,
    rejections: record.rejections + 1,
    state: { kind: 'foreign', by, since: at, retryAt },
  }
  return withStep(next, at, FOREIGN)
}

/** The record when the venue said, asked at `askedAt`, that the order of its id does not work any more. */
export const foreignOver = (record: ExitRecord, state: Foreign, askedAt: number): ExitRecord =>
  state.overAt !== undefined || askedAt < state.since
    ? record
    : withStep({ ...record, state: { ...state, overAt: askedAt } }, askedAt, 'that order is over')

/** What is to be done while the venue has an order of the exit's id that was not sent from here. */
export function whileForeign(
  { since, overAt, retryAt }: Foreign,
  { now, held, settings }: Circumstances,
): readonly Action[] {
  const { capabilities, listsOrders } = settings
  if (overAt === undefined && capabilities.lookup !== 'none') return [{ kind: 'ask-order' }]
  if (overAt === undefined && listsOrders) return [{ kind: 'list-orders' }]
  const apartMs = proofMs(capabilities)
  // Where no answer shows the order, two reports of the holding show whether it still executes.
  const isConfirmed = isReportedTwice(held?.byName, (overAt ?? since) + apartMs, apartMs)
  if (!isConfirmed) return [{ kind: 'ask-holding' }]
  return now >= retryAt ? [{ kind: 'retry' }] : []
}
