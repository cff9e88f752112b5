import type { Request, RequestHandler, Response, Router } from 'express'
import { accountParts } from '../domain/account-name.ts'
import { expectedWord } from '../domain/closest-name.ts'
import { WatchkeeperError } from '../errors.ts'
import type { Control } from '../ports/control.ts'
import { badInput } from './route.ts'

/** Stands for every account in an address; no account has it as its name. */
export const ALL = 'all'

/** What is served for one name below `/api/accounts/`. */
export type AccountRouter = (control: Control, name: string) => Router

/**
 * Serves `/api/accounts/acme/…` as `/api/…` of that account alone. Throws ACCOUNT_UNKNOWN for the name of none.
 */
export function accountPaths(control: Control, routerOf: AccountRouter): RequestHandler {
  const routers = new Map<string, Router>()
  for (const [name, each] of accountsOf(control)) routers.set(name, routerOf(each, name))
  if (control.everything !== undefined) routers.set(ALL, routerOf(control.everything, ALL))
  return (request: Request, response: Response, next) => {
    const found = /^\/([^/?]+)(\/[^?].*)$/.exec(request.url)
    if (found === null) return next()
    const name = decoded(found[1]!)
    const router = routers.get(name)
    if (router === undefined) throw unknownAccount(control, name)
    request.url = `/api${found[2]!}`
    router(request, response, next)
  }
}

/** The accounts of a service by name; one that the configuration does not name is `main`. */
export const accountsOf = (control: Control): ReadonlyMap<string, Control> =>
  control.accounts ?? new Map([['main', control]])

/** The control of an account. @throws WatchkeeperError ACCOUNT_UNKNOWN. */
export function accountNamed(control: Control, name: string): Control {
  const found = accountsOf(control).get(name)
  if (found === undefined) throw unknownAccount(control, name)
  return found
}

/**
 * Checks the name of an account by which a list is filtered, where the configuration names its accounts.
 *
 * @throws WatchkeeperError ACCOUNT_UNKNOWN.
 */
export function assertAccountKnown({ accounts }: Control, given: string | undefined): void {
  if (accounts === undefined || given === undefined) return
  const { name } = accountParts(given)
  if (!accounts.has(name)) throw unknownIn(accounts, name)
}

/** A request body, and the account that it is about. */
export interface Addressed {
  readonly control: Control
  readonly body: Readonly<Record<string, unknown>>
}

/**
 * Reads `account` of a body: the name of the account that it is about, and the venue's word for a part of it behind
 * a slash. `at`: the account whose address the request came to.
 *
 * @throws WatchkeeperError ACCOUNT_REQUIRED, ACCOUNT_UNKNOWN; InputError for an account that is not the one of the
 * address.
 */
export function addressed(
  control: Control,
  body: Readonly<Record<string, unknown>>,
  at?: string,
): Addressed {
  const { accounts } = control
  const { account: given, ...position } = body
  if (accounts === undefined && at === undefined) return { control, body }
  if (given === undefined) {
    if (at !== undefined) return { control, body }
    if (accounts!.size === 1) return { control: [...accounts!.values()][0]!, body }
    const names = [...accounts!.keys()].join(', ')
    const text = `this service guards several accounts: name one of ${names} as account`
    throw new WatchkeeperError('ACCOUNT_REQUIRED', text)
  }
  if (typeof given !== 'string') throw badInput('account', given, 'the name of an account')
  const { name, part } = accountParts(given)
  if (at !== undefined && name !== at) throw badInput('account', given, `${at}, as in the address`)
  const own = part === undefined ? position : { ...position, account: part }
  return { control: at === undefined ? accountNamed(control, name) : control, body: own }
}

const unknownAccount = (control: Control, name: string): WatchkeeperError =>
  unknownIn(accountsOf(control), name)

function unknownIn(accounts: ReadonlyMap<string, Control>, name: string): WatchkeeperError {
  const expected = expectedWord(name, [...accounts.keys()])
  const text = `no account ${JSON.stringify(name)}: expected ${expected}`
  return new WatchkeeperError('ACCOUNT_UNKNOWN', text)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
