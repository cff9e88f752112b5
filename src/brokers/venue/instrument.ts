export type { VenueInstrument } from '../../domain/venue-facts.ts'

/** A number above 0; undefined where a venue writes 0 or an empty text for "no limit". */
export const above0 = (x: number | undefined): number | undefined =>
  x !== undefined && x > 0 ? x : undefined
