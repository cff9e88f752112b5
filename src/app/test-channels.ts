import type { ServiceConfig } from '../config/schema.ts'
import { UsageError } from '../errors.ts'
import type { Channel, Message } from '../observability/notify/channel.ts'
import type { Delivered, Outgoing } from '../observability/notify/delivery.ts'
import { Pace } from '../observability/notify/pace.ts'
import { channelsOf } from '../observability/notify/registry.ts'
import { pluginChannels } from './plugins.ts'
import { secretsOf } from './secrets.ts'

/** How a channel took the test message. */
export interface TestResult {
  readonly channel: string
  readonly isTaken: boolean
  /** What it answered, or why nothing was sent; shows no secret. */
  readonly answer: string
}

/**
 * Sends one test message to each channel of a configuration, or to those of one name or kind, one after the other.
 * @throws UsageError where no channel has the name.
 */
export async function testChannels(
  config: ServiceConfig,
  wanted?: string,
): Promise<readonly TestResult[]> {
  const { channels: options, service } = config.notify
  const all = channelsOf(options, pluginChannels)
  const chosen = all.filter(
    ({ name }, index) => wanted === undefined || name === wanted || options[index]!.kind === wanted,
  )
  if (chosen.length === 0) throw new UsageError(noneText(wanted, all))
  const secrets = secretsOf(config)
  const results: TestResult[] = []
  for (const channel of chosen) {
    const monotonic = (): number => performance.now()
    const pace = new Pace({ spacingMs: 0, monotonic })
    const stopped = new AbortController().signal
    const delivered = await pace.send(() => testOf(channel, service), stopped)
    results.push({
      channel: channel.name,
      isTaken: delivered.kind === 'taken',
      answer: without(secrets, answerOf(delivered)),
    })
  }
  return results
}

function noneText(wanted: string | undefined, all: readonly Channel[]): string {
  const names = all.map(({ name }) => name).join(', ')
  if (names === '') return 'found no channel in notify.channels, expected at least one'
  return `found no channel named ${wanted}, expected one of ${names}`
}

/** A channel that takes no events is sent an all-clear. */
function testOf(channel: Channel, service: string): Outgoing {
  if (channel.events.size > 1 || !channel.events.has('health')) {
    return channel.message(testMessage(service))
  }
  const reasons = ['test: nothing happened']
  return channel.request({
    status: 'pass',
    before: 'pass',
    at: Date.now(),
    timezone: 'UTC',
    service,
    reasons,
    leftOut: 0,
  })
}

function testMessage(service: string): Message {
  const at = Date.now()
  return {
    id: `${service}-test-${at}`,
    service,
    items: [
      {
        seq: 0,
        at,
        event: 'exits',
        tone: 'plain',
        title: `Test of ${service}: this channel works`,
        text: 'sent by watchkeeper notify test; nothing happened',
        line: { seq: 0, at, kind: 'test' },
      },
    ],
    leftOut: undefined,
    mayRepeat: false,
  }
}

function answerOf(delivered: Delivered): string {
  const { answer } = delivered
  switch (delivered.kind) {
    case 'taken':
      return answer ?? 'no answer'
    case 'refused':
      return `refused: ${answer ?? delivered.status}`
    case 'unanswered':
      return answer === undefined ? delivered.why : `${delivered.why}: ${answer}`
  }
}

const without = (secrets: readonly string[], text: string): string =>
  secrets.reduce((shown, secret) => (secret === '' ? shown : shown.replaceAll(secret, '***')), text)
