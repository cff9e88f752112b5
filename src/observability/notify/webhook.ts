import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { bodyOf, commonOptions, plainItem, type Channel } from './channel.ts'
import { jsonRequest, type HttpRequest } from './delivery.ts'
import { readSecret } from './secret.ts'

/** A URL of your own that takes alerts and messages as JSON. */
export const webhookOptions = z.strictObject({
  kind: z
    .literal('webhook')
    .describe(
      'A URL that takes JSON: `{ service, status, before, at, reasons, leftOut }` of health, `{ id, service, items, … }` of events.',
    ),
  url: z.url({ protocol: /^https?$/ }).describe('Address of the webhook.'),
  headers: z
    .record(z.string(), z.string())
    .default({})
    .describe('Headers of each request, such as a key.'),
  secret: z
    .string()
    .min(16)
    .optional()
    .describe(
      'Key of the signature in each request; a secret, never in the file of the configuration. Absent, and no `secretFile`: not signed.',
    ),
  secretFile: z
    .string()
    .min(1)
    .optional()
    .describe('Path of a file of mode 0600 with the key of the signature.'),
  ...commonOptions(),
})

const LONGEST = 100_000
const PREFIX = 'whsec_'

/**
 * The headers that sign a request, as the specification Standard Webhooks has them
 * (standardwebhooks.com, "Signature scheme"): HMAC-SHA256 of `id.timestamp.body`, base64, behind `v1,`.
 * A key that begins with `whsec_` is base64, any other is text.
 */
export function signed(
  { id, body, at }: { readonly id: string; readonly body: string; readonly at: number },
  key: string,
): Readonly<Record<string, string>> {
  const bytes = key.startsWith(PREFIX)
    ? Buffer.from(key.slice(PREFIX.length), 'base64')
    : Buffer.from(key, 'utf8')
  const timestamp = String(Math.floor(at / 1_000))
  const signature = createHmac('sha256', bytes)
    .update(`${id}.${timestamp}.${body}`)
    .digest('base64')
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  }
}

/** Sends `{ service, status, … }` of health and `{ id, service, items, … }` of events. */
export function webhook(
  options: z.infer<typeof webhookOptions>,
  now: () => number = Date.now,
): Channel {
  const { url, headers, secret, secretFile, from, events, name } = options
  const send = (id: string, content: object): HttpRequest => {
    const request = jsonRequest(url, content, headers)
    if (secret === undefined && secretFile === undefined) return request
    const key = readSecret({ value: secret, file: secretFile, what: 'secret' })
    // Each try is signed anew: a receiver refuses old times.
    const signature = signed({ id, body: request.body, at: now() }, key)
    return { ...request, headers: { ...request.headers, ...signature } }
  }
  return {
    name: name ?? `webhook ${new URL(url).host}`,
    address: url,
    keepsIncidents: false,
    from,
    events: new Set(events),
    spacingMs: 0,
    longest: LONGEST,
    render: plainItem,
    request: ({ service, status, before, at, reasons, leftOut }) => {
      const time = new Date(at).toISOString()
      return send(`health-${service}-${at}`, {
        service,
        status,
        before,
        at: time,
        reasons,
        leftOut,
      })
    },
    message: message => {
      const { id, service, items, leftOut, mayRepeat } = message
      return send(id, {
        id,
        service,
        mayRepeat,
        leftOut: leftOut ?? null,
        text: bodyOf({ ...message, leftOut: undefined, mayRepeat: false }, plainItem),
        items: items.map(({ at, ...item }) => ({ ...item, at: new Date(at).toISOString() })),
      })
    },
  }
}
