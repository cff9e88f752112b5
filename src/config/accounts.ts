import { join } from 'node:path'
import { accountParts } from '../domain/account-name.ts'
import { expectedName } from '../domain/closest-name.ts'
import { show } from '../domain/shown.ts'
import type { Fault } from '../errors.ts'
import { MAIN } from './account-schema.ts'
import type { ServiceConfig } from './schema.ts'

/** Where accounts other than `main` have a folder of their own, inside the data folder. */
const FOLDER = 'accounts'

/** One account as it is guarded. */
export interface AccountPlan {
  readonly name: string
  /** The configuration as it counts for this account alone: its broker, its feed, its data folder. */
  readonly config: ServiceConfig
  /** Name of its feed. */
  readonly feed: string
}

/** The accounts of a configuration, in its order. */
export interface AccountPlans {
  readonly all: readonly AccountPlan[]
  /** Whether the configuration names its accounts: otherwise nothing shows the name of the only one. */
  readonly areNamed: boolean
}

/** The accounts of a configuration whose references are checked. */
export function accountsOf(config: ServiceConfig): AccountPlans {
  const sections = Object.entries(config.accounts)
  if (sections.length === 0) {
    return { all: [{ name: MAIN, config, feed: MAIN }], areNamed: false }
  }
  const feeds = feedsOf(config)
  const all = sections.map(([name, section]): AccountPlan => {
    const feed = section.feed ?? onlyFeed(feeds) ?? MAIN
    const own: ServiceConfig = {
      ...config,
      dataFolder: name === MAIN ? config.dataFolder : join(config.dataFolder, FOLDER, name),
      feed: feeds.get(feed) ?? config.feed,
      broker: section.broker,
      mode: section.mode ?? config.mode,
      acceptUnprovable: section.acceptUnprovable ?? config.acceptUnprovable,
      gateway: section.gateway ?? config.gateway,
      portfolio: section.portfolio ?? config.portfolio,
      holdings: section.holdings ?? config.holdings,
      exits: section.exits ?? config.exits,
      massExit: section.massExit ?? config.massExit,
    }
    return { name, feed, config: own }
  })
  return { all, areNamed: true }
}

/** Names of the accounts, as positions name them; undefined where the configuration names none. */
export function accountNames(config: ServiceConfig): readonly string[] | undefined {
  const { all, areNamed } = accountsOf(config)
  return areNamed ? all.map(({ name }) => name) : undefined
}

/** The feeds of a configuration by name; the section `feed` is the only one where `feeds` is empty. */
export function feedsOf({
  feed,
  feeds,
}: Pick<ServiceConfig, 'feed' | 'feeds'>): ReadonlyMap<string, ServiceConfig['feed']> {
  const named = Object.entries(feeds)
  return named.length === 0 ? new Map([[MAIN, feed]]) : new Map(named)
}

/** The name of the feed where there is one alone. */
const onlyFeed = (feeds: ReadonlyMap<string, unknown>): string | undefined =>
  feeds.size === 1 ? [...feeds.keys()][0] : undefined

/** Which of the sections at the top a configuration has written. */
export interface WrittenSections {
  readonly broker: boolean
  readonly feed: boolean
}

/**
 * Makes the sections at the top the account and the feed `main`, where others are named and they are written.
 * Without names nothing changes.
 */
export function withMain(config: ServiceConfig, written: WrittenSections): ServiceConfig {
  const { accounts, feeds, broker, feed } = config
  const hasAccounts = Object.keys(accounts).length > 0
  const hasFeeds = Object.keys(feeds).length > 0
  return {
    ...config,
    ...(hasFeeds && written.feed && { feeds: { [MAIN]: feed, ...feeds } }),
    ...(hasAccounts && written.broker && { accounts: { [MAIN]: { broker }, ...accounts } }),
  }
}

/** What is wrong with the names of accounts and feeds, before `withMain`. */
export function namesTwice(
  { accounts, feeds }: Pick<ServiceConfig, 'accounts' | 'feeds'>,
  written: WrittenSections,
): readonly Fault[] {
  const again = (section: 'broker' | 'feed', path: string): Fault => ({
    path,
    found: `${show(MAIN)} again: the section ${section} at the top is ${MAIN}`,
    expected: 'it in one place',
  })
  return [
    ...(written.broker && MAIN in accounts ? [again('broker', `accounts.${MAIN}`)] : []),
    ...(written.feed && MAIN in feeds ? [again('feed', `feeds.${MAIN}`)] : []),
  ]
}

/** What is wrong with the feeds that accounts name; an account of two feeds must name one. */
export function feedFaults(config: ServiceConfig): readonly Fault[] {
  const known = [...feedsOf(config).keys()]
  return Object.entries(config.accounts).flatMap(([name, { feed }]): Fault[] => {
    const path = name === MAIN ? 'feed' : `accounts.${name}.feed`
    if (feed === undefined) {
      if (known.length === 1 || known.includes(MAIN)) return []
      return [{ path, found: 'nothing', expected: `the name of a feed: ${known.join(', ')}` }]
    }
    if (known.includes(feed)) return []
    return [{ path, found: `the unknown feed ${show(feed)}`, expected: expectedName(feed, known) }]
  })
}

/**
 * What is wrong with the accounts that webhooks name. Where there are several, a hook of freqtrade names its own; the
 * messages of TradingView may name one each. Without named accounts it is the venue's name of a part.
 */
export function hookFaults(config: ServiceConfig): readonly Fault[] {
  const known = accountNames(config)
  if (known === undefined) return []
  return config.http.hooks.flatMap(({ account, kind }, index): Fault[] => {
    const path = `http.hooks[${index}].account`
    if (account === undefined) {
      if (known.length === 1 || kind === 'tradingview') return []
      return [{ path, found: 'nothing', expected: `the name of an account: ${known.join(', ')}` }]
    }
    const { name } = accountParts(account)
    if (known.includes(name)) return []
    const found = `the unknown account ${show(name)}`
    return [{ path, found, expected: expectedName(name, known) }]
  })
}

/** What is wrong with the accounts that notification channels name. */
export function channelFaults(config: ServiceConfig): readonly Fault[] {
  const known = accountsOf(config).all.map(({ name }) => name)
  return config.notify.channels.flatMap(({ accounts = [] }, index) =>
    accounts.flatMap((account, at): Fault[] => {
      if (known.includes(account)) return []
      const path = `notify.channels[${index}].accounts[${at}]`
      const found = `the unknown account ${show(account)}`
      return [{ path, found, expected: expectedName(account, known) }]
    }),
  )
}

/** What is wrong with the accounts that advisors name: where there are several, each advisor names one. */
export function advisorFaults(config: ServiceConfig): readonly Fault[] {
  const known = accountsOf(config).all.map(({ name }) => name)
  return config.advisors.flatMap(({ account }, index): Fault[] => {
    const path = `advisors[${index}].account`
    if (account === undefined) {
      if (known.length === 1) return []
      return [{ path, found: 'nothing', expected: `the name of an account: ${known.join(', ')}` }]
    }
    if (known.includes(account)) return []
    const found = `the unknown account ${show(account)}`
    return [{ path, found, expected: expectedName(account, known) }]
  })
}
