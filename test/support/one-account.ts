import { openParts, type ServiceParts } from '../../src/app/build.ts'
import type { GuardedAccount } from '../../src/app/guarded-account.ts'
import type { TrustedOptions } from '../../src/app/options.ts'

/** The parts of a service with one account, and those of the account beside them. */
export type OneAccount = Omit<ServiceParts, 'rows'> &
  GuardedAccount['deps'] &
  Pick<GuardedAccount, 'account'>

/** Opens the parts of a service whose configuration has one account. */
export async function openOneAccount(options: TrustedOptions): Promise<OneAccount> {
  const parts = await openParts(options)
  const [only] = parts.accounts
  return { ...parts, ...only!.deps, account: only!.account }
}
