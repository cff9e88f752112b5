import type { z } from 'zod'
import { keySource } from '../key.ts'
import { accountSettings, venueSchema } from '../options.ts'
import { BybitBroker } from './broker.ts'
import { capabilitiesOf } from './capabilities.ts'

export const bybitSchema = venueSchema({
  kind: 'bybit',
  hosts: {
    testnet: 'https://api-testnet.bybit.com',
    demo: 'https://api-demo.bybit.com',
    live: 'https://api.bybit.com',
  },
  capabilitiesOf,
  hasPassphrase: false,
})

/** The configured account. */
export const bybitBroker = (
  config: z.output<typeof bybitSchema>,
  onOddity: (kind: 'quotes') => void = () => undefined,
  stampLagMs = 0,
): BybitBroker =>
  new BybitBroker({ ...accountSettings(config), stampLagMs, key: keySource(config), onOddity })
