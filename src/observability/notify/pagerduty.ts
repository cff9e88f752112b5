import { z } from 'zod'
import {
  bodyOf,
  commonOptions,
  cut,
  detailsOf,
  plainItem,
  titleOf,
  needsSecret,
  type Channel,
  type Message,
} from './channel.ts'
import { jsonRequest } from './delivery.ts'
import { readSecret } from './secret.ts'

const EVENTS_API = 'https://events.pagerduty.com/v2/enqueue'

/** An integration of PagerDuty's Events API v2. */
export const pagerdutyOptions = z
  .strictObject({
    kind: z.literal('pagerduty').describe('An integration of the Events API v2 of PagerDuty.'),
    routingKey: z
      .string()
      .min(1)
      .optional()
      .describe('Key of the integration; a secret, never in the file of the configuration.'),
    routingKeyFile: z
      .string()
      .min(1)
      .optional()
      .describe('Path of a file of mode 0600 with the key of the integration.'),
    url: z
      .url({ protocol: /^https?$/ })
      .default(EVENTS_API)
      .describe('Address of the Events API.'),
    // Each other event opens an incident that a person must close.
    ...commonOptions('fail', ['health']),
  })
  .superRefine(needsSecret('routingKey'))

const SEVERITY = { pass: 'info', warn: 'warning', fail: 'critical' } as const
/** PagerDuty takes 120 events a minute, of at most 512 KB, with a summary of at most 1,024 characters. */
const SPACING_MS = 500
const LONGEST = 20_000
const LONGEST_SUMMARY = 1_024

/** Opens one incident for the service, and resolves it when all is well; Events API v2. */
export function pagerduty(options: z.infer<typeof pagerdutyOptions>): Channel {
  const { routingKey, routingKeyFile, url, from, events, name } = options
  const send = (event: object) =>
    jsonRequest(url, {
      routing_key: readSecret({ value: routingKey, file: routingKeyFile, what: 'routing key' }),
      ...event,
    })
  return {
    name: name ?? 'pagerduty',
    address: `${url} ${routingKey ?? routingKeyFile}`,
    keepsIncidents: true,
    from,
    events: new Set(events),
    spacingMs: SPACING_MS,
    longest: LONGEST,
    render: plainItem,
    request: alert => {
      const { status, service, at } = alert
      const isOver = status === 'pass' || (status === 'warn' && from === 'fail')
      return send({
        event_action: isOver ? 'resolve' : 'trigger',
        // One service has one incident: further changes update it.
        dedup_key: `watchkeeper-${service}`,
        payload: {
          summary: cut(titleOf(alert), LONGEST_SUMMARY),
          source: service,
          severity: SEVERITY[status],
          timestamp: new Date(at).toISOString(),
          custom_details: { reasons: detailsOf(alert) },
        },
      })
    },
    message: message => send(eventOf(message)),
  }
}

/** Messages are incidents of their own, which a repeat joins. */
function eventOf(message: Message): object {
  const { id, items, service } = message
  const [first, ...others] = items
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  const isBad = items.some(({ tone }) => tone === 'bad')
  return {
    event_action: 'trigger',
    dedup_key: id,
    payload: {
      summary: cut(`${service}: ${first!.title}${more}`, LONGEST_SUMMARY),
      source: service,
      severity: isBad ? 'error' : 'info',
      timestamp: new Date(first!.at).toISOString(),
      custom_details: { text: bodyOf(message, plainItem) },
    },
  }
}
