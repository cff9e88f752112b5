import type { Capabilities } from '../domain/venue.ts'

/** Capabilities of the simulated venues: they prove everything, immediately. */
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
