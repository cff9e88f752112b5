import { z } from 'zod'
import { capabilityFaults } from '../../domain/capability-faults.ts'
import { ENDPOINT_GROUPS } from '../../domain/venue.ts'
import { faultOfUrl, isInTheClear } from './address.ts'
import { HORIZON_EXPECTED, horizonOf } from './horizon.ts'
import { restingStop } from './stops.ts'

/** A limit on calls within one horizon; a rate below one a second is expressed per minute. */
const calls = (horizon: string) =>
  z
    .int()
    .positive()
    .max(1_000_000_000)
    .exactOptional()
    .meta({ unit: 'calls', description: `Most calls in a ${horizon}; absent: no such limit.` })

const limit = z.strictObject({
  name: z.string().min(1).describe('Name of the limit in metrics and in `watchkeeper gateway`.'),
  groups: z
    .array(z.enum(ENDPOINT_GROUPS))
    .min(1)
    .describe('Groups of endpoints that share the limit.'),
  perSecond: calls('second'),
  perMinute: calls('minute'),
  perHour: calls('hour'),
  perDay: calls('day'),
})

const limits = z
  .array(limit)
  .min(1)
  // Runs also where other settings are invalid, as far as the values can be read.
  .superRefine(refuseRepeats, { when: ({ value }) => Array.isArray(value) })

/** Refuses an endpoint group that appears in two limits: only one of them would be kept. */
function refuseRepeats(all: readonly unknown[], context: z.RefinementCtx): void {
  const known = new Map<unknown, string>()
  const note = (value: unknown, limit: string, path: (string | number)[]): void => {
    const other = known.get(value)
    if (other !== undefined) {
      context.addIssue({
        code: 'custom',
        path,
        message: `an endpoint group of one limit only: ${other} has it too`,
      })
    }
    known.set(value, limit)
  }
  for (const [index, each] of all.entries()) {
    const { name, groups } = Object(each) as { name?: unknown; groups?: unknown }
    const of = `limits[${index}]`
    note(`name ${String(name)}`, of, [index, 'name'])
    if (!Array.isArray(groups)) continue
    for (const [at, group] of groups.entries()) note(group, of, [index, 'groups', at])
  }
}

/**
 * What the venue behind the server can prove. Every default claims nothing: a capability that is
 * not stated is not relied on.
 */
export const capabilities = z
  .strictObject({
    dedupe: z
      .enum(['always', 'open-only', 'never'])
      .default('never')
      .describe('When the venue refuses a second order with the same client order id.'),
    lookup: z
      .enum(['complete', 'open-only', 'none'])
      .default('none')
      .describe('Which orders the venue finds by their client order id.'),
    lookupKeeps: z
      .string()
      .transform((text, context) => {
        const horizon = horizonOf(text)
        if (horizon !== undefined) return horizon
        context.addIssue({ code: 'custom', message: HORIZON_EXPECTED })
        return z.NEVER
      })
      .exactOptional()
      .describe(
        'How long it finds them after the send: `ever`, a time such as `90d`, `24h` or `5000ms`, or `15:30 Asia/Kolkata` where it forgets the orders of its day; absent: for ever.',
      ),
    deadline: z
      .enum(['kept', 'ignored'])
      .exactOptional()
      .describe(
        'Whether an order that arrives after its `Expires-At` is refused; absent: it is not.',
      ),
    products: z
      .boolean()
      .exactOptional()
      .describe('Whether holdings of one instrument are separate for each product.'),
    reduceOnly: z
      .boolean()
      .default(false)
      .describe('Whether an order can be kept from opening the other side.'),
    holdings: z
      .enum(['net', 'sides', 'tickets'])
      .default('net')
      .describe('How the venue counts holdings: netted, longs and shorts apart, or one by one.'),
    visibilityMs: z.number().int().nonnegative().max(600_000).default(5_000).meta({
      unit: 'ms',
      description: 'Longest time until an accepted order can be found and has changed its holding.',
    }),
    clientOrderIdLength: z
      .number()
      .int()
      .min(16)
      .max(255)
      .default(36)
      .meta({ unit: 'characters', description: 'Longest client order id.' }),
    styles: z
      .array(z.enum(['market', 'marketable-limit']))
      .min(1)
      .default(['market'])
      .describe('Types of orders that the venue takes.'),
    limits: limits
      .default([{ name: 'all', groups: [...ENDPOINT_GROUPS] }])
      .describe('Published limits on the number of calls.'),
    restingStop: restingStop
      .exactOptional()
      .describe('Stop orders that rest at the venue; absent: it takes none.'),
  })
  .superRefine((claimed, context) => {
    for (const { path, expected } of capabilityFaults(claimed)) {
      context.addIssue({ code: 'custom', path: [path], message: expected })
    }
  })

const ms = z.number().int().positive().max(600_000)

const fields = {
  url: z
    .string()
    .superRefine((text, context) => {
      const fault = faultOfUrl(text)
      if (fault !== undefined) context.addIssue(fault)
    })
    .describe('Address of the server, `https:`, or `http:` on this machine; a path may follow.'),
  plainHttp: z
    .boolean()
    .default(false)
    .describe('`true`: the token may travel unencrypted to another machine.'),
  token: z
    .string()
    .min(1)
    .exactOptional()
    .describe('Bearer token; safest in the environment; this or `tokenFile` is required.'),
  tokenFile: z
    .string()
    .min(1)
    .exactOptional()
    .describe('Path of a file with the token that others cannot read; read again when it changes.'),
  tokenCommand: z
    .array(z.string().min(1))
    .min(1)
    .max(50)
    .exactOptional()
    .describe('Program and arguments that print the token; run again before the token ends.'),
  tokenExpiresAt: z.iso
    .datetime({ offset: true, error: 'a time such as 2026-11-29T03:00:00Z' })
    .exactOptional()
    .describe('When `token` ends; a token in a file or from a command has its own.'),
  capabilities: capabilities
    .prefault({})
    .describe('What the venue can prove; a capability that is not stated is not relied on.'),
  instruments: z
    .boolean()
    .default(false)
    .describe(
      'Whether the server lists its instruments: lot, tick and minimums are read at a start.',
    ),
  account: z
    .boolean()
    .default(false)
    .describe('Whether the server says what the account and its credentials permit.'),
  time: z.boolean().default(false).describe('Whether the server says its time (`/v1/time`).'),
  openOrders: z.boolean().default(false).describe('Whether the server lists working orders.'),
  stream: z
    .boolean()
    .default(false)
    .describe(
      'Whether the server pushes what changes (`/v1/stream`): it is asked for at once then.',
    ),
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
    .default(8_388_608)
    .meta({ unit: 'bytes', description: 'Longest answer that is read.' }),
  longestRetryAfterMs: z
    .number()
    .int()
    .positive()
    .max(86_400_000)
    .default(3_600_000)
    .meta({ unit: 'ms', description: 'Longest `retry-after` that is honoured.' }),
  longestBanMs: z
    .number()
    .int()
    .positive()
    .max(604_800_000)
    .default(86_400_000)
    .meta({ unit: 'ms', description: 'Longest ban that is honoured.' }),
}

/** Section of the configuration that describes the server of a broker. */
export const httpBrokerSchema = z
  .strictObject(fields)
  .refine(
    ({ token, tokenFile, tokenCommand }) =>
      [token, tokenFile, tokenCommand].filter(each => each !== undefined).length === 1,
    { path: ['token'], error: 'one of token, tokenFile and tokenCommand' },
  )
  .refine(({ token, tokenExpiresAt }) => tokenExpiresAt === undefined || token !== undefined, {
    path: ['tokenExpiresAt'],
    error: 'a token beside it; a file or a command has the time itself',
  })
  .refine(({ url, plainHttp }) => plainHttp || !isInTheClear(url), {
    path: ['url'],
    error: 'https, or plainHttp: true (the token can be read on the way)',
  })

export type HttpBrokerConfig = z.output<typeof httpBrokerSchema>
