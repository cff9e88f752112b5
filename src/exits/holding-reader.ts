import { isBounded } from '../domain/bounds.ts'
import type { HoldingKey, HoldingReport } from '../domain/holding.ts'
import type { InstrumentId } from '../domain/ids.ts'
import type { InstrumentSpec } from '../domain/instrument.ts'
import { isNothing, isSame, unitsOf } from '../domain/units.ts'
import { holdingName } from './holding-state.ts'

/** Holdings whose size is remembered; the oldest are forgotten. */
const MOST_SIZES = 10_000

/**
 * Reads the quantities of reports on holdings. How little is nothing depends on how much there
 * was: what sums of doubles leave grows with their size.
 */
export class HoldingReader {
  private readonly specOf: (instrument: InstrumentId) => Pick<InstrumentSpec, 'lot'>
  /** The most that was reported or owned of each holding, units > 0, by its name. */
  private readonly sizes = new Map<string, number>()

  constructor(specOf: HoldingReader['specOf']) {
    this.specOf = specOf
  }

  /** The units that a position owns of a holding. */
  owned(key: HoldingKey, quantity: number): number {
    const units = unitsOf(quantity, this.lotOf(key))
    this.remember(key, units)
    return units
  }

  /** The report with the quantity that was meant by it; what proves nothing stays as it is. */
  report(key: HoldingKey, report: HoldingReport): HoldingReport {
    return report.kind === 'held'
      ? { ...report, quantity: this.units(key, report.quantity) }
      : report
  }

  /** The signed units that a report on a holding meant. */
  units(key: HoldingKey, reported: number): number {
    // It proves nothing, and is no size either.
    if (!isBounded(reported)) return reported
    const units = unitsOf(reported, this.lotOf(key))
    this.remember(key, Math.abs(units))
    const size = this.sizes.get(holdingName(key)) ?? 0
    return isSame(size + Math.abs(units), size) ? 0 : units
  }

  /** So many signed units that no position owns; 0 where sums of doubles leave as much. */
  unowned(key: HoldingKey, units: number): number {
    return isNothing(units, this.sizes.get(holdingName(key)) ?? 0, this.lotOf(key)) ? 0 : units
  }

  private lotOf({ instrument }: HoldingKey): number | undefined {
    return this.specOf(instrument).lot
  }

  private remember(key: HoldingKey, units: number): void {
    const name = holdingName(key)
    if (units <= (this.sizes.get(name) ?? 0)) return
    this.sizes.delete(name)
    this.sizes.set(name, units)
    for (const oldest of this.sizes.keys()) {
      if (this.sizes.size <= MOST_SIZES) break
      this.sizes.delete(oldest)
    }
  }
}
