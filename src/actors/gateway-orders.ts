import type { InstrumentId } from '../domain/ids.ts'
import type { ClientOrderId, OrderState } from '../domain/order.ts'
import { NotSent, RateLimited, Unauthorized, WatchkeeperError } from '../errors.ts'
import type { Leaving, Sender } from '../ports/sender.ts'
import { withDeadline } from './deadline.ts'
import type { GatewayDeps } from './gateway-deps.ts'

/*
 * What calls about an order of an exit and about one of a net have in common. `failed` reports an error of the venue;
 * a call that was never made is none.
 */

type Failed = (error: unknown) => void

/** The call desk keeps what the venue says; an order is ready for its turn before that, ms. */
const LONGEST_RETRY_MS = 1_000

/** Lets an order leave that waits for nothing, and gives it as it leaves. Throws NotSent where it may not. */
export function leave<Order>(leaving: Leaving<Order>): Order {
  if (!leaving.isReady(true)) throw new NotSent('it may not leave now')
  return leaving.left()
}

/** False: the save has failed, and is tried again in the next cycle; nothing has left. */
export async function isSaved(
  { journal }: Pick<GatewayDeps, 'journal'>,
  save: () => Promise<void>,
): Promise<boolean> {
  try {
    await save()
    return true
  } catch (error) {
    // A position that was released or closed in the meantime is no trouble of the store.
    const isOver = error instanceof WatchkeeperError && error.code === 'POSITION_UNKNOWN'
    if (!isOver) journal({ kind: 'store-failed', error })
    return false
  }
}

/** What follows for an order from the error of its send, at `at` (epoch ms). */
export type SendFailed = { readonly id: ClientOrderId; readonly at: number } & (
  | { readonly kind: 'not-sent'; readonly code: string; readonly retryAfterMs?: number }
  | { readonly kind: 'outcome-unknown' }
)

/** Whether the venue took nothing in, or may have. */
export function sendFailed(
  error: unknown,
  { id, at }: Pick<SendFailed, 'id' | 'at'>,
  failed: Failed,
): SendFailed {
  if (error instanceof NotSent) return { kind: 'not-sent', id, code: error.code, at }
  if (error instanceof RateLimited) {
    const retryAfterMs = Math.min(error.retryAfterMs ?? 0, LONGEST_RETRY_MS)
    return { kind: 'not-sent', id, code: error.code, retryAfterMs, at }
  }
  failed(error)
  if (error instanceof Unauthorized) return { kind: 'not-sent', id, code: error.code, at }
  return { kind: 'outcome-unknown', id, at }
}

interface AskedOrder {
  readonly clientOrderId: ClientOrderId
  readonly instrument: InstrumentId
}

/** What the venue says of an order, asked at `askedAt` (epoch ms). */
export interface SeenOrder {
  readonly kind: 'seen'
  readonly id: ClientOrderId
  readonly order: OrderState
  readonly by: 'look-up' | 'cancel'
  readonly askedAt: number
  readonly at: number
}

/** Looks up or cancels an order. Undefined: the question failed; it proves nothing, and is asked again in the next cycle. */
export async function askOrder(
  {
    broker,
    callTimeoutMs,
    now,
  }: Pick<GatewayDeps, 'callTimeoutMs' | 'now'> & {
    readonly broker: Pick<Sender, 'cancel' | 'orderByClientId'>
  },
  { clientOrderId: id, instrument }: AskedOrder,
  { by, failed }: { by: SeenOrder['by']; failed: Failed },
): Promise<SeenOrder | undefined> {
  const askedAt = now()
  try {
    const order = await withDeadline(callTimeoutMs, signal =>
      by === 'cancel'
        ? broker.cancel(id, signal, instrument)
        : broker.orderByClientId(id, signal, instrument),
    )
    return { kind: 'seen', id, order, by, askedAt, at: now() }
  } catch (error) {
    if (!(error instanceof NotSent)) failed(error)
    return undefined
  }
}
