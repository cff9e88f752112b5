import { LiveSystem } from '../../src/account/account.ts'
import type { LiveOptions, Venue } from '../../src/account/options.ts'
import { SendPermission } from '../../src/account/send-permission.ts'
import { LiveState } from '../../src/account/state.ts'
import type { LiveKeeper } from '../../src/account/state-writer.ts'
import type { Quotes } from '../../src/ports/quotes.ts'
import { PriceBoard } from '../../src/risk/price-board.ts'

type Made = 'state' | 'permission' | 'board' | 'venue' | 'keeper'

export interface OpenLiveOptions extends Omit<LiveOptions, Made> {
  readonly keeper: LiveKeeper
  /** Makes the venue, which may read the prices that have come. */
  readonly venue: (quotes: Quotes) => Venue
  /** Whether this process owns the store; default: always. */
  readonly isStoreOurs?: () => boolean
}

/** Opens an account with what its keeper has, in the order in which the service does it. */
export async function openLive({
  keeper,
  venue,
  isStoreOurs,
  ...options
}: OpenLiveOptions): Promise<LiveSystem> {
  const state = new LiveState(await keeper.load())
  const board = new PriceBoard()
  const permission = new SendPermission(state, isStoreOurs)
  return LiveSystem.open({ ...options, keeper, state, board, permission, venue: venue(board) })
}
