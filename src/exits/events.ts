import type { ClientOrderId, ExitAnswer, OrderState } from '../domain/order.ts'
import type { BelowMinimum } from './below-minimum.ts'
import type { Plan } from './plan.ts'

/** How others change a holding, units > 0. `risen`: units that belong to no position were bought. */
export type HoldingChange =
  | { readonly kind: 'came' | 'released'; readonly quantity: number }
  | { readonly kind: 'risen' }

/** What happened to an exit: the result of a call or a query, or a conclusion from a holding. Times are epoch ms. */
export type ExitEvent = { readonly at: number } & (
  | { readonly kind: 'recorded' }
  /** The present attempt is planned; the plan is not durable yet. */
  | { readonly kind: 'planned'; readonly plan: Plan }
  /** What is left to sell is worth less than the smallest order of the venue. */
  | { readonly kind: 'below-minimum'; readonly below: BelowMinimum }
  /** The limit of the order needs a price, and none is known. */
  | { readonly kind: 'priceless' }
  /** The order waits for its turn to leave. */
  | { readonly kind: 'queued' }
  /** The order leaves. `actBy`: until when the venue takes it, where it keeps such a deadline. */
  | { readonly kind: 'sent'; readonly actBy?: number }
  | { readonly kind: 'answered'; readonly id: ClientOrderId; readonly answer: ExitAnswer }
  /** The order was given back by its queue, nothing left the machine, or the venue took nothing in. */
  | {
      readonly kind: 'not-sent'
      readonly id: ClientOrderId
      readonly code: string
      readonly retryAfterMs?: number | undefined
    }
  | { readonly kind: 'outcome-unknown'; readonly id: ClientOrderId }
  /** What the venue says of an order, asked at `askedAt` or of its own accord. */
  | {
      readonly kind: 'seen'
      readonly id: ClientOrderId
      readonly order: OrderState
      readonly by: 'look-up' | 'cancel' | 'stream'
      readonly askedAt: number
    }
  /** A list of all working orders, asked for at `askedAt`, lacks the order. */
  | { readonly kind: 'not-listed'; readonly id: ClientOrderId; readonly askedAt: number }
  /** The holding shows that nothing was executed; a proof, or enough for a reduce-only order. */
  | { readonly kind: 'untouched'; readonly isProof: boolean }
  /** The holding shows what the order executed, and that it is over. */
  | { readonly kind: 'ended'; readonly quantity: number }
  /** The exit goes on beside the venue's stop, whose end no answer has proved. */
  | { readonly kind: 'net-waived'; readonly id: ClientOrderId }
  /** The wait after a rejection is over. */
  | { readonly kind: 'retry' }
  /** The holding proves that so many units of the position were closed elsewhere. */
  | { readonly kind: 'shrunk'; readonly by: number }
  /** Others have changed the holding that is the evidence for the order. */
  | { readonly kind: 'drifted'; readonly by: HoldingChange }
  /** Two reports of the holding show nothing of what the venue says is filled. */
  | { readonly kind: 'contradicted' }
  /** Nothing is left that could be sold. `isBelieved`: the fill counts, though the holding never showed it. */
  | { readonly kind: 'flat'; readonly by: 'fill' | 'gone' | 'dust'; readonly isBelieved?: true }
)
