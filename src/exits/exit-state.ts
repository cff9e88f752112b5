import type { Execution, RejectionCode } from '../domain/order.ts'
import type { BelowMinimum } from './below-minimum.ts'

/**
 * How others may have changed the holding since `heldBefore` was reported, units in the position's
 * direction: positions that came may have been bought since, those that were released may be sold.
 */
export interface Drift {
  /** Units, below 0 for a loss, that it has changed by at least. */
  readonly least: number
  /** At most; null where it rose by a purchase of unknown size. */
  readonly most: number | null
  /** Units of what was held before that belonged to no position; null where that is not known. */
  readonly spare: number | null
  /** Units that other positions own of it; null where that is not known. */
  readonly others: number | null
  /** Units that orders of released positions may execute at any time. */
  readonly beside?: number
}

/** A holding that others have not changed. */
export const NO_DRIFT: Drift = { least: 0, most: 0, spare: null, others: null }

/** Whether nothing but this order can change the holding. */
export const isAloneIn = ({ beside = 0, ...drift }: Drift): boolean =>
  beside === 0 && isUnchanged(drift)

/** Whether others have not changed the holding, as far as is known. */
export const isUnchanged = ({ least, most }: Pick<Drift, 'least' | 'most'>): boolean =>
  least === 0 && most === 0

/** What is known of an order that may still work. Times are epoch ms. */
interface Known {
  /** When it was accepted, or sent without an answer, or read from the store by a new process. */
  readonly since: number
  /** When the venue first said that it does not work (any more). That does not prove what it executed. */
  readonly notOpenAt?: number
  /** When a cancel was sent, unless its answer said that the order works. */
  readonly cancelledAt?: number
}

/**
 * The outcome of the order is unknown (P6). If it is sent again under the same id, the next state keeps this one in
 * `earlier`: a refusal of the later sending proves nothing about the earlier ones, and takes no evidence away.
 */
export interface OutcomeUnknown extends Known {
  readonly kind: 'unknown'
  /** When the venue first said that it finds no such order. */
  readonly absentAt?: number
  /** When the venue first said that it has rejected the order. */
  readonly rejectedAt?: number
  /** Where sending again is the way to learn the outcome: not before this. */
  readonly notBefore?: number
  /** No earlier sending made an order, which is proved; the last one has no answer yet. */
  readonly hasNotLived?: true
}

/** Why an attempt has not left yet. */
interface Unsent {
  /** Epoch ms. */
  readonly notBefore: number
  /** It was worth less than the smallest order when that was first found; it waits for another price. */
  readonly below?: BelowMinimum
  /** Its limit needs a price, and none was known when it was to be sent. */
  readonly isPriceless?: true
}

/** The value of an exit that is below the smallest order; undefined: it is not, or that is not known. */
export const belowOf = (state: ExitState): BelowMinimum | undefined =>
  state.kind === 'intending' || state.kind === 'intended' ? state.below : undefined

/** Whether an exit waits for a price that the limit of its order needs. */
export const isPriceless = (state: ExitState): boolean =>
  state.kind === 'intended' && state.isPriceless === true

/**
 * How far an exit has come; drawn in docs/exits.md. A state that is not final is `unknown` after it was read from the
 * store, and after a restart of the gateway: bytes that were sent before may still arrive.
 */
export type ExitState =
  /** The present attempt is not durable yet, so nothing of it may leave. */
  | ({ readonly kind: 'intending' } & Unsent)
  /** Durable; to be sent. */
  | ({ readonly kind: 'intended' } & Unsent)
  /** The order waits at the call desk and has not left. Never read from the store. */
  | { readonly kind: 'queued'; readonly since: number; readonly earlier?: OutcomeUnknown }
  /** The order has left and its answer has not come. Never read from the store. */
  | { readonly kind: 'sending'; readonly earlier?: OutcomeUnknown }
  | ({ readonly kind: 'acknowledged' } & Known)
  | ({ readonly kind: 'partly-filled' } & Known)
  | OutcomeUnknown
  /** The venue refused this attempt: its order never existed. The next attempt is made at `retryAt`. */
  | {
      readonly kind: 'rejected'
      readonly code: RejectionCode | 'ended'
      readonly since: number
      readonly retryAt: number
    }
  /**
   * The venue has an order of this id that this store did not send; nothing of it is booked. A new
   * attempt is made from `retryAt` on, after the order is over (`overAt`: when that was first reported) and
   * the holding was asked for by name. `by`: how it was found.
   */
  | {
      readonly kind: 'foreign'
      readonly by: 'duplicate' | 'look-up'
      readonly since: number
      readonly retryAt: number
      readonly overAt?: number
    }
  /**
   * All of it is executed; nothing is sent again. `earlier`: what the attempts before the last one have
   * executed; records of earlier versions lack it. `isContradicted`: the holding shows no fill.
   */
  | {
      readonly kind: 'filled'
      readonly at: number
      readonly earlier?: Execution
      readonly isContradicted?: true
    }
  /** Over. `gone`: the holding proves it. `dust`: what is left is too little for an order. */
  | { readonly kind: 'flat'; readonly at: number; readonly by: 'fill' | 'gone' | 'dust' }

/** The state of an order that the venue may still report on. */
export type Followed = Extract<ExitState, { kind: 'acknowledged' | 'partly-filled' | 'unknown' }>

/** Whether the venue may still report on the order. */
export const isFollowed = (state: ExitState): state is Followed =>
  state.kind === 'acknowledged' || state.kind === 'partly-filled' || state.kind === 'unknown'
