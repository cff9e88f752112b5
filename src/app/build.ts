import { SharedLimits } from '../calls/shared-limits.ts'
import { accountsOf, type AccountPlans } from '../config/accounts.ts'
import type { ServiceConfig } from '../config/schema.ts'
import { InputError, WatchkeeperError } from '../errors.ts'
import { Meters } from '../observability/meters.ts'
import type { OwnedStore } from '../ports/store.ts'
import { AccountRows } from '../stores/account-rows.ts'
import { checkConfig } from './config-check.ts'
import type { GuardedAccount } from './guarded-account.ts'
import { assertHookRules } from './hook-rules.ts'
import { openLog, type LineTap } from './log.ts'
import { openGuarded, type ProcessParts } from './open-guarded.ts'
import { settleStore } from './open-store.ts'
import type { TrustedOptions } from './options.ts'
import { PriceWays } from './price-ways.ts'
import { ProcessLines } from './process-lines.ts'
import { waitForStore } from './standby.ts'
import { readPublicVenue, readVenue, type VenueFacts } from './venue-start.ts'

/** The opened and connected parts of a service. */
export interface ServiceParts extends ProcessParts {
  /** In the order of the configuration. */
  readonly accounts: readonly GuardedAccount[]
  /** Journals what is about the process as a whole. */
  readonly own: Pick<ProcessLines, 'note' | 'record' | 'close'>
}

/**
 * Opens the store, then each account with its broker. When it resolves, the positions of an earlier process are watched.
 *
 * @throws InputError, WatchkeeperError ACCOUNT_REMOVED where the store has open positions of an account that the
 * configuration does not have.
 */
export async function openParts(options: TrustedOptions): Promise<ServiceParts> {
  const { config } = options
  checkConfig(config)
  assertHookRules(config.http.hooks, options.ruleSets ?? new Map())
  const plans = accountsOf(config)
  if (options.chaos !== undefined) assertOneAccount(plans)
  // Before anything is opened: an account in the other mode is refused by name.
  const facts = await Promise.all(plans.all.map(({ config: own }) => factsOf(own)))
  const parts = await openProcess(options, plans)
  await assertNoneRemoved(parts)
  const accounts: GuardedAccount[] = []
  for (const [index, plan] of plans.all.entries()) {
    accounts.push(await openGuarded(options, parts, { plan, facts: facts[index]! }))
  }
  parts.rows.opened()
  const own = ProcessLines.of(accounts, { ...options, ...parts })
  // From here on a later process finds the confirmation missing, or need not ask for one.
  await settleStore(parts.store, config)
  parts.store.events = {
    fenced: options.onFatal,
    changed: (kind, detail) => own.note(kind, detail),
    whole: () => {
      return { rows: accounts.flatMap(each => each.whole().rows ?? []) }
    },
  }
  return { ...parts, accounts, own }
}

/** What is read at the venue of an account before it is opened. */
const factsOf = ({ broker, feed }: ServiceConfig): Promise<VenueFacts> =>
  broker.kind === 'paper' ? readPublicVenue({ broker, feed }) : readVenue(broker)

/** A chaos plan names positions by their ids, which several accounts may share. */
function assertOneAccount({ all }: AccountPlans): void {
  if (all.length === 1) return
  const found = `a chaos plan with the accounts ${all.map(({ name }) => name).join(', ')}`
  throw new InputError('the configuration', [
    { path: 'chaos', found, expected: 'one account: a plan names positions by their ids' },
  ])
}

/** The store, what is common to all accounts in it, and what measures and logs. */
async function openProcess(options: TrustedOptions, plans: AccountPlans): Promise<ProcessParts> {
  const { clock, config } = options
  const store = options.store ?? (await waitForStore(options))
  const performance = new Meters(clock)
  const log = await openLog(config, options.log, () => clock.monotonic())
  await performance.keepIn(store)
  const lines: LineTap = { onLine: () => undefined, onLoss: () => undefined }
  const rows = new AccountRows(store, {
    areNamed: plans.areNamed,
    names: plans.all.map(({ name }) => name),
  })
  const ways = new PriceWays(clock)
  return { plans, store, rows, sharedLimits: new SharedLimits(), ways, performance, log, lines }
}

/** Positions that no account guards any more must not be forgotten in silence. */
async function assertNoneRemoved({
  plans,
  rows,
  store,
}: Pick<ProcessParts, 'plans' | 'rows'> & { readonly store: OwnedStore }): Promise<void> {
  const names = new Set(plans.all.map(({ name }) => name))
  const left = [...(await rows.openCounts())].filter(([name]) => !names.has(name))
  if (left.length === 0) return
  await store.close()
  const found = left.map(([name, count]) => `${name} (${count} open)`).join(', ')
  const text = `the store has positions of accounts that the configuration does not have: ${found}`
  const act =
    'put each account back under its name, and exit or release its positions before it is taken out'
  throw new WatchkeeperError('ACCOUNT_REMOVED', `${text}; ${act}`)
}
