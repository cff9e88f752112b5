import { z } from 'zod'
import { jsonRequest, type Channel } from './channel.ts'

/** A URL of your own that takes the alert as JSON. */
export const webhookOptions = z.strictObject({
  kind: z
    .literal('webhook')
    .describe('A URL that takes `{ service, status, before, at, reasons, leftOut }` as JSON.'),
  url: z.url({ protocol: /^https?$/ }).describe('Address of the webhook.'),
  headers: z
    .record(z.string(), z.string())
    .default({})
    .describe('Headers of each request, such as a key.'),
  from: z
    .enum(['warn', 'fail'])
    .default('warn')
    .describe('Status from which on this channel is sent changes; the all-clear is always sent.'),
})

/** Sends `{ service, status, before, at, reasons, leftOut }`. */
export const webhook = ({ url, headers, from }: z.infer<typeof webhookOptions>): Channel => ({
  name: `webhook ${new URL(url).host}`,
  address: url,
  keepsIncidents: false,
  from,
  request: ({ service, status, before, at, reasons, leftOut }) => {
    const time = new Date(at).toISOString()
    return jsonRequest(url, { service, status, before, at: time, reasons, leftOut }, headers)
  },
})
