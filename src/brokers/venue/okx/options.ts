import type { z } from 'zod'
import { keySource } from '../key.ts'
import { accountSettings, venueSchema } from '../options.ts'
import { OkxBroker } from './broker.ts'
import { capabilitiesOf } from './capabilities.ts'

/**
 * Demo and live trading share an address; a header selects one, and a key belongs to one of them.
 */
const HOST = 'https://www.okx.com'

export const okxSchema = venueSchema({
  kind: 'okx',
  hosts: { demo: HOST, live: HOST },
  capabilitiesOf,
  hasPassphrase: true,
})

/** The configured account. */
export const okxBroker = (
  config: z.output<typeof okxSchema>,
  onOddity: (kind: 'quotes') => void = () => undefined,
  stampLagMs = 0,
): OkxBroker =>
  new OkxBroker({
    ...accountSettings(config),
    stampLagMs,
    key: keySource(config),
    isSimulated: config.environment === 'demo',
    onOddity,
  })
