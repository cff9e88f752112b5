import type { z } from 'zod'
import { isBounded } from '../../domain/bounds.ts'
import { OutcomeUnknown } from '../../errors.ts'
import type { Capabilities, Holding, HoldingKey, HoldingReport } from '../../ports/broker.ts'
import type { holdingList, holdingReport } from './answers.ts'

/** What names a holding in the protocol; none of its values is empty or more than text. */
export type HoldingFields = Readonly<Record<string, string>>

type Row = z.output<typeof holdingList>['holdings'][number]

/**
 * The fields of a key that the venue tells apart, others would only invite an answer to another
 * question; undefined where the key lacks one.
 */
export function fieldsOf(
  { account, instrument, side, ticket }: HoldingKey,
  model: Capabilities['holdings'],
): HoldingFields | undefined {
  const name = { instrument, ...(account !== undefined && { account }) }
  switch (model) {
    case 'net':
      return name
    case 'sides':
      return side && { ...name, side }
    case 'tickets':
      return ticket === undefined ? undefined : { ...name, ticket }
  }
}

/**
 * One holding as the port tells it. The server says how old its knowledge is at the answer; counted
 * from the question instead, the knowledge is never younger than it says. A quantity that nothing can
 * have proves nothing: `onOdd` counts it.
 */
export function reportOf(
  report: z.output<typeof holdingReport>,
  key: HoldingFields,
  onOdd: () => void,
): HoldingReport {
  if (report.kind !== 'held') return report
  assertSign(key['side'], report.quantity)
  if (isBounded(report.quantity)) return report
  onOdd()
  return { kind: 'unknown' }
}

/**
 * A list of holdings as the port tells it; one row that contradicts the venue spoils all of it. A row
 * with a quantity that nothing can have is left out, as one that is missing: it proves nothing.
 */
export function holdingsOf(
  rows: readonly Row[],
  model: Capabilities['holdings'],
  onOdd: () => void,
): Holding[] {
  const seen = new Set<string>()
  const held = rows.map(row => {
    const { account, instrument, side, ticket } = row
    const key = JSON.stringify([account, instrument, side, ticket])
    if (seen.has(key)) throw new OutcomeUnknown(`${instrument} is listed twice`)
    seen.add(key)
    if (model === 'sides' && side === undefined)
      throw new OutcomeUnknown(`${instrument} is listed without its side`)
    if (model === 'tickets' && ticket === undefined)
      throw new OutcomeUnknown(`${instrument} is listed without its ticket`)
    assertSign(side, row.quantity)
    if (!isBounded(row.quantity) || !isBounded(row.entryPrice ?? 0)) onOdd()
    return holdingOf(row)
  })
  // Some venues list what is closed. Like a row that is missing, that proves nothing.
  return held.filter(({ quantity }) => quantity !== 0 && isBounded(quantity))
}

function holdingOf(row: Row): Holding {
  const { account, instrument, side, ticket, quantity, entryPrice, ageMs } = row
  return {
    instrument,
    quantity,
    ageMs,
    ...(account !== undefined && { account }),
    ...(side !== undefined && { side }),
    ...(ticket !== undefined && { ticket }),
    ...(entryPrice !== undefined && isBounded(entryPrice) && { entryPrice }),
  }
}

function assertSign(side: string | undefined, quantity: number): void {
  if ((side === 'long' && quantity < 0) || (side === 'short' && quantity > 0))
    throw new OutcomeUnknown(`a ${side} holding has the quantity ${quantity}`)
}
