import type { InstrumentId } from '../domain/ids.ts'
import type { OrderSpec } from '../domain/instrument.ts'
import type { Position } from '../domain/position.ts'
import type { Faults } from './faults.ts'
import type { Held } from './holding-state.ts'
import type { Notice } from './notices.ts'
import type { ExitSettings } from './settings.ts'
import type { Adoption } from './unowned.ts'

/** The present circumstances of an exit. */
export interface Circumstances {
  /** Epoch ms. */
  readonly now: number
  readonly settings: ExitSettings
  /** Orders of this exit may leave. */
  readonly maySend: boolean
  /** Cancels may leave. */
  readonly mayCancel: boolean
  readonly held: Held | undefined
  /** The holding is no less than what all its positions own. */
  readonly isWhole: boolean
  /** Units of it that belong to no position, in the position's direction, >= 0. */
  readonly spare: number
  /** Units of it that its positions own. */
  readonly owned: number
  /** No position has taken units of it, or left some, since the present attempt was made. */
  readonly areOwnersUnchanged: boolean
  /** Units of the holding that the position may close; undefined where that is not known. */
  readonly allowance: number | undefined
  /** Our own orders and positions have not changed the holding since then. */
  readonly quietSince: number
  /** What is held was asked for by name after the decision, and the answer is recent enough to count. */
  readonly isVerified: boolean
  /** When this process took the exit up. */
  readonly takenUpAt: number
  /** No other exit of the holding is under way whose evidence is the holding. */
  readonly hasLock: boolean
  /** This process has looked the present attempt's order up, whatever came of it. */
  readonly isSought: boolean
  /** The same of the order before it, which may be executed after the venue has said that it is over. */
  readonly isPastSought: boolean
  /** Other positions have their share of the holding. */
  readonly isShared: boolean
  /** Other exits of the holding may execute, or have executed, what is not noted yet; true where that is not known. */
  readonly mayOthersExecute: boolean
  readonly spec: OrderSpec
  readonly position: Pick<Position, 'multiplier' | 'contract'>
  /** The last price in the position's view. */
  readonly price: number | undefined
}

/** What the exits of an account are carried out by. */
export interface ExitsOptions {
  readonly settings: ExitSettings
  specOf(instrument: InstrumentId): OrderSpec
  /** The last price in the position's view. */
  priceOf(position: Pick<Position, 'instrument' | 'side' | 'priceSource'>): number | undefined
  notify(notice: Notice): void
  readonly faults: Faults
}

/** What the book of an account is made with. */
export interface ExitBookOptions extends Omit<ExitsOptions, 'faults'> {
  readonly adopt: Adoption
}

/** What may leave at the moment, for an exit or a net. */
export interface Allowed {
  /** Epoch ms. */
  readonly now: number
  readonly maySend: boolean
  readonly mayCancel: boolean
}
