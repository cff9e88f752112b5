import type { z } from 'zod'
import { isBounded, SMALLEST } from '../../domain/bounds.ts'
import { OutcomeUnknown } from '../../errors.ts'
import type { Capabilities, Holding, HoldingKey, HoldingReport } from '../../ports/broker.ts'
import type { holdingList, holdingReport } from './answers.ts'

/** A field that names a holding in the protocol: a text that is not empty. */
export type HoldingFields = Readonly<Record<string, string>>

/** How the venue separates holdings. */
type HoldingModel = Pick<Capabilities, 'holdings' | 'products'>

type Row = z.output<typeof holdingList>['holdings'][number]

/**
 * The fields of a key that the venue distinguishes; others would invite an answer to another query.
 * Undefined where the key lacks a required field.
 */
export function fieldsOf(
  { account, instrument, side, ticket, product }: HoldingKey,
  { holdings, products = false }: HoldingModel,
): HoldingFields | undefined {
  if (products && product === undefined) return undefined
  const name = {
    instrument,
    ...(account !== undefined && { account }),
    ...(products && product !== undefined && { product }),
  }
  switch (holdings) {
    case 'net':
      return name
    case 'sides':
      return side && { ...name, side }
    case 'tickets':
      return ticket === undefined ? undefined : { ...name, ticket }
  }
}

/**
 * Converts one holding of the protocol to the port's. The server reports the age of its knowledge
 * at the time of its answer; counted from the request instead, the knowledge never appears younger
 * than it is. An impossible quantity proves nothing and is counted by `onOdd`.
 */
export function reportOf(
  report: z.output<typeof holdingReport>,
  key: HoldingFields,
  onOdd: () => void,
): HoldingReport {
  if (report.kind !== 'held') return report
  if (isResidue(report.quantity)) return { kind: 'flat', ageMs: report.ageMs }
  assertSign(key['side'], report.quantity)
  if (isBounded(report.quantity)) return report
  onOdd()
  return { kind: 'unknown' }
}

/**
 * Converts a list of holdings. One row that contradicts the venue's capabilities spoils the whole
 * list. A row with an impossible quantity is dropped: like a missing row, it proves nothing.
 */
export function holdingsOf(
  rows: readonly Row[],
  { holdings: model, products = false }: HoldingModel,
  onOdd: () => void,
): Holding[] {
  const seen = new Set<string>()
  const held = rows.map(row => {
    const { account, instrument, side, ticket, product } = row
    const key = JSON.stringify([account, instrument, side, ticket, product])
    if (seen.has(key)) throw new OutcomeUnknown(`${instrument} is listed twice`)
    seen.add(key)
    if (model === 'sides' && side === undefined)
      throw new OutcomeUnknown(`${instrument} is listed without its side`)
    if (model === 'tickets' && ticket === undefined)
      throw new OutcomeUnknown(`${instrument} is listed without its ticket`)
    if (products && product === undefined)
      throw new OutcomeUnknown(`${instrument} is listed without its product`)
    if (!isResidue(row.quantity)) assertSign(side, row.quantity)
    if (!isBounded(row.quantity) || !isBounded(row.entryPrice ?? 0)) onOdd()
    return holdingOf(row)
  })
  // Some venues list closed holdings. Like a missing row, a quantity of 0 proves nothing here.
  return held.filter(({ quantity }) => !isResidue(quantity) && isBounded(quantity))
}

function holdingOf(row: Row): Holding {
  const { account, instrument, side, ticket, product, quantity, entryPrice, ageMs } = row
  return {
    instrument,
    quantity,
    ageMs,
    ...(account !== undefined && { account }),
    ...(side !== undefined && { side }),
    ...(ticket !== undefined && { ticket }),
    ...(product !== undefined && { product }),
    ...(entryPrice !== undefined && isBounded(entryPrice) && { entryPrice }),
  }
}

/** Floating-point error of a server that computes in doubles: no holding is so small, whatever its sign. */
const isResidue = (quantity: number): boolean => Math.abs(quantity) < SMALLEST

function assertSign(side: string | undefined, quantity: number): void {
  if ((side === 'long' && quantity < 0) || (side === 'short' && quantity > 0))
    throw new OutcomeUnknown(`a ${side} holding has the quantity ${quantity}`)
}
