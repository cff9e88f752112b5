/** A position's id as the user gave it; unique among the open positions. */
export type PositionId = string & { readonly __brand: 'PositionId' }

/** An instrument's name, spelled as in the feed and at the broker. */
export type InstrumentId = string & { readonly __brand: 'InstrumentId' }

/** One generation of a position id: an id that is closed and added again begins the next one. */
export interface GenerationKey {
  readonly positionId: PositionId
  /** From 1. */
  readonly generation: number
}

/** Names a generation, unique within an account. */
export const generationName = ({ positionId, generation }: GenerationKey): string =>
  `${generation} ${positionId}`

/**
 * Brands a non-empty string as a position id. Checks nothing: what comes from outside is checked where it is read.
 *
 * @example
 * ```ts
 * import { instrumentId, positionId } from 'watchkeeper'
 *
 * positionId('btc-1') // => 'btc-1'
 * instrumentId('BTCUSD') // => 'BTCUSD'
 * ```
 */
export const positionId = (id: string): PositionId => id as PositionId

/** Brands a non-empty string as an instrument's name, spelled as in the feed; see `positionId`. */
export const instrumentId = (name: string): InstrumentId => name as InstrumentId
