import type { PositionMode, VenueBroker } from '../brokers/venue/account.ts'
import type { VenueInstrument } from '../brokers/venue/instrument.ts'
import { closestName } from '../domain/closest-name.ts'
import type { InstrumentId } from '../domain/ids.ts'
import type { Side } from '../domain/position.ts'
import { UsageError } from '../errors.ts'
import type { VenueConfig } from './open-broker.ts'
import { signal } from './venue-trader.ts'

/** Questions whose time is measured. */
const QUESTIONS = 5
const SIDES: readonly Side[] = ['long', 'short']

/**
 * What the venue lists of an instrument.
 *
 * @throws UsageError where it does not list it, errors of the broker where the list cannot be read.
 */
export async function listedAt(
  broker: VenueBroker,
  { kind, environment, callTimeoutMs }: VenueConfig,
  instrument: InstrumentId,
): Promise<VenueInstrument> {
  const listed = await broker.instruments(signal(callTimeoutMs))
  const fixed = listed.find(each => each.instrument === instrument)
  if (fixed !== undefined) return fixed
  const names = listed.map(each => each.instrument)
  const meant = closestName(instrument, names)
  const guess = meant === undefined ? '' : `; did you mean ${meant}?`
  const found = `found the instrument ${instrument}`
  throw new UsageError(`${found}, expected one that ${kind} ${environment} lists${guess}`)
}

export interface HoldingAnswers {
  /** How long each answer took, ms. */
  readonly times: readonly number[]
  /** Whether each flat holding was answered with a row of its own; null: none was flat. */
  readonly flatIsProved: boolean | null
}

/** Queries the holding of an instrument a few times: in hedge mode, that of each side in turn. */
export async function holdingAnswers(
  broker: VenueBroker,
  given: {
    readonly instrument: InstrumentId
    readonly mode: PositionMode
    readonly callTimeoutMs: number
  },
): Promise<HoldingAnswers> {
  const { instrument, mode, callTimeoutMs } = given
  const keys = mode === 'hedge' ? SIDES.map(side => ({ instrument, side })) : [{ instrument }]
  const times: number[] = []
  let flatIsProved: boolean | null = null
  for (let question = 0; question < QUESTIONS; question++) {
    const from = performance.now()
    const { kind } = await broker.holding(keys[question % keys.length]!, signal(callTimeoutMs))
    times.push(performance.now() - from)
    if (kind !== 'held') flatIsProved = kind === 'flat' && flatIsProved !== false
  }
  return { times, flatIsProved }
}
