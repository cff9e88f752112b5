import { z } from 'zod'
import type { Capabilities } from '../../ports/broker.ts'
import { faultOfUrl, isInTheClear } from '../http/options.ts'
import type { PositionMode } from './account.ts'

/** How a venue is configured: where it is, and what it can prove. */
interface VenueDescription<Kind extends string, Environment extends string> {
  readonly kind: Kind
  /** Addresses by environment. */
  readonly hosts: Readonly<Record<Environment, string>>
  readonly capabilitiesOf: (mode: PositionMode) => Capabilities
  readonly hasPassphrase: boolean
}

const ms = z.number().int().positive().max(600_000)
const secret = z.string().min(1).max(1_000).exactOptional()

const fields = {
  /**
   * The key itself comes from the environment (WATCHKEEPER_BROKER_KEY, WATCHKEEPER_BROKER_SECRET) or
   * from a file that its owner alone can read; a configuration file that holds it is refused.
   */
  key: secret,
  secret,
  passphrase: secret,
  keyFile: z.string().min(1).exactOptional(),
  /** Whether the account nets each instrument, or holds longs and shorts side by side. */
  positionMode: z.enum(['one-way', 'hedge']).default('one-way'),
  /** Another address of the venue, such as that of a region. */
  url: z
    .string()
    .superRefine((text, context) => {
      const fault = faultOfUrl(text)
      if (fault !== undefined) context.addIssue(fault)
    })
    .refine(url => !isInTheClear(url), 'an address with https:')
    .exactOptional(),
  /** A request that reaches the venue later than this is refused there, ms. */
  recvWindowMs: z.number().int().min(1_000).max(60_000).default(5_000),
  connectTimeoutMs: ms.default(2_000),
  timeoutMs: ms.default(10_000),
  answerBytes: z.number().int().min(1024).max(67_108_864).default(33_554_432),
  /** Longest wait for one answer, ms. */
  callTimeoutMs: ms.default(5_000),
}

/** Where a key is expected, for a person. */
export const KEY_EXPECTED =
  'broker.keyFile, or WATCHKEEPER_BROKER_KEY and WATCHKEEPER_BROKER_SECRET in the environment'

/** Section of the configuration that describes an account at a venue. */
export function venueSchema<const Kind extends string, const Environment extends string>({
  kind,
  hosts,
  capabilitiesOf,
  hasPassphrase,
}: VenueDescription<Kind, Environment>) {
  const environments = Object.keys(hosts) as [Environment, ...Environment[]]
  return z
    .strictObject({
      kind: z.literal(kind),
      environment: z.enum(environments, { error: `typed out: ${environments.join(' or ')}` }),
      ...fields,
    })
    .superRefine((given, context) => {
      const hasKey = given.key !== undefined && given.secret !== undefined
      if (hasKey === (given.keyFile !== undefined))
        context.addIssue({ code: 'custom', path: ['keyFile'], message: KEY_EXPECTED })
      if (hasKey && hasPassphrase && given.passphrase === undefined) {
        const message = 'the passphrase of the key, as WATCHKEEPER_BROKER_PASSPHRASE'
        context.addIssue({ code: 'custom', path: ['passphrase'], message })
      }
    })
    .transform(given => ({
      ...given,
      url: given.url ?? hosts[given.environment],
      capabilities: capabilitiesOf(given.positionMode),
    }))
}
