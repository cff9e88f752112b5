import { z } from 'zod'
import { detailsOf, headOf, jsonRequest, type Channel } from './channel.ts'

/** An incoming webhook of Slack, or of what speaks its format. */
export const slackOptions = z.strictObject({
  kind: z
    .literal('slack')
    .describe('An incoming webhook of Slack, or of a service with its format.'),
  url: z.url({ protocol: /^https?$/ }).describe('Address of the webhook; a secret.'),
  from: z
    .enum(['warn', 'fail'])
    .default('warn')
    .describe('Status from which on this channel is sent changes; the all-clear is always sent.'),
})

const ICONS = { pass: ':large_green_circle:', warn: ':large_yellow_circle:', fail: ':red_circle:' }

/** Slack interprets three characters as markup; escape them in names of positions. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Sends one message; format: incoming webhooks of Slack. */
export const slack = ({ url, from }: z.infer<typeof slackOptions>): Channel => ({
  name: 'slack',
  address: url,
  keepsIncidents: false,
  from,
  request: alert => {
    const title = `${ICONS[alert.status]} *${escaped(headOf(alert))}*`
    return jsonRequest(url, { text: [title, escaped(detailsOf(alert))].join('\n').trim() })
  },
})
