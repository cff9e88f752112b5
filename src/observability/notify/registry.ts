import { z } from 'zod'
import { WatchkeeperError } from '../../errors.ts'
import { accountsOption, plainItem, type Alert, type Channel } from './channel.ts'
import type { HttpRequest } from './delivery.ts'
import { discord, discordOptions } from './discord.ts'
import { email, emailOptions } from './email.ts'
import { pagerduty, pagerdutyOptions } from './pagerduty.ts'
import { slack, slackOptions } from './slack.ts'
import { telegram, telegramOptions } from './telegram.ts'
import { webhook, webhookOptions } from './webhook.ts'

/** A channel of your own. */
const pluginOptions = z.strictObject({
  kind: z.literal('plugin').describe('A channel of your own, from one of `plugins`.'),
  name: z.string().min(1).describe('Its name.'),
  options: z.record(z.string(), z.unknown()).default({}).describe('Its options.'),
  accounts: accountsOption(),
  from: z
    .enum(['warn', 'fail'])
    .default('warn')
    .describe('Status from which on this channel is sent changes; the all-clear is always sent.'),
})

/** Gives what makes the requests of a channel of a plugin; undefined: no plugin has brought it. */
export type PluginChannels = (
  name: string,
  options: Readonly<Record<string, unknown>>,
) => ((alert: Alert) => HttpRequest) | undefined

/** Options of every kind of channel. */
export const channelOptions = z.discriminatedUnion('kind', [
  webhookOptions,
  slackOptions,
  pagerdutyOptions,
  telegramOptions,
  discordOptions,
  emailOptions,
  pluginOptions,
])

export type ChannelOptions = z.infer<typeof channelOptions>

/** The secrets of each kind of channel: settings that may stand in a file of their own, which `<name>File` names. */
export const CHANNEL_SECRETS: ReadonlyMap<string, readonly string[]> = new Map(
  channelOptions.options.map(({ shape }) => [
    shape.kind.value,
    Object.keys(shape).filter(name => `${name}File` in shape),
  ]),
)

/** The channel that some options describe. */
export function channelOf(
  options: ChannelOptions,
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
    case 'discord':
      return discord(options)
    case 'email':
      return email(options)
    case 'plugin':
      return pluginChannel(options, plugins)
  }
}

/** A channel of a plugin takes changes of health alone. */
function pluginChannel(
  { name, from, options }: z.infer<typeof pluginOptions>,
  plugins: PluginChannels,
): Channel {
  const request = plugins(name, options)
  // A configuration that names none is refused before that: app/config-check.ts.
  if (request === undefined) throw new WatchkeeperError('BAD_PLUGIN', `no channel ${name}`)
  return {
    name: `plugin ${name}`,
    address: JSON.stringify(['plugin', name, options]),
    keepsIncidents: false,
    from,
    events: new Set(['health']),
    spacingMs: 0,
    longest: Infinity,
    render: plainItem,
    request,
    message: () => {
      throw new Error('a channel of a plugin takes changes of health alone')
    },
  }
}

/** All channels; where two have one name, later ones get a number behind it. */
export function channelsOf(
  all: readonly ChannelOptions[],
  plugins?: PluginChannels,
): readonly Channel[] {
  const seen = new Map<string, number>()
  return all.map(options => {
    const channel = aboutAccounts(channelOf(options, plugins), options.accounts)
    const count = (seen.get(channel.name) ?? 0) + 1
    seen.set(channel.name, count)
    return count === 1 ? channel : { ...channel, name: `${channel.name} ${count}` }
  })
}

/** The same channel, about these accounts alone. */
const aboutAccounts = (channel: Channel, accounts: readonly string[] | undefined): Channel =>
  accounts === undefined ? channel : { ...channel, accounts: new Set(accounts) }
