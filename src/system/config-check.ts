import type { ServiceConfig } from '../config/schema.ts'
import { isUnprovable } from '../exits/settings.ts'
import { nextType } from '../exits/order-type.ts'
import { assertProvable } from './broker-of.ts'
import { assertPricesComeFromSomewhere, assertRealPrices } from './prices.ts'

/**
 * Judges what the parts of a configuration mean together, as a start does. Throws WatchkeeperError
 * for what would not start; gives what would, and should be known, a line each.
 */
export function checkConfig(config: ServiceConfig): readonly string[] {
  assertProvable(config)
  assertRealPrices(config)
  assertPricesComeFromSomewhere(config)
  const { broker, feed, mode, exits } = config
  const isReal = broker.kind !== 'paper'
  return [
    ...(isReal && isUnprovable(broker.capabilities)
      ? ['broker.capabilities: nothing proves that an exit is made only once, and that is accepted']
      : []),
    ...(isReal && feed.kind === 'simulated'
      ? ['feed.kind: prices are invented, and the account is not']
      : []),
    ...(isReal && nextType(null, { ...exits, ...broker }) !== exits.style.kind
      ? [
          `exits.style: broker.capabilities.styles lacks ${exits.style.kind}: exits take what it has`,
        ]
      : []),
    ...(mode === 'observe' ? ['mode: observe: nothing would be sent'] : []),
  ]
}
