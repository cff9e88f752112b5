import { z } from 'zod'
import {
  bodyOf,
  commonOptions,
  cut,
  detailsOf,
  headOf,
  MARKS,
  webhookOptions,
  needsSecret,
  type Channel,
  type Item,
} from './channel.ts'
import { jsonRequest } from './delivery.ts'
import { readSecret } from './secret.ts'

/** A webhook of a Discord channel. */
export const discordOptions = z
  .strictObject({
    kind: z.literal('discord').describe('A webhook of a Discord channel.'),
    ...webhookOptions(),
    ...commonOptions(),
  })
  .superRefine(needsSecret('url'))

/** Discord takes 30 messages a minute for each channel of a server, of at most 2,000 characters. */
const SPACING_MS = 2_000
const LONGEST = 2_000
/** Room for the lines around the items, characters. */
const ROOM = 200
/** Flag SUPPRESS_EMBEDS: no preview of what could be an address. */
const NO_EMBEDS = 4

/** A backslash before each character that Discord could take for markup or a mention. */
const escaped = (text: string): string => text.replace(/[\\*_~`|>#[\]()<@:-]/g, '\\$&')

const ICONS = { pass: MARKS.good, warn: MARKS.warn, fail: MARKS.bad }

const render = ({ tone, title, text }: Item): string =>
  `${MARKS[tone]} **${escaped(title)}**\n${escaped(text)}`.trim()

/** Sends one message; method Execute Webhook, whose answer is awaited (`wait=true`). */
export function discord(options: z.infer<typeof discordOptions>): Channel {
  const { url, urlFile, from, events, name } = options
  const send = (content: string) => {
    const address = new URL(readSecret({ value: url, file: urlFile, what: 'url' }))
    address.searchParams.set('wait', 'true')
    return jsonRequest(address.href, {
      content: cut(content, LONGEST),
      allowed_mentions: { parse: [] },
      flags: NO_EMBEDS,
    })
  }
  return {
    name: name ?? 'discord',
    address: url ?? urlFile ?? '',
    keepsIncidents: false,
    from,
    events: new Set(events),
    spacingMs: SPACING_MS,
    longest: LONGEST - ROOM,
    render,
    request: alert =>
      send(
        `${ICONS[alert.status]} **${escaped(headOf(alert))}**\n${escaped(detailsOf(alert))}`.trim(),
      ),
    message: message => send(bodyOf(message, render, escaped)),
  }
}
