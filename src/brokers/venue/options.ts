import { z } from 'zod'
import { hasPassphrase, type VenueKind } from '../../domain/venue-kind.ts'
import type { Capabilities } from '../../ports/broker.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Timers } from '../../ports/timers.ts'
import { faultOfUrl, isInTheClear } from '../http/address.ts'
import type { PositionMode } from './account.ts'
import { keySource, type KeyPlace, type KeySource } from './key.ts'
import { measured, readReport } from './report.ts'

/** Where a venue is, and what it can prove. */
interface VenueDescription<Kind extends VenueKind, Environment extends string> {
  readonly kind: Kind
  /** Addresses by environment. */
  readonly hosts: Readonly<Record<Environment, string>>
  /** Addresses of the streams of accounts by environment. */
  readonly streams: Readonly<Record<Environment, string>>
  readonly capabilitiesOf: (mode: PositionMode) => Capabilities
}

const ms = z.number().int().positive().max(600_000)
const secret = (text: string) =>
  z
    .string()
    .min(1)
    .max(1_000)
    .exactOptional()
    .describe(`${text}; in the environment or in \`keyFile\`, refused in a configuration file.`)

/** Another address of a venue. */
export const url = z
  .string()
  .superRefine((text, context) => {
    const fault = faultOfUrl(text)
    if (fault !== undefined) context.addIssue(fault)
  })
  .refine(text => !isInTheClear(text), 'an address with https:')
  .exactOptional()
  .describe('Another address of the venue, such as that of a region; absent: by `environment`.')

/** Another address of a venue's WebSocket streams. */
export const streamUrl = z
  .string()
  .refine(text => {
    const asHttp = text.replace(/^ws/, 'http')
    return asHttp !== text && faultOfUrl(asHttp) === undefined && !isInTheClear(asHttp)
  }, 'an address with wss:')
  .exactOptional()
  .describe('Another address of its WebSocket streams; absent: by `environment`.')

const fields = {
  key: secret('API key'),
  secret: secret('Secret of the key, which signs requests'),
  passphrase: secret('Passphrase of the key, where the venue has one'),
  keyFile: z
    .string()
    .min(1)
    .exactOptional()
    .describe('Path of a file with the key, readable by its owner only (mode 0600).'),
  positionMode: z
    .enum(['one-way', 'hedge'])
    .default('one-way')
    .describe(
      '`one-way`: the account nets each instrument; `hedge`: longs and shorts side by side.',
    ),
  url,
  streamUrl,
  orderStream: z
    .boolean()
    .default(true)
    .describe(
      'Whether changes of orders and holdings are taken from a WebSocket stream. They prove nothing: what they are about is queried at once.',
    ),
  streamHeartbeatMs: ms.min(100).default(15_000).meta({
    unit: 'ms',
    description:
      'Time between two heartbeats of that stream; a connection on which nothing arrived between two is replaced.',
  }),
  acceptWithdrawals: z
    .boolean()
    .default(false)
    .describe(
      'Whether a key that may withdraw is used: without it, nothing starts with such a key, as guarding needs no withdrawals.',
    ),
  report: z
    .string()
    .min(1)
    .exactOptional()
    .describe(
      'Path of a report of `watchkeeper venue test`: what was measured replaces what the venue is assumed to prove.',
    ),
  recvWindowMs: z.number().int().min(1_000).max(60_000).default(5_000).meta({
    unit: 'ms',
    description: 'A request that reaches the venue later than this is refused there.',
  }),
  connectTimeoutMs: ms
    .default(2_000)
    .meta({ unit: 'ms', description: 'Longest wait for a connection.' }),
  timeoutMs: ms.default(10_000).meta({
    unit: 'ms',
    description: 'Longest exchange of the adapter; `callTimeoutMs` bounds how long it counts.',
  }),
  answerBytes: z
    .number()
    .int()
    .min(1024)
    .max(67_108_864)
    .default(33_554_432)
    .meta({ unit: 'bytes', description: 'Longest answer that is read.' }),
  callTimeoutMs: ms.default(5_000).meta({
    unit: 'ms',
    description:
      'Longest wait for one answer, counted from sending the call; then the outcome is unknown and watchkeeper queries the broker.',
  }),
}

/** Where a key is expected, for messages. */
export const KEY_EXPECTED =
  'broker.keyFile, or WATCHKEEPER_BROKER_KEY and WATCHKEEPER_BROKER_SECRET in the environment'

/** Section of the configuration that describes an account at a venue. */
export function venueSchema<const Kind extends VenueKind, const Environment extends string>({
  kind,
  hosts,
  streams,
  capabilitiesOf,
}: VenueDescription<Kind, Environment>) {
  const environments = Object.keys(hosts) as [Environment, ...Environment[]]
  return z
    .strictObject({
      kind: z.literal(kind).describe('An account at the venue, see docs/venues.md.'),
      environment: z
        .enum(environments, { error: `${environments.join(' or ')}, typed out` })
        .describe('Which of the networks of the venue; required.'),
      ...fields,
    })
    .superRefine((given, context) => {
      const hasKey = given.key !== undefined && given.secret !== undefined
      const hasFile = given.keyFile !== undefined
      if (hasKey === hasFile) {
        const message = hasFile ? `one of the two: ${KEY_EXPECTED}` : KEY_EXPECTED
        context.addIssue({ code: 'custom', path: ['keyFile'], message })
      }
      if (hasKey && hasPassphrase(kind) && given.passphrase === undefined) {
        const message = 'the passphrase of the key, as WATCHKEEPER_BROKER_PASSPHRASE'
        context.addIssue({ code: 'custom', path: ['passphrase'], message })
      }
    })
    .transform((given, context) => ({
      ...given,
      url: given.url ?? hosts[given.environment],
      accountStream: accountStreamOf(given, streams[given.environment]),
      capabilities: reported(capabilitiesOf(given.positionMode), given, context),
    }))
}

/** The address of the account's stream; undefined where it has none. With another `url` it must be configured. */
function accountStreamOf(
  given: {
    readonly orderStream: boolean
    readonly url?: string
    readonly streamUrl?: string
  },
  known: string,
): string | undefined {
  if (!given.orderStream) return undefined
  return given.streamUrl ?? (given.url === undefined ? known : undefined)
}

/** The declared capabilities by what the report of the account says; a report that is none is a fault. */
function reported(
  declared: Capabilities,
  given: {
    readonly kind: string
    readonly environment: string
    readonly positionMode: PositionMode
    readonly report?: string
  },
  context: z.RefinementCtx,
): Capabilities {
  if (given.report === undefined) return declared
  try {
    const report = readReport(given.report)
    if (report.venue === given.kind) return measured(declared, report, given)
    throw new Error(`it is of ${report.venue}`)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    context.addIssue({
      code: 'custom',
      path: ['report'],
      message: `a report of watchkeeper venue test at ${given.kind}: ${why}`,
    })
    return declared
  }
}

/** The key of an account at a venue. */
export const keyOf = (config: KeyPlace & { readonly kind: VenueKind }): KeySource =>
  keySource(config, { hasPassphrase: hasPassphrase(config.kind) })

/** The settings that the adapter of every venue takes from its section of the configuration. */
export const accountSettings = (
  config: Pick<
    z.output<ReturnType<typeof venueSchema>>,
    | 'kind'
    | 'key'
    | 'secret'
    | 'passphrase'
    | 'keyFile'
    | 'url'
    | 'capabilities'
    | 'positionMode'
    | 'recvWindowMs'
    | 'connectTimeoutMs'
    | 'timeoutMs'
    | 'answerBytes'
    | 'accountStream'
    | 'streamHeartbeatMs'
  >,
  { onOddity, stampLagMs = 0, timers, clock }: AdapterRun,
) => ({
  key: keyOf(config),
  url: config.url,
  capabilities: config.capabilities,
  positionMode: config.positionMode,
  recvWindowMs: config.recvWindowMs,
  connectTimeoutMs: config.connectTimeoutMs,
  timeoutMs: config.timeoutMs,
  answerBytes: config.answerBytes,
  stampLagMs,
  ...(clock && { now: () => clock.now(), monotonic: () => clock.monotonic() }),
  onOddity,
  stream:
    config.accountStream === undefined || timers === undefined
      ? undefined
      : { url: config.accountStream, heartbeatMs: config.streamHeartbeatMs, timers },
})

/** What an adapter is given beside its configuration. */
export interface AdapterRun {
  /** Counts answers that were used only in part. */
  readonly onOddity?: ((kind: 'quotes') => void) | undefined
  /** How long ago requests claim to be sent, ms. Default 0. */
  readonly stampLagMs?: number
  /** Without them the account has no stream. */
  readonly timers?: Timers
  /** What the venue's clock is compared with; default: the machine's. */
  readonly clock?: Clock
}
