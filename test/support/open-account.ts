import type { Account } from '../../src/account/account.ts'
import { openAccount as open } from '../../src/account/open.ts'
import type { AccountOptions, Venue } from '../../src/account/options.ts'
import { SendPermission } from '../../src/account/send-permission.ts'
import type { AccountRepository } from '../../src/account/state-writer-options.ts'
import { AccountState } from '../../src/account/state.ts'
import type { Quotes } from '../../src/ports/quotes.ts'
import { PriceBoard } from '../../src/risk/price-board.ts'

type Made = 'state' | 'permission' | 'board' | 'venue' | 'keeper'

export interface OpenAccountOptions extends Omit<AccountOptions, Made> {
  readonly keeper: AccountRepository
  /** Makes the venue, which may read the prices that have arrived. */
  readonly venue: (quotes: Quotes) => Venue
  /** Whether this process owns the store; default: always. */
  readonly isStoreOurs?: () => boolean
}

/** Opens an account with the state of its repository, in the order in which the service does it. */
export async function openAccount({
  keeper,
  venue,
  isStoreOurs,
  ...options
}: OpenAccountOptions): Promise<Account> {
  const state = await AccountState.inTurns(await keeper.load())
  const board = new PriceBoard()
  const permission = new SendPermission(state, isStoreOurs)
  return open({ ...options, keeper, state, board, permission, venue: venue(board) })
}
