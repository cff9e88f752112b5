import { accountsOf, feedsOf } from '../config/accounts.ts'
import type { PositionEntry } from '../config/position-reader.ts'
import type { ServiceConfig } from '../config/schema.ts'
import { inAccount } from '../domain/account-name.ts'
import { foreignIn } from '../domain/feed-instrument.ts'
import { show } from '../domain/shown.ts'
import { watchedBy } from '../risk/rule.ts'

/**
 * Positions whose underlying would never have a price, although its name begins with that of a feed: the account's own
 * feed knows it without the prefix, and quotes that each account asks of its broker are read by no other account.
 */
export function feedWarnings(
  config: ServiceConfig,
  entries: readonly PositionEntry[],
): readonly string[] {
  const feeds = feedsOf(config)
  const ownFeeds = new Map(accountsOf(config).all.map(({ name, feed }) => [name, feed]))
  return entries.flatMap(entry => {
    const { guardedIn, position, ruleSet } = entry
    const own = guardedIn === undefined ? undefined : ownFeeds.get(guardedIn)
    if (own === undefined) return []
    return [...new Set([position.underlying, watchedBy(ruleSet, position)])].flatMap(name => {
      const found = name === undefined ? undefined : foreignIn(name, feed => feeds.has(feed))
      if (found === undefined) return []
      const head = `${inAccount(position.id, guardedIn)}: underlying: found ${show(name)}`
      const { feed, instrument } = found
      if (feed === own) return [`${head}, expected ${show(instrument)}, as ${feed} is its own feed`]
      const kind = feeds.get(feed)!.kind
      if (kind !== 'poll' && kind !== 'broker') return []
      return [
        `${head}, expected a feed that accounts share: ${feed} (${kind}) is read from the broker of each`,
      ]
    })
  })
}
