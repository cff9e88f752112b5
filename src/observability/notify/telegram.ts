import { z } from 'zod'
import {
  bodyOf,
  commonOptions,
  detailsOf,
  headOf,
  MARKS,
  needsSecret,
  type Channel,
  type Item,
} from './channel.ts'
import { jsonRequest } from './delivery.ts'
import { readSecret } from './secret.ts'

const BOT_API = 'https://api.telegram.org'

/** A bot of Telegram and the chat that it writes to. */
export const telegramOptions = z
  .strictObject({
    kind: z.literal('telegram').describe('A bot of Telegram.'),
    token: z
      .string()
      .min(1)
      .optional()
      .describe('Token of the bot; a secret, never in the file of the configuration.'),
    tokenFile: z
      .string()
      .min(1)
      .optional()
      .describe('Path of a file of mode 0600 with the token of the bot.'),
    chatId: z.union([z.string().min(1), z.int()]).describe('Chat that the bot writes to.'),
    url: z
      .url({ protocol: /^https?$/ })
      .default(BOT_API)
      .describe('Address of the Bot API.'),
    users: z
      .array(z.int().positive())
      .max(50)
      .default([])
      .describe('Ids of the users whose commands the bot takes; empty: it takes none.'),
    chats: z
      .array(z.int())
      .max(50)
      .optional()
      .describe('Ids of the chats in which it takes them; absent: `chatId`.'),
    acts: z
      .enum(['none', 'exit', 'all'])
      .default('none')
      .describe(
        'Commands that act: `none`; `exit`: exit a position; `all`: the kill switch as well. Each asks for a confirmation within 30 s.',
      ),
    ...commonOptions(),
  })
  .superRefine(needsSecret('token'))

/** Telegram takes a message a second for each chat, 20 a minute for a group, of at most 4,096 characters. */
const SPACING_MS = 1_000
const GROUP_SPACING_MS = 3_000
const LONGEST = 4_096
/** Room for the lines around the items, characters. */
const ROOM = 200

const ICONS = { pass: MARKS.good, warn: MARKS.warn, fail: MARKS.bad }

/** The three characters that `parse_mode: HTML` takes for markup. */
export const htmlText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const render = ({ tone, title, text }: Item): string =>
  `${MARKS[tone]} <b>${htmlText(title)}</b>\n${htmlText(text)}`.trim()

/** Address of a method of the Bot API; the token is part of it. */
export const methodUrl = (url: string, token: string, method: string): string =>
  `${url.replace(/\/$/, '')}/bot${token}/${method}`

/** Whether a chat is a group or a channel: their ids are negative, or names. */
const isGroup = (chatId: string | number): boolean => !/^\d/.test(String(chatId))

/** The chats in which a bot takes commands. */
export function chatsOf({ chats, chatId }: z.infer<typeof telegramOptions>): readonly number[] {
  if (chats !== undefined) return chats
  return /^-?\d+$/.test(String(chatId)) ? [Number(chatId)] : []
}

/** Sends one message; Bot API, method sendMessage. */
export function telegram(options: z.infer<typeof telegramOptions>): Channel {
  const { token, tokenFile, chatId, url, from, events, name } = options
  const send = (text: string) => {
    const secret = readSecret({ value: token, file: tokenFile, what: 'token' })
    return jsonRequest(methodUrl(url, secret, 'sendMessage'), {
      chat_id: chatId,
      text,
      parse_mode: 'HTML',
      link_preview_options: { is_disabled: true },
    })
  }
  return {
    name: name ?? 'telegram',
    address: `${url} ${token ?? tokenFile} ${chatId}`,
    keepsIncidents: false,
    from,
    events: new Set(events),
    spacingMs: isGroup(chatId) ? GROUP_SPACING_MS : SPACING_MS,
    longest: LONGEST - ROOM,
    render,
    request: alert =>
      send(
        `${ICONS[alert.status]} <b>${htmlText(headOf(alert))}</b>\n${htmlText(detailsOf(alert))}`.trim(),
      ),
    message: message => send(bodyOf(message, render, htmlText)),
  }
}
