import { z } from 'zod'
import { hooksSchema } from './hook-schema.ts'

/** What a token may do: each role may do all that the one before it may. */
export const ROLES = ['read', 'agent', 'operate'] as const
export type Role = (typeof ROLES)[number]

/** Least length of a token, characters: shorter ones can be guessed. */
const SHORTEST = 16

const token = z.string().min(SHORTEST)

const namedToken = z
  .strictObject({
    name: z
      .string()
      .regex(/^[\w.-]{1,60}$/, { error: 'a name of letters, digits, _ . -' })
      .describe('Name of the holder in the journal.'),
    role: z
      .enum(ROLES)
      .describe(
        '`read`: sees everything. `agent`: also adds positions and tightens rules. `operate`: everything.',
      ),
    token: token.optional().describe('The token; safer in `tokenFile`.'),
    tokenFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Path of a file that has the token alone; read again once a second, without the file the token is revoked.',
      ),
  })
  .superRefine(({ token: inline, tokenFile }, context) => {
    if ((inline === undefined) !== (tokenFile === undefined)) return
    // At this path: a message must not show the whole entry.
    context.addIssue({ code: 'custom', path: ['token'], message: 'either token or tokenFile' })
  })

const failedTokens = z
  .strictObject({
    max: z.int().positive().max(1_000).default(10).meta({
      unit: 'requests',
      description:
        'Wrong tokens of one address within `withinMs`; then each request with a token is refused.',
    }),
    withinMs: z
      .int()
      .min(1_000)
      .max(3_600_000)
      .default(60_000)
      .meta({ unit: 'ms', description: 'Window in which wrong tokens are counted.' }),
  })
  .prefault({})
  .describe('How many wrong tokens an address may send.')

const idempotency = z
  .strictObject({
    keepMs: z.int().min(60_000).max(604_800_000).default(86_400_000).meta({
      unit: 'ms',
      description: 'How long the answer to a request with an `Idempotency-Key` is kept.',
    }),
    keys: z.int().min(10).max(100_000).default(10_000).meta({
      unit: 'keys',
      description: 'Most answers that are kept; the oldest makes room.',
    }),
  })
  .prefault({})
  .describe('Answers that are given again to a request that is repeated.')

const view = z
  .strictObject({
    frameMs: z
      .int()
      .min(50)
      .max(5_000)
      .default(250)
      .meta({ unit: 'ms', description: 'Time between two frames of the live view.' }),
    clients: z
      .int()
      .positive()
      .max(1_000)
      .default(100)
      .meta({ unit: 'clients', description: 'Most clients of the live view at once.' }),
    skippedFrames: z.int().positive().max(10_000).default(40).meta({
      unit: 'frames',
      description:
        'Frames that a client may skip, because it has not taken the one before, until it is cut off.',
    }),
    lingerMs: z.int().min(0).max(600_000).default(10_000).meta({
      unit: 'ms',
      description: 'How long the view is kept up to date after its last client has gone.',
    }),
  })
  .prefault({})
  .describe('Bounds of the live view.')

const events = z
  .strictObject({
    clients: z
      .int()
      .positive()
      .max(1_000)
      .default(20)
      .meta({ unit: 'clients', description: 'Most clients of `/api/events` at once.' }),
    drainMs: z.int().min(100).max(60_000).default(5_000).meta({
      unit: 'ms',
      description: 'A client that takes nothing of what it was sent for this long is cut off.',
    }),
  })
  .prefault({})
  .describe('Bounds of the stream of journal lines.')

/** The section `http` of the configuration. */
export const httpSchema = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('Address on which the API listens; off loopback a token is required.'),
    port: z.int().min(0).max(65_535).default(8080).describe('Port of the API; 0: any free port.'),
    hosts: z
      .array(
        z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, {
          error: 'a host name in lower case, without port or scheme',
        }),
      )
      .max(20)
      .default([])
      .describe(
        'Names under which a proxy or another machine reaches the API (`Host`, `Origin`); with any a token is required, for reads too.',
      ),
    token: token
      .optional()
      .describe('Bearer token of the role `operate`; safest in the environment.'),
    tokens: z
      .array(namedToken)
      .max(50)
      .default([])
      .describe('Further tokens, each with a name and a role.'),
    agentExit: z
      .boolean()
      .default(false)
      .describe('`true`: tokens of the role `agent` may exit a position.'),
    hooks: hooksSchema,
    hookMs: z.int().min(100).max(10_000).default(2_500).meta({
      unit: 'ms',
      description:
        'Longest time until a webhook is answered: then by 503 `NOT_DURABLE_YET`, and the same message again by what became of it.',
    }),
    failedTokens,
    idempotency,
    maxConnections: z.int().min(10).max(10_000).default(200).meta({
      unit: 'connections',
      description: 'Most connections at once; the longest idle one makes room for a new one.',
    }),
    requestMs: z.int().positive().max(600_000).default(30_000).meta({
      unit: 'ms',
      description: 'Longest time that a request takes to arrive; its head may take a third of it.',
    }),
    events,
    view,
  })
  .superRefine(({ token: main, tokens }, context) => {
    tokens.forEach(({ name, token: inline }, index) => {
      const isShared = tokens.slice(0, index).some(each => each.token === inline)
      if (inline !== undefined && (isShared || inline === main)) {
        // At the entry's role: a message shows the value at its path, and a token must not be shown.
        const message = 'a role of its own: another token has the same value'
        context.addIssue({ code: 'custom', path: ['tokens', index, 'role'], message })
      }
      const isFirst = tokens.findIndex(each => each.name === name) === index
      if (isFirst && name !== 'token' && name !== 'loopback') return
      const message = 'a name that no other token has, other than token and loopback'
      context.addIssue({ code: 'custom', path: ['tokens', index, 'name'], message })
    })
  })
  .prefault({})
  .describe('The HTTP API.')

export type HttpConfig = z.infer<typeof httpSchema>

/** Whether a configuration has any token. */
export const hasToken = ({ token: one, tokens }: Pick<HttpConfig, 'token' | 'tokens'>): boolean =>
  one !== undefined || tokens.length > 0
