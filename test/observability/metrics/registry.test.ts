import { expect } from 'chai'
import { EXIT_REASONS } from '../../../src/domain/reason.ts'
import type { MetricFacts } from '../../../src/observability/metrics/facts.ts'
import { Board, single } from '../../../src/observability/metrics/family.ts'
import { metrics } from '../../../src/observability/metrics/registry.ts'
import { FACTS } from '../../support/metric-facts.ts'

const linesOf = (text: string): string[] =>
  text.split('\n').filter(line => line.startsWith('watchkeeper_'))

/** The same facts with another number or flag at one place each, and that place. */
function* changesOf(facts: unknown, way = ''): Iterable<[place: string, changed: unknown]> {
  if (typeof facts === 'number') yield [way, facts + 1_000]
  if (typeof facts === 'boolean') yield [way, !facts]
  if (typeof facts !== 'object' || facts === null) return
  for (const [name, value] of facts instanceof Map ? facts : Object.entries(facts)) {
    for (const [place, changed] of changesOf(value, `${way}.${name}`)) {
      if (facts instanceof Map) yield [place, new Map([...facts, [name, changed]])]
      else if (Array.isArray(facts)) yield [place, facts.with(Number(name), changed)]
      else yield [place, { ...facts, [name]: changed }]
    }
  }
}

describe('the metrics', () => {
  it('show each number and flag of the facts', async () => {
    const board = metrics()
    const before = new Set(linesOf(await board.scrape(FACTS)))
    const unseen: string[] = []
    for (const [place, facts] of changesOf(FACTS)) {
      const lines = linesOf(await board.scrape(facts as MetricFacts))
      if (lines.every(line => before.has(line))) unseen.push(place)
    }
    expect(unseen).to.deep.equal([])
  })

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
