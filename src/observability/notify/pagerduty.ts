import { z } from 'zod'
import { detailsOf, jsonRequest, titleOf, type Channel } from './channel.ts'

const EVENTS_API = 'https://events.pagerduty.com/v2/enqueue'

/** An integration of PagerDuty's Events API v2. */
export const pagerdutyOptions = z.strictObject({
  kind: z.literal('pagerduty').describe('An integration of the Events API v2 of PagerDuty.'),
  routingKey: z.string().min(1).describe('Key of the integration; a secret.'),
  url: z
    .url({ protocol: /^https?$/ })
    .default(EVENTS_API)
    .describe('Address of the Events API.'),
  from: z
    .enum(['warn', 'fail'])
    .default('fail')
    .describe('Status from which on this channel is sent changes; the all-clear is always sent.'),
})

const SEVERITY = { pass: 'info', warn: 'warning', fail: 'critical' } as const

/** Opens one incident for the service, and resolves it when health passes; Events API v2. */
export const pagerduty = ({
  routingKey,
  url,
  from,
}: z.infer<typeof pagerdutyOptions>): Channel => ({
  name: 'pagerduty',
  address: `${url} ${routingKey}`,
  keepsIncidents: true,
  from,
  request: alert => {
    const { status, service, at } = alert
    const isOver = status === 'pass' || (status === 'warn' && from === 'fail')
    return jsonRequest(url, {
      routing_key: routingKey,
      event_action: isOver ? 'resolve' : 'trigger',
      // One service has one incident: further messages update it.
      dedup_key: `watchkeeper-${service}`,
      payload: {
        summary: titleOf(alert),
        source: service,
        severity: SEVERITY[status],
        timestamp: new Date(at).toISOString(),
        custom_details: { reasons: detailsOf(alert) },
      },
    })
  },
})
