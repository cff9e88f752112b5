import type { VenueOptions } from './venue.ts'

/** A stretch of a run, ms from its start. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

export const RUN_MS = 420_000
/** While it lasts the venue takes less, where its limit changes at all. */
export const CUT: Stretch = { from: 120_000, to: 180_000 }
export const OUTAGE: Stretch = { from: 260_000, to: 280_000 }

export const isWithin = (ms: number, { from, to }: Stretch): boolean => ms >= from && ms < to

const base: VenueOptions = {
  limitAt: ms => (isWithin(ms, CUT) ? 3 : 10),
  counts: 'bucket',
  burst: 10,
  isDown: ms => isWithin(ms, OUTAGE),
  hangMs: 0,
  errorShare: 0.01,
}

/** The venues of the bench by name. */
export const WORLDS: Readonly<Record<string, VenueOptions>> = {
  base,
  'one-second windows': { ...base, counts: 'windows' },
  '1/s bucket': { ...base, limitAt: () => 1, burst: 1 },
  'ban of 30 s': { ...base, ban: { refusals: 20, withinMs: 10_000, ms: 30_000 } },
  'outage that hangs': { ...base, hangMs: 5_000 },
  'outage of 60 s': { ...base, isDown: ms => ms >= OUTAGE.to - 60_000 && ms < OUTAGE.to },
  'orders down alone': {
    ...base,
    isDown: (ms, group) => group === 'orders' && isWithin(ms, OUTAGE),
  },
  'quotes down alone': {
    ...base,
    isDown: (ms, group) => group === 'quotes' && isWithin(ms, OUTAGE),
  },
}
