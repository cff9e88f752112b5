import type { ActorRegistry } from '../actors/actor-registry.ts'
import type { InstrumentTable } from '../domain/instrument.ts'
import type { Position } from '../domain/position.ts'
import type { ExitReason } from '../domain/reason.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { Registered } from '../ports/state-repository.ts'
import type { Realised } from '../risk/portfolio.ts'
import type { AccountState } from './state.ts'

/** The trade in the journal line that ends a position, so that the journal alone has the whole trade. */
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
  /** Best and worst price while it was guarded, and its first stop; each absent where it is unknown. */
  readonly best?: number
  readonly worst?: number
  readonly firstStop?: number
  readonly tickSize?: number
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

/** The stored part of an exit: why it was decided, and its last order. */
type OrderedExit = Pick<ExitRecord, 'decision' | 'attempt'> & {
  readonly order: { readonly clientOrderId: string }
}

/** Facts of a trade that the row of its position does not have. */
export type TradeFacts = Pick<KeptTrade, 'currency' | 'best' | 'worst' | 'tickSize'>

export interface TradeFactsDeps {
  readonly registry: Pick<ActorRegistry, 'get'>
  readonly state: Pick<AccountState, 'ratchets'>
  readonly instruments: Pick<InstrumentTable, 'of'>
}

/** Best and worst price of a position up to now, from its monitor or from what an earlier process stored, and its tick size. */
export function factsOf(
  { registry, state, instruments }: TradeFactsDeps,
  { position: { id, instrument }, generation }: Pick<Registered, 'position' | 'generation'>,
): TradeFacts {
  const child = registry.get(id)
  const stored = state.ratchets.get(id)
  const reached =
    child?.generation === generation
      ? child.watched.ratchet()
      : stored?.generation === generation
        ? stored
        : undefined
  const { tickSize } = instruments.of(instrument)
  return {
    ...(reached !== undefined && { best: reached.best }),
    ...(reached?.worst !== undefined && { worst: reached.worst }),
    ...(tickSize !== undefined && { tickSize }),
  }
}

/** The currency of a realised profit; absent where none is configured. */
export const currencyOf = (
  realised: Pick<Realised, 'currency'> | undefined,
): Pick<KeptTrade, 'currency'> =>
  realised?.currency === undefined ? {} : { currency: realised.currency }

/** The trade for the line that ends a position: the position and its exit. */
export function tradeOf(
  { position, generation, firstStop }: Pick<Registered, 'position' | 'generation' | 'firstStop'>,
  record: OrderedExit | undefined,
  facts: TradeFacts = {},
): KeptTrade {
  const { instrument, side, account, underlying, entryPrice, multiplier, openedAt } = position
  return {
    instrument,
    side,
    ...(account !== undefined && { account }),
    ...(underlying !== undefined && { underlying }),
    entryPrice,
    multiplier,
    ...(position.contract !== undefined && { contract: position.contract }),
    openedAt,
    generation,
    held: position.quantity,
    ...facts,
    ...(firstStop !== undefined && { firstStop }),
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
