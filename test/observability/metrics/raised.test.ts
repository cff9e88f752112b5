import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { metrics } from '../../../src/observability/metrics/registry.ts'
import { Folder } from '../../support/cli.ts'
import { ROOT } from '../../support/docs/blocks.ts'
import { startService } from '../../support/start-service.ts'
import { until } from '../../support/until.ts'

/** Counters that a service on paper leaves at 0 while nothing goes wrong, each with the code that raises it. */
const RAISED: Readonly<Record<string, readonly [file: string, code: string]>> = {
  actor_restarts: ['account/counters', 'this.restartsBy[kind][cause]++'],
  advisor_odd_lines: ['advisors/advisor', 'this.counts.invalid++'],
  advisor_requests: ['advisors/advisor', 'this.counts.tightened++'],
  advisor_restarts: ['advisors/advisor', 'this.restarts++'],
  breaker_refused: ['resilience/breaker', 'refused: seen.refused + 1'],
  broker_errors: ['account/event-counts', 'counts.brokerErrors++'],
  clock_jumps: ['account/trusted-clock', 'this.jumps++'],
  commands: ['telegram/bot', 'this.counts.answered++'],
  dead_letters: ['actors/actor', 'this.deadLetters++'],
  exit_foreign_orders: ['account/event-counts', 'counts.foreignOrders++'],
  exit_late_fills: ['account/late-executions', 'counts.lateFills++'],
  exit_rejections: ['account/event-counts', 'tally(counts.rejections, event.code)'],
  exit_unknown: ['account/event-counts', 'counts.unknowns++'],
  exit_unverified: ['account/event-counts', 'counts.unverified++'],
  fold_errors: ['risk/account-sink', 'this.foldErrors++'],
  isolated_faults: ['account/event-counts', 'counts.isolatedFaults++'],
  journal_lines_lost: ['account/line-queue', 'this.lost += '],
  lane_dropped: ['resilience/lanes', 'of.dropped[lane] + left'],
  messages: ['observability/notify/courier', 'this.counts.delivered += '],
  metric_errors: ['observability/metrics/family', 'this.failures++'],
  notifications: ['observability/notify/notifier', 'this.counts.delivered++'],
  positions_closed_elsewhere: ['account/position-closing', 'counts.closedElsewhere++'],
  redis_commands: ['redis/connection', 'this.outcomes[outcome]++'],
  redis_malformed: ['feeds/redis/intake', 'this.malformed.set(kind, '],
  redis_messages: ['feeds/redis/intake', 'this.messages[source]++'],
  redis_reconnects: ['redis/connection', 'this.reconnects++'],
  rule_errors: ['risk/rule-tally', 'each.errored++'],
  rule_fires: ['risk/rule-tally', 'each.fired++'],
  store_losses: ['stores/redis/presence', 'this.losses++'],
  store_outages: ['stores/redis/presence', 'this.outages++'],
  stream_messages: ['brokers/venue/stream/quotes', 'this.messages++'],
  stream_odd_messages: ['brokers/venue/stream/quotes', 'this.oddities.set(what, '],
  stream_reconnects: ['brokers/venue/stream/socket', 'this.reconnects++'],
  venue_layer_seconds: ['views/net-layers', 'this.venueMs += '],
}

const nameOf = (metric: string): string | undefined => /^watchkeeper_(\w+)_total$/.exec(metric)?.[1]

/** The counters of a scrape that have counted. */
const countedIn = (scrape: string): readonly string[] =>
  scrape.split('\n').flatMap(line => {
    const [, metric, value] = /^(\w+)(?:\{.*\})? (\S+)$/.exec(line) ?? []
    const name = metric === undefined ? undefined : nameOf(metric)
    return name === undefined || Number(value) === 0 ? [] : [name]
  })

describe('each counter', () => {
  let folder: Folder

  before(() => (folder = new Folder()))
  after(() => folder.remove())

  it('counts in a service that guards and exits, or the code that raises it is named', async () => {
    const all = metrics()
      .registry.getMetricsAsArray()
      .flatMap(({ name }) => nameOf(name) ?? [])
    const expected = all.filter(name => !(name in RAISED))
    const heartbeat = { url: 'http://127.0.0.1:9/hook' }
    const { service, url } = await startService({
      dataFolder: join(folder.path, 'data'),
      cycleMs: 50,
      notify: { heartbeat },
    })
    const post = (path: string, body: object): Promise<Response> =>
      fetch(`${url}/api/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    try {
      const entry = { instrument: 'ACME', side: 'long', quantity: 1, entryPrice: 100 }
      const exited = { id: 'p1', ...entry, rules: { stopLoss: { pct: 50 } } }
      // No rule of it ever exits, so that it is unguarded in each cycle, whatever prices have come by then.
      const unguarded = { id: 'p2', ...entry, rules: { staleQuote: { afterMs: 60_000 } } }
      for (const position of [exited, unguarded]) {
        expect((await post('positions', position)).status).to.equal(201)
      }
      expect((await post('positions/p1/exit', {})).status).to.equal(202)
      let left = expected
      const hasCounted = async (): Promise<boolean> => {
        const counted = countedIn(await (await fetch(`${url}/metrics`)).text())
        left = left.filter(name => !counted.includes(name))
        return left.length === 0
      }
      const onLate = () => expect.fail(`still 0: ${left.join(', ')}`)
      await until(hasCounted, { patienceMs: 20_000, onLate })
    } finally {
      await service.stop()
    }
  }).timeout(60_000)

  it('has the code that is named for it', () => {
    const missing = Object.entries(RAISED).filter(
      ([, [file, code]]) => !readFileSync(join(ROOT, 'src', `${file}.ts`), 'utf8').includes(code),
    )
    expect(missing.map(([name]) => name)).to.deep.equal([])
  })
})
