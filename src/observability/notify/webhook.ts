import { z } from 'zod'
import { jsonRequest, type Channel } from './channel.ts'

/** A URL of your own that takes the alert as JSON. */
export const webhookOptions = z.strictObject({
  kind: z.literal('webhook'),
  url: z.url({ protocol: /^https?$/ }),
  headers: z.record(z.string(), z.string()).default({}),
  from: z.enum(['warn', 'fail']).default('warn'),
})

/** Sends `{ service, status, before, at, reasons, leftOut }`. */
export const webhook = ({ url, headers, from }: z.infer<typeof webhookOptions>): Channel => ({
  name: `webhook ${new URL(url).host}`,
  address: url,
  keepsIncidents: false,
  from,
  request: alert => jsonRequest(url, { ...alert, at: new Date(alert.at).toISOString() }, headers),
})
