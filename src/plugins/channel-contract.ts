import assert from 'node:assert/strict'
import type { Alert } from '../observability/notify/channel.ts'
import { schemaOf, type ChannelPlugin } from './plugin.ts'

/** One promise of a channel, for one of its examples of options. */
export interface ChannelCase {
  readonly name: string
  /** Throws where the promise is broken. */
  run(request: (alert: Alert) => unknown): void
}

const ALERT: Alert = {
  status: 'fail',
  before: 'pass',
  at: 1_700_000_000_000,
  service: 'watchkeeper',
  reasons: ['positions:unguarded: 1: btc-1'],
  leftOut: 0,
}

/** Alerts as they come, and as they may come. */
const ALERTS: readonly Alert[] = [
  ALERT,
  { ...ALERT, status: 'pass', before: 'fail', reasons: [] },
  { ...ALERT, status: 'warn', before: 'warn', leftOut: 3, timezone: 'Europe/Berlin' },
  { ...ALERT, reasons: ['a "quoted" <reason> & a line\nbreak, \u0007 and 🜚', 'x'.repeat(5_000)] },
  {
    ...ALERT,
    service: 'Überwachung "1"',
    reasons: Array.from({ length: 200 }, (_, at) => `${at}`),
  },
]

/** Longest body of a request, characters. */
const LONGEST_BODY = 1_000_000

interface Request {
  readonly url: unknown
  readonly headers: unknown
  readonly body: unknown
}

const eachOf = (request: (alert: Alert) => unknown): readonly Request[] =>
  ALERTS.map(alert => Object(request(alert)) as Request)

/** Every promise of a channel. */
export const CHANNEL_CASES: readonly ChannelCase[] = [
  {
    name: 'gives an address of http or https',
    run(request) {
      for (const { url } of eachOf(request)) {
        assert.ok(typeof url === 'string' && URL.canParse(url), `found ${String(url)}`)
        assert.match(new URL(url).protocol, /^https?:$/)
      }
    },
  },
  {
    name: 'gives headers that can be sent, whatever the alert says',
    run(request) {
      for (const { headers } of eachOf(request)) {
        const pairs = Object.entries(Object(headers) as Record<string, unknown>)
        for (const [name, value] of pairs)
          assert.equal(typeof value, 'string', `found the header ${name}: ${String(value)}`)
        assert.doesNotThrow(() => new Headers(pairs as [string, string][]))
      }
    },
  },
  {
    name: `gives a text of at most ${LONGEST_BODY} characters as the body, and valid JSON where it says so`,
    run(request) {
      for (const { headers, body } of eachOf(request)) {
        assert.ok(typeof body === 'string', `found a ${typeof body}`)
        assert.ok(body.length <= LONGEST_BODY, `found ${body.length} characters`)
        const type = new Headers(headers as Record<string, string>).get('content-type') ?? ''
        if (/\bjson\b/.test(type)) assert.doesNotThrow(() => JSON.parse(body) as unknown)
      }
    },
  },
  {
    name: 'says which state the service is in',
    run(request) {
      const [failing, passing] = ALERTS.slice(0, 2).map(alert => JSON.stringify(request(alert)))
      assert.notEqual(failing, passing)
    },
  },
  {
    name: 'gives the same request for the same alert',
    run(request) {
      for (const alert of ALERTS) assert.deepEqual(request(alert), request(alert))
    },
  },
]

/** Runs one promise with each of the examples of options. Throws where it is broken. */
export function runChannelCase({ run }: ChannelCase, plugin: ChannelPlugin): void {
  for (const example of plugin.examples ?? [{}]) {
    const options = schemaOf(plugin).parse(example) as never
    run(alert => plugin.request(alert, options))
  }
}
