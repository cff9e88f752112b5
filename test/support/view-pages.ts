import type { ViewLevels, ViewPage, ViewRow } from '../../src/ports/view.ts'

/** A row of the view as the service sends it. */
export const aRow = (row: number, changes: Partial<ViewRow> = {}): ViewRow => ({
  row,
  id: `p${row}`,
  series: 0,
  side: 'long',
  entryPrice: 100,
  multiplier: 1,
  openedAt: 0,
  isInverse: false,
  account: null,
  underlying: null,
  levels: levels(row),
  ...changes,
})

/** The changing part of a row. */
export const levels = (
  row: number,
  { stop = 95, state = 'guarded' }: { stop?: number | null; state?: ViewLevels[1] } = {},
): ViewLevels => [row, state, 100, stop, null, 1, null, null, 'yes', null, 'ours']

/** One page of the view; the price of ACME is 101. */
export const aPage = (rows: readonly ViewRow[], changes: Partial<ViewPage> = {}): ViewPage => ({
  epoch: 'e',
  version: 4,
  at: 1_000,
  rows,
  next: null,
  day: null,
  exits: [],
  build: null,
  series: [{ instrument: 'ACME', source: 'trade', currency: null, tickSize: null }],
  prices: [[0, 101, 990]],
  status: {
    word: 'guarded',
    why: [],
    since: null,
    blockedBy: [],
    blockedAccounts: {},
    version: '1',
    killSwitch: { state: 'off', since: null, by: null, held: 0 },
  },
  ...changes,
})
