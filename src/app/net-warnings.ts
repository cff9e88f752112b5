import { PAPER_ACCOUNT_CAPABILITIES } from '../brokers/paper-capabilities.ts'
import { accountsOf } from '../config/accounts.ts'
import type { PositionEntry } from '../config/position-reader.ts'
import type { ServiceConfig } from '../config/schema.ts'
import { noNetAt } from '../nets/support.ts'
import { distancePct, triggerFor } from '../nets/trigger.ts'
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
    return [...byCause].map(([cause, those]) => `${namesOf(those)}: no net: ${cause}`)
  })

function namesOf(entries: readonly PositionEntry[]): string {
  const named = entries.slice(0, MOST_NAMED).map(({ position }) => position.id)
  const more = entries.length - named.length
  return [named.join(', '), ...(more > 0 ? [`and ${more} more`] : [])].join(' ')
}

/** Why a position would have no net; undefined: it asks for none, or could have one. */
function causeOf(
  { broker, instruments }: ServiceConfig,
  { position, ruleSet }: PositionEntry,
): string | undefined {
  const net = netOf(ruleSet)
  if (net === undefined) return undefined
  const capabilities = broker.kind === 'paper' ? PAPER_ACCOUNT_CAPABILITIES : capabilitiesOf(broker)
  const listsOrders = broker.kind !== 'http' || broker.openOrders
  const lacking = noNetAt({ ...capabilities, listsOrders }, net)
  if (lacking !== undefined) return `expected ${lacking}`
  const { restingStop: venue } = capabilities
  const { maxDistancePct = Infinity } = venue!
  const stop = stopAtEntry({ position, ruleSet })
  if (stop === undefined || maxDistancePct === Infinity) return undefined
  const { side, entryPrice, instrument } = position
  const spec = instruments.of(instrument)
  const trigger = triggerFor({ side, stop, net, venue: venue!, spec })
  const pct = distancePct(trigger, entryPrice)
  return pct > maxDistancePct
    ? `its trigger would lie ${Number(pct.toPrecision(3))} % from the entry price, and the broker takes at most ${maxDistancePct} %`
    : undefined
}

/** The nearest stop of the rules at the entry, price per unit; undefined where they have none yet. */
function stopAtEntry({
  position: given,
  ruleSet,
}: Pick<PositionEntry, 'position' | 'ruleSet'>): number | undefined {
  const { entryPrice, side, openedAt = 0 } = given
  const position = { ...given, openedAt }
  const stops = ruleSet.rules.flatMap(rule => {
    const { stop } = rule.kind === 'levels' ? rule.arm(position, entryPrice, openedAt) : {}
    return stop === undefined ? [] : [stop]
  })
  if (stops.length === 0) return undefined
  return side === 'long' ? Math.max(...stops) : Math.min(...stops)
}
