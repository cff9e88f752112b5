import { z } from 'zod'
import { detailsOf, jsonRequest, titleOf, type Channel } from './channel.ts'

const BOT_API = 'https://api.telegram.org'

/** A bot of Telegram and the chat that it writes to. */
export const telegramOptions = z.strictObject({
  kind: z.literal('telegram'),
  token: z.string().min(1),
  chatId: z.union([z.string().min(1), z.int()]),
  url: z.url({ protocol: /^https?$/ }).default(BOT_API),
  from: z.enum(['warn', 'fail']).default('warn'),
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
      text: `${ICONS[alert.status]} ${titleOf(alert)}\n${detailsOf(alert)}`.trim(),
    }),
})
