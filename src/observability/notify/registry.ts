import { z } from 'zod'
import type { Channel } from './channel.ts'
import { pagerduty, pagerdutyOptions } from './pagerduty.ts'
import { slack, slackOptions } from './slack.ts'
import { telegram, telegramOptions } from './telegram.ts'
import { webhook, webhookOptions } from './webhook.ts'

/** Options of every kind of channel. */
export const channelOptions = z.discriminatedUnion('kind', [
  webhookOptions,
  slackOptions,
  pagerdutyOptions,
  telegramOptions,
])

/** The channel that some options describe. */
export function channelOf(options: z.infer<typeof channelOptions>): Channel {
  switch (options.kind) {
    case 'webhook':
      return webhook(options)
    case 'slack':
      return slack(options)
    case 'pagerduty':
      return pagerduty(options)
    case 'telegram':
      return telegram(options)
  }
}
