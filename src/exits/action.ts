import type { BelowMinimum } from './below-minimum.ts'
import type { ExitEvent } from './events.ts'
import type { Plan } from './plan.ts'

/** An action of an exit: a call to make, or an event that is already known. */
export type Action =
  | { readonly kind: 'save' | 'send' | 'ask-order' | 'cancel' | 'ask-holding' | 'list-orders' }
  /** The same for an order of an earlier attempt. */
  | { readonly kind: 'ask-past' | 'cancel-past' }
  | { readonly kind: 'plan'; readonly plan: Plan }
  | { readonly kind: 'below-minimum'; readonly below: BelowMinimum }
  /** The limit of the order needs a price, and none is known. */
  | { readonly kind: 'priceless' }
  | { readonly kind: 'retry' }
  | { readonly kind: 'contradicted' }
  | { readonly kind: 'flat'; readonly by: 'fill' | 'dust'; readonly isBelieved?: true }
  | { readonly kind: 'untouched'; readonly isProof: boolean }
  | { readonly kind: 'ended'; readonly quantity: number }

/** Query the holding by name. */
export const ASK_HOLDING: Action = { kind: 'ask-holding' }

/** Look the order up. */
export const ASK_ORDER: Action = { kind: 'ask-order' }

/** Cancel the order. */
export const CANCEL: Action = { kind: 'cancel' }

/** The event of an action that needs no call; undefined: it is a call. */
export function eventOf(action: Action, now: number): ExitEvent | undefined {
  switch (action.kind) {
    case 'plan':
      return { kind: 'planned', plan: action.plan, at: now }
    case 'below-minimum':
    case 'priceless':
    case 'retry':
    case 'contradicted':
    case 'flat':
    case 'untouched':
    case 'ended':
      return { ...action, at: now }
    case 'save':
    case 'send':
    case 'ask-order':
    case 'cancel':
    case 'ask-past':
    case 'cancel-past':
    case 'ask-holding':
    case 'list-orders':
      return undefined
  }
}
