import { z } from 'zod'
import { detailsOf, headOf, jsonRequest, type Channel } from './channel.ts'

const BOT_API = 'https://api.telegram.org'

/** A bot of Telegram and the chat that it writes to. */
export const telegramOptions = z.strictObject({
  kind: z.literal('telegram').describe('A bot of Telegram.'),
  token: z.string().min(1).describe('Token of the bot; a secret.'),
  chatId: z.union([z.string().min(1), z.int()]).describe('Chat that the bot writes to.'),
  url: z
    .url({ protocol: /^https?$/ })
    .default(BOT_API)
    .describe('Address of the Bot API.'),
  from: z
    .enum(['warn', 'fail'])
    .default('warn')
    .describe('Status from which on this channel is sent changes; the all-clear is always sent.'),
})

const ICONS = { pass: '🟢', warn: '🟡', fail: '🔴' }

/** Sends one plain message; Bot API, method sendMessage. */
export const telegram = ({
  token,
  chatId,
  url,
  from,
}: z.infer<typeof telegramOptions>): Channel => ({
  name: 'telegram',
  address: `${url} ${token} ${chatId}`,
  keepsIncidents: false,
  from,
  request: alert =>
    jsonRequest(`${url.replace(/\/$/, '')}/bot${token}/sendMessage`, {
      chat_id: chatId,
      text: `${ICONS[alert.status]} ${headOf(alert)}\n${detailsOf(alert)}`.trim(),
    }),
})
