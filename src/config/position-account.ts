import { accountParts } from '../domain/account-name.ts'
import { expectedName } from '../domain/closest-name.ts'
import { show } from '../domain/shown.ts'

/** The account of a position. */
export interface AccountOfPosition {
  /** The account that guards it; undefined where the configuration names none. */
  readonly guardedIn?: string
  /** The venue's name of the part of the account that holds it. */
  readonly account?: string
}

/**
 * Reads `account` of a position. Where the configuration names its accounts (`accounts`), it is the name of one,
 * and `acme/A1` the part A1 of acme; the only account need not be named. Without names it is the venue's word.
 */
export function accountOf(
  given: string | undefined,
  accounts: readonly string[] | undefined,
): AccountOfPosition & { readonly fault?: { readonly found: string; readonly expected: string } } {
  if (accounts === undefined) return given === undefined ? {} : { account: given }
  if (given === undefined) {
    const [only, ...others] = accounts
    if (only !== undefined && others.length === 0) return { guardedIn: only }
    return { fault: { found: 'nothing', expected: `one of ${accounts.join(', ')}` } }
  }
  const { name, part } = accountParts(given)
  if (!accounts.includes(name)) {
    const found = `the unknown account ${show(name)}`
    return { fault: { found, expected: expectedName(name, accounts) } }
  }
  return part === undefined ? { guardedIn: name } : { guardedIn: name, account: part }
}
