import { orderValue, type InstrumentSpec } from '../domain/instrument.ts'
import type { Position } from '../domain/position.ts'
import { isWholeLots } from '../domain/units.ts'
import type { DocumentPath } from './document.ts'
import type { FaultList } from './faults.ts'

/** Warns about a quantity that no order of the venue can have: the rest would be dust. */
export function warnOfQuantity(
  warnings: FaultList,
  path: DocumentPath,
  {
    quantity,
    spec,
  }: { readonly quantity: number | undefined; readonly spec: InstrumentSpec | undefined },
): void {
  if (quantity === undefined || spec === undefined) return
  const { lot, minQuantity } = spec
  const found = String(quantity)
  if (lot !== undefined && !isWholeLots(quantity, lot)) {
    warnings.add(path, found, `a multiple of the lot ${lot}`)
  } else if (minQuantity !== undefined && quantity < minQuantity) {
    warnings.add(path, found, `at least the smallest order ${minQuantity}`)
  }
}

/** Warns about a position that is worth less at its entry price than the venue's smallest order. */
export function warnOfValue(
  warnings: FaultList,
  path: DocumentPath,
  {
    position,
    spec,
  }: {
    readonly position: Omit<Position, 'openedAt'>
    readonly spec: InstrumentSpec | undefined
  },
): void {
  const { minOrderValue, reduceOnlyExempt } = spec ?? {}
  if (minOrderValue === undefined || reduceOnlyExempt === true) return
  const value = orderValue(position.quantity, position.entryPrice, position)
  if (value >= minOrderValue) return
  const found = `${position.quantity}, worth ${value} at the entry price`
  warnings.add(path, found, `at least the smallest order value ${minOrderValue}`)
}
