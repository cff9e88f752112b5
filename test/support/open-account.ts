import type { Account } from '../../src/account/account.ts'
import { openAccount as open } from '../../src/account/open.ts'
import { STALE_MS, type AccountOptions, type Venue } from '../../src/account/options.ts'
import { PricePlane } from '../../src/account/price-plane.ts'
import { SendPermission } from '../../src/account/send-permission.ts'
import type { AccountRepository } from '../../src/account/state-writer-options.ts'
import { AccountState } from '../../src/account/state.ts'
import type { TickIntakeOptions } from '../../src/account/tick-intake.ts'
import type { TickPath } from '../../src/account/tick-path.ts'
import { TrustedClock } from '../../src/account/trusted-clock.ts'
import type { Quotes } from '../../src/ports/quotes.ts'

type Made = 'state' | 'permission' | 'tickPath' | 'venue' | 'keeper'

export interface OpenAccountOptions extends Omit<AccountOptions, Made> {
  readonly keeper: AccountRepository
  /** Makes the venue, which may read the prices that have arrived. */
  readonly venue: (quotes: Quotes) => Venue
  /** What of its ticks may be evaluated. */
  readonly ticks?: TickIntakeOptions
  /** The path of its ticks, where it shares one; default: one of its own. */
  readonly tickPath?: TickPath
  /** Whether this process owns the store; default: always. */
  readonly isStoreOurs?: () => boolean
}

/** Opens an account with the state of its repository, in the order in which the service does it. */
export async function openAccount({
  keeper,
  venue,
  isStoreOurs,
  ticks = { confirmMs: STALE_MS },
  tickPath: given,
  ...options
}: OpenAccountOptions): Promise<Account> {
  const state = await AccountState.recovered(await keeper.load())
  const clock = TrustedClock.of(options.clock)
  const tickPath = given ?? new PricePlane(clock).open(ticks, options.instruments)
  const permission = new SendPermission(state, isStoreOurs)
  return open({
    ...options,
    clock,
    keeper,
    state,
    tickPath,
    permission,
    venue: venue(tickPath.board),
  })
}
