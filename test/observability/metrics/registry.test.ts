import { expect } from 'chai'
import { EXIT_REASONS } from '../../../src/domain/reason.ts'
import type { MetricFacts } from '../../../src/observability/metrics/facts.ts'
import { Board, single } from '../../../src/observability/metrics/family.ts'
import { metrics } from '../../../src/observability/metrics/registry.ts'

const FACTS: MetricFacts = {
  ...{ version: '1.2.3', nodeVersion: 'v20', startedAt: 1_000, now: 5_000 },
  ...{ mode: 'guard', health: 'warn', killSwitch: 'off' },
  positions: { guarded: 3, exiting: 1, observed: 0, unguarded: 0 },
  exitsIntended: new Map([['stop-loss', 2]]),
  exitsFilled: new Map(),
  openExits: new Map([['unknown', 1]]),
  oldestExitMs: 1_500,
  ticks: { accepted: 10, bad: 1, old: 0 },
  unguardedMs: new Map([['price' as const, 1_500]]),
  ...{ restarts: 0, actors: { alive: 4, expected: 4 }, deadLetters: 0 },
  ...{ brokerErrors: 0, storeErrors: 0, journalLines: 7, clockJumps: 0 },
  store: { place: 'data/store', isOurs: true, risks: [], outages: 0, losses: 0 },
  gateway: {
    breakers: [{ group: 'orders', state: 'open', refused: 3 }],
    throttles: [],
    calls: [{ group: 'orders', operation: 'placeExit', outcome: 'ok', count: 2 }],
  },
  redis: {
    connections: [
      {
        ...{ use: 'feed-push', isUp: false, breaker: 'open', reconnects: 3 },
        outcomes: { ok: 7, timeout: 2 },
      },
    ],
    messages: { pubsub: 9 },
    malformed: { price: 1, time: 0 },
  },
  rules: [{ name: 'stopLoss', configured: 2, armed: 1, evaluated: 9, errored: 3, fired: 4 }],
  limits: [{ name: 'all', loss: -5, maxLoss: 100, isTripped: false }],
}

const linesOf = (text: string): string[] =>
  text.split('\n').filter(line => line.startsWith('watchkeeper_'))

describe('the metrics', () => {
  it('show every combination of labels from the first scrape on', async () => {
    const lines = linesOf(await metrics().scrape(FACTS))
    for (const reason of EXIT_REASONS) {
      const wanted = reason === 'stop-loss' ? 2 : 0
      expect(lines).to.include(`watchkeeper_exits_intended_total{reason="${reason}"} ${wanted}`)
    }
    expect(lines).to.include('watchkeeper_health_status{status="pass"} 0')
    expect(lines).to.include('watchkeeper_health_status{status="warn"} 1')
    expect(lines).to.include('watchkeeper_exit_oldest_open_seconds 1.5')
    expect(lines).to.include('watchkeeper_unguarded_seconds_total{cause="price"} 1.5')
    expect(lines).to.include('watchkeeper_unguarded_seconds_total{cause="halt"} 0')
    expect(lines).to.include('watchkeeper_rules_armed{rule="stopLoss"} 1')
    const use = 'use="feed-push"'
    expect(lines).to.include(`watchkeeper_redis_up{${use}} 0`)
    expect(lines).to.include(`watchkeeper_redis_breaker_state{${use},state="open"} 1`)
    expect(lines).to.include(`watchkeeper_redis_breaker_state{${use},state="closed"} 0`)
    expect(lines).to.include(`watchkeeper_redis_commands_total{${use},outcome="timeout"} 2`)
    expect(lines).to.include('watchkeeper_redis_malformed_total{kind="time"} 0')
    expect(lines).to.include('watchkeeper_rule_fires_total{rule="stopLoss"} 4')
  })

  it('say the same when nothing has changed, and what is new when something has', async () => {
    const board = metrics()
    const first = linesOf(await board.scrape(FACTS))
    expect(linesOf(await board.scrape(FACTS))).to.deep.equal(first)
    const more = { ...FACTS, ticks: { ...FACTS.ticks, accepted: 12 } }
    expect(linesOf(await board.scrape(more))).to.include(
      'watchkeeper_ticks_total{result="evaluated"} 12',
    )
  })

  it('have names of the house: a prefix, base units, _total for counters alone', async () => {
    const text = await metrics().scrape(FACTS)
    const types = [...text.matchAll(/^# TYPE (watchkeeper_\S+) (\S+)$/gm)]
    expect(types.length).to.be.greaterThan(10)
    for (const [, name, type] of types) {
      expect(name!.endsWith('_total'), name).to.equal(type === 'counter')
      expect(name).not.to.match(/_(ms|millis|percent)(_|$)/)
    }
  })

  it('have buckets for exits and calls that are told when they end', async () => {
    const board = metrics()
    board.durations.call(0.02, { group: 'orders', operation: 'placeExit' })
    board.durations.intended(0.0004)
    const lines = linesOf(await board.scrape(FACTS))
    const labels = 'group="orders",operation="placeExit"'
    expect(lines).to.include(`watchkeeper_broker_call_seconds_bucket{le="0.025",${labels}} 1`)
    expect(lines).to.include('watchkeeper_exit_intended_seconds_bucket{le="0.0005"} 1')
    expect(lines).to.include('watchkeeper_exit_filled_seconds_count 0')
  })

  it('leave out what cannot be read, and count it', async () => {
    const board = new Board()
    board.gauge({ name: 'broken', help: 'Fails.' }, () => {
      throw new Error('no')
    })
    board.gauge({ name: 'whole', help: 'Works.' }, () => single(1))
    expect(await board.scrape(FACTS)).to.include('whole 1')
    expect(board.failures).to.equal(1)
  })
})
