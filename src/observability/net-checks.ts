import { counted, type Draft, type Trouble } from './checks.ts'

/** Stops of positions that rest at the venue, as health shows them. */
export interface NetFacts {
  /** Positions that their stops at the venue protect alone. */
  readonly venueAlone: readonly Trouble[]
  /** Stops in the format of nets that belong to no position of this store. */
  readonly orphans: readonly Trouble[]
  /** The venue bounds an orphan by what is held: it opens no position. */
  readonly areOrphansBound: boolean
  /** Nets whose end nothing has proved for long after a cancel. */
  readonly unproved: readonly Trouble[]
  /** Positions whose rules ask for a net and that have none, and why. */
  readonly without: readonly Trouble[]
}

/** Checks the stops that rest at the venue. */
export const netChecks = (facts: NetFacts): Record<string, Draft> => ({
  'nets:venue-alone': counted('component', facts.venueAlone, 'warn'),
  'nets:orphans': counted('component', facts.orphans, facts.areOrphansBound ? 'warn' : 'fail'),
  'nets:unproved': counted('component', facts.unproved, 'fail'),
  'nets:missing': counted('component', facts.without, 'warn'),
})
