import { z } from 'zod'
import type { Role } from '../../config/http-schema.ts'
import { ERROR_CODES } from '../../errors/codes.ts'
import type { ApiParameter, ApiReference, JsonSchema } from '../../ports/api-document.ts'

/** What a token of each role may do. */
export const ROLES: Readonly<Record<Role | 'open', string>> = {
  open: 'Needs no token, wherever the request comes from.',
  read: 'Sees everything.',
  agent:
    'Also adds positions and tightens rules; exits only where `http.agentExit` is on, and never loosens.',
  operate: 'Everything.',
}

export const DESCRIPTION =
  'Guards every open position of a trading account. Every error has the same body, with a stable `code`. ' +
  'A change needs the header `content-type: application/json`, without a body too. On loopback without a ' +
  'configured token every request may do everything; with tokens a request without one only reads there. ' +
  'Times are in epoch milliseconds.'

/** Body of every error (RFC 9457). */
export const problem = z.object({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  code: z
    .string()
    .describe('Stable across releases.')
    .meta({ examples: Object.keys(ERROR_CODES) }),
  detail: z.string().describe('What is wrong, for a person.'),
  faults: z
    .array(
      z.object({
        path: z.string().describe('Dotted path inside the body, or the name of a parameter.'),
        line: z.int().optional(),
        found: z.string(),
        expected: z.string(),
        code: z.string().optional(),
      }),
    )
    .optional()
    .describe('Everything that is wrong with the input.'),
})

export const headers = {
  ETag: {
    description:
      'Weak tag of the answer; with it in `If-None-Match` an answer that says the same is 304.',
    schema: { type: 'string' },
  },
  Link: {
    description:
      'Address of the page that follows: `rel="next"`, or `rel="prev"` where `last` reads backwards. Absent at the end.',
    schema: { type: 'string' },
  },
  Location: { description: 'Path of the position.', schema: { type: 'string' } },
  'Retry-After': { description: 'When to ask again, s.', schema: { type: 'integer' } },
  'WWW-Authenticate': { description: 'The scheme of the token.', schema: { const: 'Bearer' } },
  'Idempotency-Replayed': {
    description: 'The answer is that of an earlier request with the same key.',
    schema: { const: 'true' },
  },
}

export const headerParameter = (
  name: string,
  description: string,
  schema: JsonSchema,
): ApiParameter => ({
  name,
  in: 'header',
  required: false,
  description,
  schema,
})

export const parameters = {
  'If-None-Match': headerParameter(
    'If-None-Match',
    'The `ETag` of an answer that the client has.',
    {
      type: 'string',
    },
  ),
  'Idempotency-Key': headerParameter(
    'Idempotency-Key',
    'A request that is sent again with the same key gets the first answer, and nothing is done twice.',
    { type: 'string', pattern: '^[!-~]{1,200}$' },
  ),
}

export const toHeader = (name: keyof typeof headers): ApiReference => ({
  $ref: `#/components/headers/${name}`,
})
export const toParameter = (name: keyof typeof parameters): ApiReference => ({
  $ref: `#/components/parameters/${name}`,
})
