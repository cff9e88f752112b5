import { existsSync, readFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { Failure } from '../../../src/brokers/venue/meaning.ts'
import { countCase } from './cases.ts'

/** One row of `expect.rows`, or the expectation itself. */
export type Expected = Readonly<Record<string, unknown>>

/** An answer of a venue as its documentation shows it, and what it proves. */
export interface VenueRecord {
  readonly id: string
  readonly what: string
  readonly request: { readonly method?: string; readonly path?: string } | null
  readonly status: number | null
  readonly body: string | null
  readonly verdict: string
  readonly expect?: Expected & { readonly rows?: readonly Expected[] }
}

const HERE = fileURLToPath(new URL('../../..', import.meta.url))

/** The folder of recorded answers, of one venue: given by `VENUE_RECORDS`, or beside the checkout. */
export function recordsOf(venue: string): ((what: string) => VenueRecord[]) | undefined {
  const folder = join(process.env['VENUE_RECORDS'] ?? join(HERE, '..', 'shared', 'venues'), venue)
  if (!existsSync(folder)) return undefined
  return what => {
    const file = join(folder, `${what}.jsonl`)
    if (!existsSync(file)) return []
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    const records = lines.map(line => JSON.parse(line) as VenueRecord)
    for (const { id } of records) countCase('recorded', `${what} ${id}`)
    return records
  }
}

/**
 * How the claim of watchkeeper's reading of an answer may differ from the verdict: it may claim
 * less.
 */
export function assertClaim(
  { id, verdict }: Pick<VenueRecord, 'id' | 'verdict'>,
  claim: string,
): void {
  if (claim === verdict || LESS.has(claim)) return
  // The state of an acknowledged order is queried where its answer lacks it.
  if (verdict.startsWith(`${claim}:`) && claim === 'acknowledged') return
  // The port has fewer words for a rejection.
  if (claim.startsWith('rejected:') && verdict === 'rejected:refused') return
  expect(claim, id).to.equal(verdict)
}

const LESS = new Set(['unknown', 'OutcomeUnknown'])

/** The word for a failure. */
export function claimOfFailure({ meaning }: Failure): string {
  switch (meaning) {
    case 'unknown':
      return 'OutcomeUnknown'
    case 'not-sent':
    case 'clock':
      return 'NotSent'
    case 'rate-limited':
      return 'RateLimited'
    case 'banned':
      return 'RateLimited:ban'
    case 'unauthorized':
      return 'Unauthorized'
    case 'nothing-held':
    case 'held-by-orders':
      return 'rejected:insufficient-quantity'
    case 'duplicate':
    case 'absent':
    case 'ended':
    case 'filled':
      return meaning
    case 'insufficient-quantity':
    case 'market-closed':
    case 'would-trigger':
    case 'unknown-instrument':
    case 'no-permission':
    case 'refused':
    case 'price-band':
    case 'below-minimum':
      return `rejected:${meaning}`
  }
}

/** The claim of a reading, which may throw `OutcomeUnknown`. */
export function claimOf(read: () => string): string {
  try {
    return read()
  } catch (error) {
    expect(error).to.have.property('code', 'OUTCOME_UNKNOWN')
    return 'unknown'
  }
}

/** A failed answer, as the transport returns it. */
export const failed = (
  { status, body }: Pick<VenueRecord, 'status' | 'body'>,
  plain = 400,
): { status: number; headers: IncomingHttpHeaders; text: string } => ({
  status: status ?? plain,
  headers: {},
  text: body ?? '',
})
