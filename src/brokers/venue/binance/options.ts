import type { z } from 'zod'
import { accountSettings, venueSchema, type AdapterRun } from '../options.ts'
import { BinanceBroker } from './broker.ts'
import { capabilitiesOf } from './capabilities.ts'
import { STREAM_HOSTS } from './quote-stream.ts'

const LIVE = 'https://fapi.binance.com'
/** The host of spot trading manages the keys of all products; test networks have none. */
const LIVE_KEYS = 'https://api.binance.com'

export const binanceSchema = venueSchema({
  kind: 'binance',
  hosts: {
    testnet: 'https://testnet.binancefuture.com',
    demo: 'https://demo-fapi.binance.com',
    live: LIVE,
  },
  streams: STREAM_HOSTS,
  capabilitiesOf,
})

/** The configured account. */
export const binanceBroker = (
  config: z.output<typeof binanceSchema>,
  run: AdapterRun = {},
): BinanceBroker =>
  new BinanceBroker({
    ...accountSettings(config, run),
    permissionsUrl:
      config.environment !== 'live' ? undefined : config.url === LIVE ? LIVE_KEYS : config.url,
  })
