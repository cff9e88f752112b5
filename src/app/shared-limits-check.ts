import { withDefault } from '../calls/gate.ts'
import type { AccountPlan, AccountPlans } from '../config/accounts.ts'
import type { ServiceConfig } from '../config/schema.ts'
import { expectedName } from '../domain/closest-name.ts'
import { show } from '../domain/shown.ts'
import type { CallLimit } from '../domain/venue.ts'
import type { Fault } from '../errors.ts'
import { capabilitiesOf } from './plugins.ts'

/** An account that shares limits with others, and these limits. */
interface Sharer {
  readonly name: string
  readonly shared: string
  readonly path: string
  readonly pace: ServiceConfig['gateway']['throttle']
  readonly limits: readonly CallLimit[]
}

/** Faults of the limits that accounts share: each account must state them, with the same numbers. */
export function sharedLimitFaults({ all }: AccountPlans): readonly Fault[] {
  const faults = all.flatMap(unknownNames)
  const first = new Map<string, Sharer>()
  for (const sharer of all.flatMap(sharersOf)) {
    for (const limit of sharer.limits) {
      const key = `${sharer.shared}\n${limit.name}`
      const other = first.get(key)
      if (other === undefined) {
        first.set(key, sharer)
        continue
      }
      const wanted = other.limits.find(({ name }) => name === limit.name)!
      if (numbersOf(limit, sharer) === numbersOf(wanted, other)) continue
      faults.push({
        path: sharer.path,
        found: `the limit ${show(limit.name)} shared as ${show(sharer.shared)} with other numbers than those of the account ${other.name}`,
        expected: 'the same published numbers, groups and gateway.throttle at every account of it',
      })
    }
  }
  return faults
}

/** Warnings about limits that are called shared and that one account alone has, one line each. */
export function sharedByOne({ all }: AccountPlans): readonly string[] {
  const sharers = all.flatMap(sharersOf)
  return sharers
    .filter(({ shared }) => sharers.filter(each => each.shared === shared).length === 1)
    .map(({ path, shared }) => `${path}.shared: no other account shares ${shared}`)
}

function sharersOf({ name, config }: AccountPlan): Sharer[] {
  const { broker, gateway } = config
  const given = gateway.limits
  if (broker.kind === 'paper' || given === undefined) return []
  const limits = withDefault(capabilitiesOf(broker).limits)
  const { shared, names } = given
  const own = limits.filter(limit => names?.includes(limit.name) !== false)
  return [{ name, shared, path: pathOf(name), pace: gateway.throttle, limits: own }]
}

const pathOf = (account: string): string => `accounts.${account}.gateway.limits`

function unknownNames({ name, config: { broker, gateway } }: AccountPlan): Fault[] {
  if (broker.kind === 'paper') return []
  const known = withDefault(capabilitiesOf(broker).limits).map(limit => limit.name)
  return (gateway.limits?.names ?? []).flatMap((given, index) => {
    if (known.includes(given)) return []
    const found = `${show(given)}, which the broker has no limit of`
    const path = `${pathOf(name)}.names[${index}]`
    return [{ path, found, expected: expectedName(given, known) }]
  })
}

const numbersOf = (
  { groups, perSecond, perMinute, perHour, perDay }: CallLimit,
  { pace }: Sharer,
): string =>
  JSON.stringify([
    groups.toSorted(),
    perSecond,
    perMinute,
    perHour,
    perDay,
    pace.startRate,
    pace.maxRate,
  ])
