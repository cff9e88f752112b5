import type { HoldingKey } from '../domain/holding.ts'
import type { GenerationKey, InstrumentId, PositionId } from '../domain/ids.ts'
import type { OrderSpec } from '../domain/instrument.ts'
import type { Position } from '../domain/position.ts'
import type { Faults } from '../exits/faults.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { ExitSettings } from '../exits/settings.ts'
import type { NetNotice } from './notices.ts'

/** What nets read from the exits and holdings of their account. */
export interface NetAccount {
  /** The generation of an open position; undefined where none is open. */
  generationOf(id: PositionId): number | undefined
  /** Units of an open position that are not executed. */
  unitsOf(id: PositionId): number
  exitOf(id: PositionId): ExitRecord | undefined
  /** Whether the exit of a position is durable. */
  isExitDurable(id: PositionId): boolean
  /** Whether the rules of an open position are known, and ask for no net. */
  asksForNone(key: GenerationKey): boolean
  keyOf(position: Position): HoldingKey
  /** Whether the account holds less than its positions own. */
  lacks(key: HoldingKey): boolean
  /** Whether all units of the holding belong to this position. */
  isAlone(id: PositionId): boolean
  /** Whether two reports by name, both later than `since` (epoch ms), show all units that are owned. */
  isWholeSince(id: PositionId, since: number): boolean
}

export interface NetBookOptions {
  readonly settings: Pick<ExitSettings, 'capabilities' | 'listsOrders' | 'storeId' | 'loudAfterMs'>
  readonly account: NetAccount
  readonly faults: Faults
  specOf(instrument: InstrumentId): OrderSpec
  /** The last price in the position's view. */
  priceOf(position: Position): number | undefined
  notify(notice: NetNotice): void
}
