import { expect } from 'chai'
import { EXIT_REASONS } from '../../../src/domain/reason.ts'
import type { MetricFacts } from '../../../src/observability/metrics/facts.ts'
import { Board, single } from '../../../src/observability/metrics/family.ts'
import { metrics } from '../../../src/observability/metrics/registry.ts'

const FACTS: MetricFacts = {
  version: '1.2.3',
  nodeVersion: 'v20',
  startedAt: 1_000,
  now: 5_000,
  mode: 'guard',
  health: 'warn',
  killSwitch: 'off',
  exitable: { yes: 0, no: 0, unknown: 0 },
  layers: { both: 1, ours: 2, venue: 0, none: 1 },
  nets: { resting: 1, missing: 0, unproved: 0, orphan: 0 },
  venueLayerMs: 2_500,
  credentialsEndAt: undefined,
  brokerClockMs: -1_500,
  positions: { guarded: 3, exiting: 1, observed: 0, unguarded: 0 },
  exitsIntended: new Map([['stop-loss', 2]]),
  exitsEnded: {
    filled: new Map([['stop-loss', 1]]),
    gone: new Map(),
    dust: new Map(),
    observed: new Map(),
    discarded: new Map(),
  },
  rejections: new Map([['refused', 2]]),
  unknownOrders: 1,
  foreignOrders: 0,
  unverifiedOrders: 0,
  unverifiedMs: 0,
  closedElsewhere: 0,
  lateFills: 0,
  releasedOrders: 0,
  openExits: new Map([['unknown', 1]]),
  oldestExitMs: 1_500,
  ticks: { evaluated: 10, bad: 1, old: 0, closed: 0, ahead: 0 },
  unguardedMs: new Map([['price' as const, 1_500]]),
  store: { place: 'data/store', isOurs: true, risks: [], outages: 0, losses: 0 },
  prices: {
    oldestMs: 900,
    newestMs: 5,
    stale: 0,
    pending: 1,
    backlog: 3,
    backlogLimit: 4_096,
    foldErrors: 0,
  },
  restarts: [{ kind: 'monitor', cause: 'crash', count: 2 }],
  actors: [
    {
      kind: 'monitor',
      states: { running: 4, backoff: 1, quarantined: 0 },
      queued: 2,
      handled: 90,
      busyMs: 1_250,
    },
  ],
  deadLetters: 0,
  brokerErrors: 0,
  followErrors: 0,
  isolatedFaults: 0,
  clockJumps: 0,
  writes: {
    failing: 0,
    commits: { ok: 8, failed: 0 },
    journalLines: 7,
    lostLines: 0,
    ratchetAgeMs: 20,
    waiting: { ratchets: 3, extremes: 0, lines: 0, exits: 0, positions: 0 },
  },
  cycles: {
    ok: 9,
    failed: 1,
    empty: 0,
    phasesMs: new Map([['flush', 12]]),
    healthAgeMs: 250,
    loopActiveMs: 2_000,
  },
  notices: {
    commands: [{ channel: 'telegram', counts: { answered: 1 } }],
    channels: [{ channel: 'slack', delivered: 2, failed: 1, leftOut: 0, waiting: 3 }],
    delivered: 1,
    failed: 0,
    leftOut: 0,
    waiting: 0,
    beats: 4,
    missedBeats: 0,
  },
  gateway: {
    breakers: [{ group: 'orders', state: 'open', refused: 3 }],
    throttles: [],
    limitUses: [{ group: 'orders', share: 0.5 }],
    laneBound: 10,
    calls: [
      { group: 'orders', operation: 'placeExit', outcome: 'ok', count: 2 },
      { group: 'orders', operation: 'placeExit', outcome: 'ECONNRESET', count: 1 },
      { group: 'orders', operation: 'placeExit', outcome: 'EPIPE', count: 1 },
    ],
  },
  redis: {
    connections: [
      {
        use: 'feed-push',
        isUp: false,
        breaker: 'open',
        reconnects: 3,
        outcomes: { ok: 7, timeout: 2 },
      },
    ],
    messages: { pubsub: 9 },
    malformed: { price: 1, time: 0 },
  },
  streams: {
    streams: [{ stream: 'quotes', isUp: false, reconnects: 2 }],
    messages: 11,
    oddities: { old: 3 },
  },
  advisors: [
    {
      advisor: 'news',
      state: 'backoff',
      restarts: 2,
      requests: { tightened: 3, exits: 1, notes: 0, refused: 4 },
      lines: { invalid: 5, dropped: 6 },
      confirmedAgeMs: 1_500,
    },
    {
      advisor: 'new',
      state: 'running',
      restarts: 0,
      requests: { tightened: 0, exits: 0, notes: 0, refused: 0 },
      lines: { invalid: 0, dropped: 0 },
      confirmedAgeMs: undefined,
    },
  ],
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
    expect(lines).to.include('watchkeeper_stream_up{stream="quotes"} 0')
    expect(lines).to.include('watchkeeper_stream_reconnects_total{stream="quotes"} 2')
    expect(lines).to.include('watchkeeper_stream_messages_total 11')
    expect(lines).to.include('watchkeeper_stream_odd_messages_total{kind="old"} 3')
    expect(lines).to.include('watchkeeper_rule_fires_total{rule="stopLoss"} 4')
  })

  it('show whether advisors run, what became of their requests, and no age before a confirmation', async () => {
    const lines = linesOf(await metrics().scrape(FACTS))
    const news = 'advisor="news"'
    for (const line of [
      `watchkeeper_advisor_state{${news},state="running"} 0`,
      `watchkeeper_advisor_state{${news},state="backoff"} 1`,
      `watchkeeper_advisor_restarts_total{${news}} 2`,
      `watchkeeper_advisor_requests_total{${news},result="tightened"} 3`,
      `watchkeeper_advisor_requests_total{${news},result="refused"} 4`,
      `watchkeeper_advisor_odd_lines_total{${news},kind="dropped"} 6`,
    ])
      expect(lines).to.include(line)
    expect(lines.filter(line => line.includes('advisor_update_age'))).to.deep.equal([
      `watchkeeper_advisor_update_age_seconds{${news}} 1.5`,
    ])
  })

  it('are identical when nothing has changed, and contain each change', async () => {
    const board = metrics()
    const first = linesOf(await board.scrape(FACTS))
    expect(linesOf(await board.scrape(FACTS))).to.deep.equal(first)
    const more = { ...FACTS, ticks: { ...FACTS.ticks, evaluated: 12 } }
    expect(linesOf(await board.scrape(more))).to.include(
      'watchkeeper_ticks_total{result="evaluated"} 12',
    )
  })

  it('follow the naming rules: a prefix, base units, _total for counters alone', async () => {
    const text = await metrics().scrape(FACTS)
    const types = [...text.matchAll(/^# TYPE (watchkeeper_\S+) (\S+)$/gm)]
    expect(types.length).to.be.greaterThan(10)
    for (const [, name, type] of types) {
      expect(name!.endsWith('_total'), name).to.equal(type === 'counter')
      expect(name).not.to.match(/_(ms|millis|percent)(_|$)/)
    }
  })

  it('have buckets for exits and calls that are observed when they end', async () => {
    const board = metrics()
    board.durations.call(0.02, { group: 'orders', operation: 'placeExit' })
    board.durations.exits['exit.intended'](0.0004)
    const lines = linesOf(await board.scrape(FACTS))
    const labels = 'group="orders",operation="placeExit"'
    expect(lines).to.include(`watchkeeper_broker_call_seconds_bucket{le="0.025",${labels}} 1`)
    expect(lines).to.include('watchkeeper_exit_intended_seconds_bucket{le="0.0005"} 1')
    expect(lines).to.include('watchkeeper_exit_filled_seconds_count 0')
  })

  it('show every kind of call before the first one, and unknown errors as other', async () => {
    const lines = linesOf(await metrics().scrape(FACTS))
    const count = (group: string, operation: string, outcome: string): string => {
      const labels = `group="${group}",operation="${operation}",outcome="${outcome}"`
      return lines.find(line => line.startsWith(`watchkeeper_broker_calls_total{${labels}}`))!
    }
    expect(count('quotes', 'quotes', 'OUTCOME_UNKNOWN')).to.match(/ 0$/)
    expect(count('orders', 'placeExit', 'ok')).to.match(/ 2$/)
    expect(count('orders', 'placeExit', 'other')).to.match(/ 2$/)
    expect(lines).to.include(
      'watchkeeper_broker_call_seconds_count{group="account",operation="holding"} 0',
    )
  })

  it('have no label of unbounded values, and only known values', async () => {
    const text = await metrics().scrape(FACTS)
    const found = new Set([...text.matchAll(/[{,](\w+)="/g)].map(([, label]) => label!))
    for (const label of ['positionId', 'position', 'instrument', 'order', 'clientOrderId']) {
      expect([...found]).not.to.include(label)
    }
    expect(text).not.to.include('ECONNRESET')
  })

  it('omit what cannot be read, and count it', async () => {
    const board = new Board()
    board.gauge({ name: 'broken', help: 'Fails.' }, () => {
      throw new Error('no')
    })
    board.counter({ name: 'wrong_total', help: 'Has no number.' }, () => single(Infinity))
    board.gauge({ name: 'whole', help: 'Works.' }, () => single(1))
    expect(await board.scrape(FACTS)).to.include('whole 1')
    expect(board.failures).to.equal(2)
  })

  it('ignore an invalid duration, and the measured code continues', async () => {
    const board = metrics()
    board.durations.commit(NaN)
    board.durations.call(1, { group: 'orders', operation: 'placeExit', at: '5' })
    const lines = linesOf(await board.scrape(FACTS))
    expect(lines).to.include('watchkeeper_metric_errors_total 2')
  })

  it('are written in turns, and two scrapes at once show the facts of each', async () => {
    const board = metrics()
    const others = { ...FACTS, version: '2.0.0', rules: [], clockJumps: 7, openExits: new Map() }
    const alone = [linesOf(await board.scrape(FACTS)), linesOf(await board.scrape(others))]
    let [turns, isOver] = [0, false]
    const turn = (): void => void (isOver || (turns++, setImmediate(turn)))
    setImmediate(turn)
    const both = await Promise.all([board.scrape(FACTS), board.scrape(others)])
    isOver = true
    expect(both.map(linesOf)).to.deep.equal(alone)
    expect(turns).to.be.greaterThan(4)
  })

  it('are OpenMetrics when requested, and the next scrape is as before', async () => {
    const board = metrics()
    const open = await board.scrape(FACTS, 'openmetrics')
    expect(open).to.include('# TYPE watchkeeper_ticks counter\n')
    expect(open).to.include('\nwatchkeeper_ticks_total{result="evaluated"} 10\n')
    expect(open).not.to.include('\n\n')
    expect(open.endsWith('\n# EOF\n')).to.equal(true)
    const families = [...open.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name)
    expect(new Set(families).size).to.equal(families.length)
    expect(await board.scrape(FACTS)).to.include('# TYPE watchkeeper_ticks_total counter\n')
  })
})
