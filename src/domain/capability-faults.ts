import type { Capabilities } from './venue.ts'

/** A claim that cannot be true beside another one. */
export interface CapabilityFault {
  readonly path: keyof Capabilities
  readonly expected: string
}

/** What is contradictory in what a venue claims to prove; empty: nothing. */
export function capabilityFaults({
  lookup,
  lookupKeeps,
  visibilityMs,
}: Pick<Capabilities, 'lookup' | 'lookupKeeps' | 'visibilityMs'>): readonly CapabilityFault[] {
  const faults: CapabilityFault[] = []
  const keepsMs =
    typeof lookupKeeps === 'object' && 'ms' in lookupKeeps ? lookupKeeps.ms : undefined
  if (lookupKeeps !== undefined && lookup !== 'complete') {
    faults.push({ path: 'lookupKeeps', expected: 'lookup: complete beside it' })
  }
  if (keepsMs !== undefined && !(keepsMs > visibilityMs)) {
    const expected = `a longer time than visibilityMs (${visibilityMs}): an order is forgotten before it shows`
    faults.push({ path: 'lookupKeeps', expected })
  }
  return faults
}
