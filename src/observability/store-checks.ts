import type { LostFolder, StoreStatus } from '../ports/store.ts'
import { counted, draft, type Draft } from './checks.ts'

const waiting = (rows: number): string => `, ${rows} rows wait for it on this machine`

/** Folders in use that were deleted or replaced: what is written there is lost. */
export const folderChecks = (lost: readonly LostFolder[]): Record<string, Draft> => ({
  'store:gone': counted(
    'datastore',
    lost.map(each => ({ what: `${each.place} was ${each.lost} while it is in use` })),
    'fail',
  ),
})

/** Checks of the store. `store:errors` shows failing writes. */
export function storeChecks({
  place,
  isOurs,
  outage,
  leaseLeftMs,
  risks,
}: StoreStatus): Record<string, Draft> {
  return {
    'store:owned': {
      ...draft('datastore', isOurs, isOurs ? 'pass' : 'fail'),
      ...(!isOurs && { output: `${place} is not ours: nothing is sent` }),
    },
    ...(leaseLeftMs !== undefined && {
      'store:lease': {
        ...draft('datastore', leaseLeftMs / 1_000, leaseLeftMs > 0 ? 'pass' : 'fail'),
        observedUnit: 's',
        ...(leaseLeftMs === 0 && { output: 'the lease could not be renewed: nothing is sent' }),
      },
    }),
    'store:outage': {
      ...draft('datastore', (outage?.forMs ?? 0) / 1_000, outage === undefined ? 'pass' : 'warn'),
      observedUnit: 's',
      ...(outage !== undefined && {
        output: `${place} is away${leaseLeftMs === undefined ? waiting(outage.rows) : ''}: ${outage.why}`,
      }),
    },
    'store:durability': {
      ...draft('datastore', risks.length, risks.length > 0 ? 'warn' : 'pass'),
      ...(risks.length > 0 && { output: risks.join('; ') }),
    },
  }
}
