import { difference, sum } from '../domain/decimal.ts'
import type { ExitEvent } from './events.ts'
import type { Drift } from './exit-state.ts'
import { withStep, type ExitRecord } from './record.ts'

/** The record after others have changed the holding: a report on it now proves less about the order. */
export function drifted(
  record: ExitRecord,
  { by, at }: Extract<ExitEvent, { kind: 'drifted' }>,
): ExitRecord {
  const { least, most, spare, others } = record.drift
  switch (by.kind) {
    case 'came': {
      // What belonged to no position may have got a name; no more of it than there was.
      const owned = Math.min(by.quantity, spare ?? by.quantity)
      const drift: Drift = {
        least: sum(least, difference(by.quantity, owned)),
        most: most === null ? null : sum(most, by.quantity),
        spare: spare === null ? null : difference(spare, owned),
        others: others === null ? null : sum(others, by.quantity),
      }
      return withStep({ ...record, drift }, at, `${by.quantity} added to the holding`)
    }
    case 'released': {
      const drift: Drift = {
        ...record.drift,
        least: difference(least, by.quantity),
        others: others === null ? null : Math.max(0, difference(others, by.quantity)),
      }
      return withStep({ ...record, drift }, at, `${by.quantity} of the holding released`)
    }
    case 'risen':
      if (most === null) return record
      return withStep(
        { ...record, drift: { ...record.drift, most: null } },
        at,
        'the holding rose by what no position explains',
      )
  }
}
