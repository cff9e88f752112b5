import type { InstrumentId } from './ids.ts'

/** Streams of one account: its orders and holdings, and the stops that rest at the venue where those are pushed apart. */
export const ACCOUNT_STREAMS = ['account', 'stops'] as const
export type AccountStreamName = (typeof ACCOUNT_STREAMS)[number]

/**
 * What a venue pushes about an account, unasked: a reason to read something now that would be read later, and a
 * proof of nothing. What was pushed while the stream was down is lost, so `up` and `gap` ask for everything.
 */
export type AccountHint =
  /** An order has changed; `clientOrderId` is null where the venue does not name it. */
  | {
      readonly kind: 'order'
      readonly clientOrderId: string | null
      readonly instrument: InstrumentId
    }
  /** A holding has changed, by an order of anyone or without one. */
  | { readonly kind: 'holding'; readonly instrument: InstrumentId }
  /** `stream`: absent where the account has one. */
  | { readonly kind: 'up'; readonly stream?: AccountStreamName }
  | { readonly kind: 'down'; readonly why: string; readonly stream?: AccountStreamName }
  /** The stream goes on, and may have left something out. */
  | { readonly kind: 'gap'; readonly why: string }
  /** A message that could not be read, or that is about nothing that was asked for. */
  | { readonly kind: 'odd'; readonly what: 'syntax' | 'shape' }
