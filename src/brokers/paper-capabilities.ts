import type { ClockReading } from '../domain/venue-facts.ts'
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

/** The account on disk also keeps stop orders; their triggers are compared with the prices of the feed. */
export const PAPER_ACCOUNT_CAPABILITIES: Capabilities = {
  ...PAPER_CAPABILITIES,
  restingStop: {
    kinds: ['stop-market'],
    reserves: false,
    amend: true,
    triggers: ['last'],
    expires: 'ever',
  },
}

/** Its clock is that of this machine. */
export const SAME_CLOCK: ClockReading = { aheadMs: 0, errorMs: 0 }
