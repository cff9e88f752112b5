import type { Plan } from './quantity.ts'
import type { BelowMinimum } from './smallest-order.ts'

/** What can be done for an exit: a call to be made, or something that is known already. */
export type Step =
  | { readonly kind: 'save' | 'send' | 'ask-order' | 'cancel' | 'ask-holding' | 'list-orders' }
  | { readonly kind: 'plan'; readonly plan: Plan }
  | { readonly kind: 'below-minimum'; readonly below: BelowMinimum }
  | { readonly kind: 'retry' }
  | { readonly kind: 'contradicted' }
  | { readonly kind: 'flat'; readonly by: 'fill' | 'dust'; readonly isBelieved?: true }
  | { readonly kind: 'untouched'; readonly isProof: boolean }
  | { readonly kind: 'ended'; readonly quantity: number }

export const ASK_HOLDING: Step = { kind: 'ask-holding' }

export const ASK_ORDER: Step = { kind: 'ask-order' }
