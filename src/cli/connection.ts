import { Option, type Command } from 'commander'
import { hasKeptData, openKeptData, type KeptData, type StoreLogin } from '../app/offline.ts'
import { WatchkeeperClient } from '../client/watchkeeper-client.ts'
import { UsageError, WatchkeeperError } from '../errors.ts'
import type { CommandContext } from './command.ts'
import { paintFor } from './output.ts'

const DEFAULT_URL = 'http://127.0.0.1:8080'
/** The data folder that a service has where it is given no other. */
const USUAL_FOLDER = 'data'

export interface ConnectionOptions {
  readonly url?: string
  readonly data?: string
}

export interface AccountConnection extends ConnectionOptions {
  readonly account?: string
}

/** Adds the option for the address of the service. */
export const withUrl = (command: Command): Command =>
  command.option('--url <url>', `the running service (default: ${DEFAULT_URL}, or WATCHKEEPER_URL)`)

/** Adds the options for the address of the service and for one of its accounts. */
export const withAccount = (command: Command): Command =>
  withUrl(command).option('--account <name>', 'the account, where the service guards several')

/** Adds the options for the source of data: a running service, or a data folder. */
export const withUrlOrData = (command: Command): Command =>
  withUrl(command).option(
    '--data <folder>',
    'read this data folder, or redis:// address, in place of a service',
  )

/** The same, and the option for one account. */
export const withAccountOrData = (command: Command): Command =>
  withUrlOrData(command).option('--account <name>', 'only this account, where there are several')

/** Adds the options for the output format; the first of the formats is the default. */
export const withFormat = (
  command: Command,
  forms: readonly string[] = ['text', 'json'],
): Command =>
  command
    .addOption(new Option('--format <format>', 'output format').choices(forms).default(forms[0]))
    .addOption(new Option('--json', 'the same as --format json').implies({ format: 'json' }))

/** The output format of a command that prints text or JSON. */
export interface Formatted {
  readonly format: 'text' | 'json'
  /** Sets `format`. */
  readonly json?: boolean
}

/**
 * A client of the selected service.
 *
 * @throws UsageError for an unusable URL or token.
 */
export function clientOf({ url }: ConnectionOptions, context: CommandContext): WatchkeeperClient {
  return accountClientOf({ url, account: undefined }, context)
}

/**
 * A client of one account of the selected service; without a name, of its only account.
 *
 * @throws UsageError for an unusable URL or token.
 */
export function accountClientOf(
  { url, account }: { readonly url?: string | undefined; readonly account?: string | undefined },
  { env }: CommandContext,
): WatchkeeperClient {
  const given = url ?? namedUrl(env) ?? DEFAULT_URL
  return new WatchkeeperClient({
    url: usableUrl(given),
    token: usableToken(env),
    repeats: 0,
    account,
  })
}

/** An empty variable counts as unset, as scripts write it. */
const namedUrl = (env: NodeJS.ProcessEnv): string | undefined => env['WATCHKEEPER_URL'] || undefined

/** Errors name the URL, so one that may contain a secret is refused, and not repeated. */
function usableUrl(given: string): string {
  if (/[@?#]/.test(given)) {
    const found = 'found a URL with @, ? or # (not shown: it may hold a secret)'
    throw new UsageError(
      `${found}, expected one like ${DEFAULT_URL}; a token goes in WATCHKEEPER_HTTP_TOKEN`,
    )
  }
  if (!/^https?:\/\//.test(given) || !URL.canParse(given)) {
    throw new UsageError(
      `found the URL ${JSON.stringify(given)}, expected an address such as http://127.0.0.1:8080`,
    )
  }
  return given
}

/** Refuses a token that no header can carry: the error of the HTTP client would repeat it. */
function usableToken(env: NodeJS.ProcessEnv): string | undefined {
  const token = env['WATCHKEEPER_HTTP_TOKEN'] || undefined
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return token
  const found = 'found a WATCHKEEPER_HTTP_TOKEN with white space or characters beyond ASCII'
  throw new UsageError(`${found} (not shown), expected printable ASCII`)
}

/** Reads the variables that the service also takes its login to Redis from. */
export function storeLogin(env: NodeJS.ProcessEnv): StoreLogin {
  const username = env['WATCHKEEPER_STORE_REDIS_USERNAME'] || undefined
  const password = env['WATCHKEEPER_STORE_REDIS_PASSWORD'] || undefined
  const passwordFile = env['WATCHKEEPER_STORE_REDIS_PASSWORD__FILE'] || undefined
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(passwordFile !== undefined && { passwordFile }),
  }
}

/** Actions for the two sources: a service that answers, and a data folder. */
export interface Sources<Result> {
  live(client: WatchkeeperClient): Promise<Result>
  kept(kept: KeptData): Promise<Result>
}

/**
 * Reads from the service. Where none is named and none answers, reads the data folder, if it has a store, and
 * prints a note. A folder or a URL that is named is the only source.
 */
export async function fromEither<Result>(
  { account, ...given }: ConnectionOptions & { readonly account?: string | undefined },
  context: CommandContext,
  { live, kept }: Sources<Result>,
): Promise<Result> {
  if (given.url !== undefined && given.data !== undefined) {
    throw new UsageError('found --url and --data, expected one of them')
  }
  const login = storeLogin(context.env)
  if (given.data !== undefined) return fromFolder({ place: given.data, login, account }, kept)
  const client = accountClientOf({ url: given.url, account }, context)
  try {
    return await live(client)
  } catch (error) {
    const isNamed = given.url !== undefined || namedUrl(context.env) !== undefined
    const isSilent = error instanceof WatchkeeperError && error.code === 'NO_SERVICE'
    if (isNamed || !isSilent || !hasKeptData(USUAL_FOLDER)) throw error
    const paint = paintFor(context.stderr, context.env)
    context.stderr.write(
      `${paint('dim', `${error.message}: read from the folder ${USUAL_FOLDER}`)}\n`,
    )
    return fromFolder({ place: USUAL_FOLDER, login, account }, kept)
  }
}

async function fromFolder<Result>(
  { place, login, account }: { place: string; login: StoreLogin; account: string | undefined },
  read: (kept: KeptData) => Promise<Result>,
): Promise<Result> {
  const kept = await openKeptData(place, login, account)
  try {
    return await read(kept)
  } finally {
    await kept.close()
  }
}
