import { z } from 'zod'
import {
  bodyOf,
  commonOptions,
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

/** An incoming webhook of Slack, or of what speaks its format. */
export const slackOptions = z
  .strictObject({
    kind: z
      .literal('slack')
      .describe('An incoming webhook of Slack, or of a service with its format.'),
    ...webhookOptions(),
    ...commonOptions(),
  })
  .superRefine(needsSecret('url'))

/** Slack takes one message a second for each webhook, and advises at most 4,000 characters. */
const SPACING_MS = 1_000
const LONGEST = 3_900

const ICONS = { pass: ':large_green_circle:', warn: ':large_yellow_circle:', fail: ':red_circle:' }

/** Slack interprets three characters as markup; escape them in names of positions. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const render = ({ tone, title, text }: Item): string =>
  `${MARKS[tone]} *${escaped(title)}*\n${escaped(text)}`.trim()

/** Sends one message; format: incoming webhooks of Slack. */
export function slack({ url, urlFile, from, events, name }: z.infer<typeof slackOptions>): Channel {
  const address = (): string => readSecret({ value: url, file: urlFile, what: 'url' })
  const send = (text: string) => jsonRequest(address(), { text })
  return {
    name: name ?? 'slack',
    address: url ?? urlFile ?? '',
    keepsIncidents: false,
    from,
    events: new Set(events),
    spacingMs: SPACING_MS,
    longest: LONGEST,
    render,
    request: alert => {
      const title = `${ICONS[alert.status]} *${escaped(headOf(alert))}*`
      return send([title, escaped(detailsOf(alert))].join('\n').trim())
    },
    message: message => send(bodyOf(message, render, escaped)),
  }
}
