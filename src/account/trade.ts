import type { Position } from '../domain/position.ts'
import type { ExitReason } from '../domain/reason.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { Registered } from '../ports/state-repository.ts'

/** What the line that ends a position keeps of it: the journal alone then holds the whole trade. */
export interface KeptTrade extends Pick<
  Position,
  | 'instrument'
  | 'side'
  | 'account'
  | 'underlying'
  | 'entryPrice'
  | 'multiplier'
  | 'contract'
  | 'openedAt'
> {
  readonly generation: number
  readonly currency?: string
  /** Units held in the end. */
  readonly held: number
  /** The exit that was decided, where one was. */
  readonly exit?: {
    readonly decidedAt: number
    readonly reason: ExitReason
    readonly matched: readonly ExitReason[]
    readonly level: number | null
    readonly decidedPrice: number | null
    readonly clientOrderId: string
    readonly attempts: number
  }
}

/** What is kept of an exit: why it was decided, and its last order. */
type OrderedExit = Pick<ExitRecord, 'decision' | 'attempt'> & {
  readonly order: { readonly clientOrderId: string }
}

/** What the line that ends a position says of it, and of its exit. */
export function tradeOf(
  { position, generation }: Pick<Registered, 'position' | 'generation'>,
  record: OrderedExit | undefined,
  currency?: string,
): KeptTrade {
  const { instrument, side, account, underlying, entryPrice, multiplier, openedAt } = position
  return {
    instrument,
    side,
    ...(account !== undefined && { account }),
    ...(underlying !== undefined && { underlying }),
    ...(currency !== undefined && { currency }),
    entryPrice,
    multiplier,
    ...(position.contract !== undefined && { contract: position.contract }),
    openedAt,
    generation,
    held: position.quantity,
    ...(record !== undefined && { exit: exitOf(record) }),
  }
}

function exitOf({
  decision: { at, reason, matched, level, tick },
  order: { clientOrderId },
  attempt,
}: OrderedExit): NonNullable<KeptTrade['exit']> {
  const decidedPrice = tick?.price ?? null
  return { decidedAt: at, reason, matched, level, decidedPrice, clientOrderId, attempts: attempt }
}
