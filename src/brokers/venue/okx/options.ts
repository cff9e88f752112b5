import type { z } from 'zod'
import { accountSettings, venueSchema, type AdapterRun } from '../options.ts'
import { OkxBroker } from './broker.ts'
import { capabilitiesOf } from './capabilities.ts'
import { STREAM_HOSTS } from './quote-stream.ts'

/**
 * Demo and live trading share an address; a header selects one, and a key belongs to one of them.
 */
const HOST = 'https://www.okx.com'

export const okxSchema = venueSchema({
  kind: 'okx',
  hosts: { demo: HOST, live: HOST },
  streams: STREAM_HOSTS,
  capabilitiesOf,
})

/** The configured account. */
export const okxBroker = (config: z.output<typeof okxSchema>, run: AdapterRun = {}): OkxBroker =>
  new OkxBroker({
    ...accountSettings(config, run),
    isSimulated: config.environment === 'demo',
  })
