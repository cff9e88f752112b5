import { z } from 'zod'
import { WatchkeeperError } from '../../errors.ts'
import type { Alert, AlertRequest, Channel } from './channel.ts'
import { pagerduty, pagerdutyOptions } from './pagerduty.ts'
import { slack, slackOptions } from './slack.ts'
import { telegram, telegramOptions } from './telegram.ts'
import { webhook, webhookOptions } from './webhook.ts'

/** A channel of your own. */
const pluginOptions = z.strictObject({
  kind: z.literal('plugin').describe('A channel of your own, from one of `plugins`.'),
  name: z.string().min(1).describe('Its name.'),
  options: z.record(z.string(), z.unknown()).default({}).describe('Its options.'),
  from: z
    .enum(['warn', 'fail'])
    .default('warn')
    .describe('Status from which on this channel is sent changes; the all-clear is always sent.'),
})

/** Gives what makes the requests of a channel of a plugin; undefined: no plugin has brought it. */
export type PluginChannels = (
  name: string,
  options: Readonly<Record<string, unknown>>,
) => ((alert: Alert) => AlertRequest) | undefined

/** Options of every kind of channel. */
export const channelOptions = z.discriminatedUnion('kind', [
  webhookOptions,
  slackOptions,
  pagerdutyOptions,
  telegramOptions,
  pluginOptions,
])

/** The channel that some options describe. */
export function channelOf(
  options: z.infer<typeof channelOptions>,
  plugins: PluginChannels = () => undefined,
): Channel {
  switch (options.kind) {
    case 'webhook':
      return webhook(options)
    case 'slack':
      return slack(options)
    case 'pagerduty':
      return pagerduty(options)
    case 'telegram':
      return telegram(options)
    case 'plugin': {
      const { name, from } = options
      const request = plugins(name, options.options)
      // A configuration that names none is refused before that: app/config-check.ts.
      if (request === undefined) throw new WatchkeeperError('BAD_PLUGIN', `no channel ${name}`)
      const address = JSON.stringify(['plugin', name, options.options])
      return { name: `plugin ${name}`, address, keepsIncidents: false, from, request }
    }
  }
}
