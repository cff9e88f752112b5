import { accountsOf } from '../config/accounts.ts'
import type { ServiceConfig } from '../config/schema.ts'

/** Settings of a broker that say which account there it is; others say how to call it. */
const IDENTITY = [
  'kind',
  'url',
  'environment',
  'token',
  'tokenFile',
  'key',
  'keyFile',
  'name',
  'options',
] as const

/**
 * Names of accounts that are one account at one broker, a line for each: each of them counts the whole holding as its
 * own, so that their exits together may sell more than is held.
 */
export function sameAccountWarnings(config: ServiceConfig): readonly string[] {
  const names = new Map<string, string[]>()
  for (const { name, config: own } of accountsOf(config).all) {
    if (own.broker.kind === 'paper') continue
    const given: Readonly<Record<string, unknown>> = { ...own.broker }
    const identity = JSON.stringify(IDENTITY.map(each => given[each]))
    names.set(identity, [...(names.get(identity) ?? []), name])
  }
  return [...names.values()]
    .filter(({ length }) => length > 1)
    .map(
      same =>
        `accounts ${same.join(', ')}: the same broker and key: each counts the whole holding as its own, and their exits together may sell more than is held`,
    )
}
