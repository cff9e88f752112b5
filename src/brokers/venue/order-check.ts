import type { VenueClient } from './client.ts'
import type { VenueRequest } from './line.ts'
import { rejectionOf } from './meaning.ts'

/** What a venue says of an order that it checks and does not place. */
export type OrderCheck =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly text: string }
  /** The venue checks no order of this account, or has not answered. */
  | { readonly kind: 'unknown'; readonly text: string }

/** How a venue checks an order. */
export interface Checking {
  /** As `checkRequest` of the venue makes it. */
  readonly request: VenueRequest
  /** Whether the value of a successful answer is about the order. */
  isAnswer(value: unknown): boolean
  /** Code with which the venue refuses to check orders of an account. */
  readonly notOffered?: string
}

/** Asks a venue to check an order; nothing is placed. Never rejects but for an aborted signal. */
export async function orderCheck(
  client: VenueClient,
  { request, isAnswer, notOffered }: Checking,
  signal: AbortSignal,
): Promise<OrderCheck> {
  try {
    const answer = await client.ask(request, signal)
    if (answer.kind === 'answer') {
      const text = `${request.path} was answered with something else`
      return isAnswer(answer.value) ? { kind: 'accepted' } : { kind: 'unknown', text }
    }
    const { code, message: text } = answer
    const isOffered = code === undefined || code !== notOffered
    return { kind: isOffered && rejectionOf(answer) !== undefined ? 'refused' : 'unknown', text }
  } catch (error) {
    signal.throwIfAborted()
    return { kind: 'unknown', text: error instanceof Error ? error.message : String(error) }
  }
}
