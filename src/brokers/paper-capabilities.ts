import type { Capabilities } from '../domain/venue.ts'

/** What the simulated venues prove: everything, at once. */
export const PAPER_CAPABILITIES: Capabilities = {
  dedupe: 'always',
  lookup: 'complete',
  reduceOnly: true,
  holdings: 'sides',
  visibilityMs: 0,
  clientOrderIdLength: 64,
  styles: ['market'],
  limits: [],
}
