import type { VirtualSystem } from '../app/virtual.ts'
import { WatchkeeperError } from '../errors.ts'
import { pctOf, readable } from './output.ts'

/** Rows that were not played as they are, one line for each reason. */
export function oddities(
  { heldExits, outsideHours }: Pick<VirtualSystem, 'heldExits' | 'outsideHours'>,
  { skippedRows, lateRows }: { readonly skippedRows: number; readonly lateRows: number },
): string[] {
  return [
    ...(skippedRows > 0 ? [`${skippedRows} rows were left out (--skip-bad-rows)`] : []),
    ...(lateRows > 0
      ? [`${lateRows} rows were out of order, late by up to a second: played at the row before`]
      : []),
    ...(outsideHours > 0
      ? [`${outsideHours} ticks came while their market was closed, and decided nothing`]
      : []),
    ...(heldExits > 0 ? [`${heldExits} exits came in a mass, and waited (massExit)`] : []),
  ]
}

/**
 * Throws where more than `maxPct` of the rows were skipped: the result says little about the file.
 */
export function refuseSkipped(skipped: number, played: number, maxPct: number): void {
  const pct = pctOf(skipped, skipped + played)
  if (pct <= maxPct) return
  const text = `${skipped} of ${skipped + played} rows (${readable(pct)} %) were left out, more than ${maxPct} % (--max-skipped)`
  throw new WatchkeeperError('TOO_MANY_SKIPPED', text)
}
