import { noNetFor } from '../account/no-net.ts'
import { PAPER_ACCOUNT_CAPABILITIES } from '../brokers/paper-capabilities.ts'
import { accountsOf } from '../config/accounts.ts'
import type { PositionEntry } from '../config/position-reader.ts'
import type { ServiceConfig } from '../config/schema.ts'
import { inAccount } from '../domain/account-name.ts'
import { noNetAt } from '../nets/support.ts'
import { compileRuleSet } from '../risk/rule-set.ts'
import { netOf } from '../risk/rules/net.ts'
import { capabilitiesOf } from './plugins.ts'

/** Positions that a warning names; the others are counted. */
const MOST_NAMED = 3

/**
 * Positions whose rules ask for a net and that would have none at the broker of their account, a line for each cause:
 * the broker takes no such stop, or would take none as far from the price as the rules put it at the entry.
 */
export const netWarnings = (
  config: ServiceConfig,
  entries: readonly PositionEntry[],
): readonly string[] =>
  accountsOf(config).all.flatMap(({ name, config: own }) => {
    const guarded = entries.filter(({ guardedIn = name }) => guardedIn === name)
    const byCause = new Map<string, PositionEntry[]>()
    for (const entry of guarded) {
      const cause = causeOf(own, entry)
      if (cause !== undefined) byCause.set(cause, [...(byCause.get(cause) ?? []), entry])
    }
    const adopted = causeOfAdopted(own)
    return [
      ...[...byCause].map(([cause, those]) => `${namesOf(those)}: no net: ${cause}`),
      ...(adopted === undefined ? [] : [`holdings.defaultRules: no net: ${adopted}`]),
    ]
  })

function namesOf(entries: readonly PositionEntry[]): string {
  const named = entries
    .slice(0, MOST_NAMED)
    .map(({ position, guardedIn }) => inAccount(position.id, guardedIn))
  const more = entries.length - named.length
  return [named.join(', '), ...(more > 0 ? [`and ${more} more`] : [])].join(' ')
}

/** Why a position would have no net; undefined: it asks for none, or could have one. */
function causeOf(config: ServiceConfig, { position, ruleSet }: PositionEntry): string | undefined {
  const spec = config.instruments.of(position.instrument)
  return noNetFor({ position, ruleSet }, { ...venueOf(config), spec })
}

/** The same of a holding that is adopted, as far as that does not depend on its price. */
function causeOfAdopted(config: ServiceConfig): string | undefined {
  const { adopt, defaultRules } = config.holdings
  if (adopt !== 'rules' || defaultRules === undefined) return undefined
  const { ruleSet } = compileRuleSet(defaultRules)
  const net = ruleSet && netOf(ruleSet)
  if (net === undefined) return undefined
  const { capabilities, listsOrders } = venueOf(config)
  const lacking = noNetAt({ ...capabilities, listsOrders }, net)
  return lacking === undefined ? undefined : `expected ${lacking}`
}

const venueOf = ({ broker }: ServiceConfig) => ({
  capabilities: broker.kind === 'paper' ? PAPER_ACCOUNT_CAPABILITIES : capabilitiesOf(broker),
  listsOrders: broker.kind !== 'http' || broker.openOrders,
})
