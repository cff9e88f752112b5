import type { z } from 'zod'
import { accountSettings, venueSchema, type AdapterRun } from '../options.ts'
import { ACCOUNT_STREAM_HOSTS } from './account-stream.ts'
import { BybitBroker } from './broker.ts'
import { capabilitiesOf } from './capabilities.ts'

export const bybitSchema = venueSchema({
  kind: 'bybit',
  hosts: {
    testnet: 'https://api-testnet.bybit.com',
    demo: 'https://api-demo.bybit.com',
    live: 'https://api.bybit.com',
  },
  streams: ACCOUNT_STREAM_HOSTS,
  capabilitiesOf,
})

/** The configured account. */
export const bybitBroker = (
  config: z.output<typeof bybitSchema>,
  run: AdapterRun = {},
): BybitBroker => new BybitBroker(accountSettings(config, run))
