import type { AccountBook } from '../exits/account-book.ts'
import type { KillSwitch } from '../exits/kill-switch.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { NetBook } from '../nets/net-book.ts'
import type { NetRecord } from '../nets/record.ts'
import type { GatewayDeps } from './gateway-deps.ts'
import type { GatewayPast } from './gateway-past.ts'
import type { GatewayRecovery } from './gateway-recovery.ts'

/** The books change in place; a message that sets another field gives a new state. */
export interface GatewayState {
  /** Written by the gateway alone. */
  readonly book: AccountBook
  readonly parts: GatewayDeps
  readonly killSwitch: KillSwitch
  /** Nothing is sent before a person has confirmed what the account holds. */
  readonly isUnconfirmed: boolean
  /** Records that are on their way to the store: they need not be written again. */
  readonly noted: WeakSet<ExitRecord>
  /** Stops of positions that rest at the venue; written by the gateway alone. */
  readonly nets: NetBook
  /** The same as `noted` for records of nets. */
  readonly notedNets: WeakSet<NetRecord>
  readonly recovery: GatewayRecovery
}

/** The first state of a gateway: the book recovers what an earlier process left behind; see `GatewayRecovery`. */
export function gatewayState(
  parts: GatewayDeps,
  { killSwitch, isUnconfirmed }: Pick<GatewayPast, 'killSwitch' | 'isUnconfirmed'>,
  { book, nets, recovery }: Pick<GatewayState, 'book' | 'nets' | 'recovery'>,
): GatewayState {
  return {
    book,
    parts,
    killSwitch,
    isUnconfirmed,
    nets,
    recovery,
    noted: new WeakSet(),
    notedNets: new WeakSet(),
  }
}
