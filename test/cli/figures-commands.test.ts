import { expect } from 'chai'
import { CycleMetrics } from '../../src/observability/cycle-metrics.ts'
import type { PerformanceReport } from '../../src/ports/control/performance.ts'
import type { LimitView, PortfolioView } from '../../src/ports/control/portfolio.ts'
import type { RuleView } from '../../src/ports/control/why.ts'
import { cliHere } from '../support/cli-here.ts'
import type { Ran } from '../support/cli.ts'
import { aView } from '../support/fake-control.ts'
import { always, OddServer } from '../support/odd-server.ts'

const PERCENTILES = { count: 1_200, mean: 1, p50: 0.5, p90: 2, p99: 4, p999: 8, max: 16.25 }

const REPORT: PerformanceReport = {
  at: 0,
  operations: { cycle: PERCENTILES },
  slowest: [
    { at: 1_000, ms: 5, phases: { flush: 1 }, did: {}, hasFailed: false },
    { at: 2_000, ms: 9, phases: { clock: 1, actors: 7 }, did: { apiCalls: 4 }, hasFailed: true },
  ],
  trends: [
    { operation: 'cycle', present: 4, hour: 2, day: 1, week: null, changePct: 300, isMarked: true },
    { operation: 'tick', present: 1, hour: 1, day: 1, week: 1, changePct: 0, isMarked: false },
  ],
}

const LIMIT: LimitView = {
  name: 'daily',
  maxLoss: 1_000,
  warnAtPct: 80,
  account: null,
  underlying: null,
  currency: 'EUR',
  realised: -500,
  unrealised: -350,
  loss: 850,
  trippedAt: null,
}

const PORTFOLIO: PortfolioView = {
  day: { from: 0, until: 86_400_000 },
  realised: [{ amount: -500, account: 'main', currency: 'EUR' }],
  limits: [
    LIMIT,
    { ...LIMIT, name: 'all', loss: -20 },
    { ...LIMIT, name: 'hit', trippedAt: 5_000 },
  ],
}

describe('The commands that show figures', () => {
  let server: OddServer | undefined

  afterEach(() => server?.close())

  async function run(answer: unknown, ...args: string[]): Promise<Ran> {
    server = new OddServer(always(answer))
    return cliHere([...args, '--url', await server.open()])
  }

  it('refuse JSON that lacks the figures', async () => {
    for (const name of ['report', 'metrics', 'portfolio']) {
      const { code, stdout, stderr } = await run({ operations: {} }, name)
      expect([code, stdout, stderr.split(':')[1]], name).to.deep.equal([1, '', ' NOT_WATCHKEEPER'])
      server!.close()
    }
  })

  it('show that there are no figures yet', async () => {
    const empty = { at: 0, operations: {}, slowest: [], trends: [] }
    const { code, stdout } = await run(empty, 'report')
    expect([code, stdout.match(/^no .* yet$/gm)]).to.deep.equal([
      0,
      ['no operation was measured yet', 'no cycle has run yet', 'no trend is known yet'],
    ])
    server!.close()
    const metrics = await run(new CycleMetrics(0).getMetrics(), 'metrics')
    expect(metrics.stdout).to.match(/^time, ms +- +- +- +-$/m)
  })

  it('report percentiles, the slowest cycles first, and marked trends', async () => {
    const { code, stdout } = await run(REPORT, 'report')
    expect(code).to.equal(0)
    expect(stdout).to.match(/^cycle +1,200 +1 +0\.5 +2 +4 +8 +16\.25$/m)
    expect(stdout).to.match(
      /Z +9 {2}actors 7, clock 1, failed {2}apiCalls 4\n1970.*Z +5 {2}flush 1 *$/m,
    )
    expect(stdout).to.match(/^cycle +- +1 +2 +4 +\+300\.00 % {3}▃▅█ {2}!$/m)
    expect(stdout).to.match(/^tick +1 +1 +1 +1 +0\.00 % {2}████$/m)
  })

  it('print metrics unchanged, and reset them with --reset', async () => {
    const cycles = new CycleMetrics(0)
    cycles.incrementMetric('exits.stop-loss', 2)
    cycles.recordCycleMetrics({
      cycleTime: 1.5,
      positions: 3,
      redisFetches: 0,
      storeQueries: 4,
      apiCalls: 1,
      exits: { 'stop-loss': 2 },
      errors: {},
    })
    const { stdout } = await run(cycles.getMetrics(), 'metrics', '--reset')
    expect(stdout).to.match(/^cycles {2}1, 0 without a position, 0 failed$/m)
    expect(stdout).to.match(/^time, ms +1\.5 +1\.5 +1\.5 +1\.5$/m)
    expect(stdout).to.match(/^store queries +4 +4$/m)
    expect(stdout).to.match(/^stop-loss +\d+$/m)
    expect(stdout).to.match(/counting starts afresh\n$/)
    expect(server!.asked).to.deep.equal(['POST /api/metrics/reset {}'])
  })

  it('show the day, its sums, and how much of each limit is used', async () => {
    const { stdout } = await run(PORTFOLIO, 'portfolio')
    expect(stdout).to.match(/^realised {5}-500 of main EUR$/m)
    expect(stdout).to.match(/^daily +EUR +-500 +-350 +850 +1,000 +85 % {2}near$/m)
    expect(stdout).to.match(/^all +EUR .* 0 %$/m)
    expect(stdout).to.match(/^hit .* reached 1970-01-01T00:00:05\.000Z$/m)
  })

  it('reset a limit only after a confirmation', async () => {
    const refused = await run(PORTFOLIO, 'portfolio', 'reset', 'a/b')
    expect([refused.code, server!.asked]).to.deep.equal([2, []])
    server!.close()
    expect((await run(PORTFOLIO, 'portfolio', 'reset', 'a/b', '--yes')).code).to.equal(0)
    expect(server!.asked).to.deep.equal(['POST /api/portfolio/limits/a%2Fb/reset {}'])
  })

  it('print the distance of each level, the age of its input, and which is nearest', async () => {
    const seen = { inputAgeMs: 1_500, evaluatedAt: 4 }
    const rules: readonly RuleView[] = [
      { rule: 'stopLoss', reason: 'stop-loss', armed: true, level: 95, distance: -6, ...seen },
      { rule: 'takeProfit', reason: 'take-profit', armed: true, level: 102, distance: 1, ...seen },
      {
        rule: 'trailing',
        reason: 'trailing-stop',
        armed: false,
        level: 101,
        distance: 0,
        inputAgeMs: null,
        evaluatedAt: null,
        why: 'it waits',
      },
    ]
    const { stdout } = await run({ position: aView(), rules }, 'why', 'p1')
    expect(stdout).to.include('\nnearest level: takeProfit at 102, +0.99 % away\n')
    expect(stdout).to.match(/^stopLoss +yes +95 +-6 +-5\.94 % +1\.5 s$/m)
    expect(stdout).to.match(/^trailing +no +101 +0 +0\.00 % +- {2}it waits$/m)
  })

  it('print how far an exit has come, and its history', async () => {
    const exit = {
      state: 'unknown',
      attempt: 2,
      clientOrderId: 'wk1',
      quantity: 4,
      executed: 3,
      rejections: 1,
      steps: [
        { at: 1_000, attempt: 1, what: 'decided: stop-loss' },
        { at: 1_450, attempt: 2, what: 'unknown: no answer' },
      ],
    }
    const { stdout } = await run({ position: aView(), rules: [], exit }, 'why', 'p1')
    expect(stdout).to.match(
      /^exit: unknown, 3 of 4 executed, attempt 2, order wk1, 1 times refused$/m,
    )
    expect(stdout).to.match(/^ +\+0\.000 s {2}attempt 1 {2}decided: stop-loss$/m)
    expect(stdout).to.match(/^ +\+0\.450 s {2}attempt 2 {2}unknown: no answer$/m)
  })

  it('show no missing check as 0', async () => {
    const health = { status: 'pass', version: '1', output: [], checks: {} }
    server = new OddServer((request, response) => {
      const killSwitch = { state: 'off', since: null, by: null, held: [] }
      const positions = { positions: [], next: null }
      const answers = { '/health': health, '/api/kill-switch': killSwitch, '/api/accounts': [] }
      const kind = answers[request.url as keyof typeof answers] ?? positions
      always(kind)(request, response)
    })
    const { stdout } = await cliHere(['status', '--url', await server.open()])
    expect(stdout).to.include('up ?\n')
    expect(stdout).to.include('? guarded, ? being exited, ? not guarded')
  })
})
