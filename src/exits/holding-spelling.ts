import type { Holding, HoldingKey } from '../domain/holding.ts'
import { holdingName } from './holding-state.ts'

/** The holdings that our positions own, by name. */
type Owned = ReadonlyMap<string, { readonly key: HoldingKey }>

/**
 * How our positions name what a venue lists. One with a single account may leave its name out, and our
 * positions may do so where the venue does not: that is one holding still.
 */
export function spelling(
  rows: readonly Pick<Holding, 'account'>[],
  owned: Owned,
): (listed: HoldingKey) => HoldingKey | 'several' {
  const onlyOne = withoutAccounts(owned)
  const ours = new Set(Array.from(owned.values(), ({ key }) => key.account))
  const [ourOnly] = ours.size === 1 ? ours : []
  const isOneAccount = new Set(rows.map(({ account }) => account)).size === 1
  return listed => {
    const { account, ...unnamed } = listed
    if (account === undefined) {
      const spelledOut = ourOnly === undefined ? listed : { ...listed, account: ourOnly }
      return onlyOne.get(holdingName(listed)) ?? spelledOut
    }
    const isNamedByNone = ours.size === 1 && ours.has(undefined)
    if (!isNamedByNone || owned.has(holdingName(listed))) return listed
    if (isOneAccount) return unnamed
    return owned.has(holdingName(unnamed)) ? 'several' : listed
  }
}

function withoutAccounts(owned: Owned): ReadonlyMap<string, HoldingKey | 'several'> {
  const keys = new Map<string, HoldingKey | 'several'>()
  for (const { key } of owned.values()) {
    const { account: _named, ...rest } = key
    const name = holdingName(rest)
    keys.set(name, keys.has(name) ? 'several' : key)
  }
  return keys
}
