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

/** Whether the venue has had an order under an id of the exit that this store did not send. */
export const hasForeign = ({ steps }: Pick<ExitRecord, 'steps'>): boolean =>
  steps.some(({ what }) => what === FOREIGN)

type Foreign = Extract<ExitState, { kind: 'foreign' }>

/** The record after the venue has shown an order under its id that this store did not send. */
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

/** The record after the answer, asked for at `askedAt`, that the foreign order does not work any more. */
export const foreignOver = (record: ExitRecord, state: Foreign, askedAt: number): ExitRecord =>
  state.overAt !== undefined || askedAt < state.since
    ? record
    : withStep({ ...record, state: { ...state, overAt: askedAt } }, askedAt, 'that order is over')

/** The actions while the venue has a foreign order under the exit's id. */
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
