import { accountsOf, feedsOf } from '../config/accounts.ts'
import type { PositionEntry } from '../config/position-reader.ts'
import type { ServiceConfig } from '../config/schema.ts'
import { foreignIn } from '../domain/feed-instrument.ts'
import type { InstrumentId } from '../domain/ids.ts'
import { show } from '../domain/shown.ts'

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
    const { guardedIn, position } = entry
    const own = guardedIn === undefined ? undefined : ownFeeds.get(guardedIn)
    if (own === undefined) return []
    return [...underlyingsOf(entry)].flatMap(name => {
      const found = foreignIn(name, feed => feeds.has(feed))
      if (found === undefined) return []
      const head = `${guardedIn}/${position.id}: underlying: found ${show(name)}`
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

/** The instruments that a position watches besides its own. */
function underlyingsOf({ position, ruleSet }: PositionEntry): ReadonlySet<InstrumentId> {
  const watched = ruleSet.rules.map(rule =>
    rule.kind === 'underlying' ? rule.instrument : undefined,
  )
  const named = [position.underlying, ...watched]
  return new Set(named.filter((name): name is InstrumentId => name !== undefined))
}
