import { join } from 'node:path'
import { expect } from 'chai'
import { startWatchkeeper, type RunningWatchkeeper } from '../../src/app/embed.ts'
import { startBroker, type RemoteBroker } from '../support/broker-server/client.ts'
import { Folder } from '../support/cli.ts'
import { ask } from '../support/http.ts'
import { until } from '../support/until.ts'

interface Line {
  readonly seq: number
  readonly kind: string
  readonly [field: string]: unknown
}

const EXITED = ['FILLED', 'REJECTED', 'LOST', 'REFUSED']
const INSTRUMENTS = [...EXITED, 'ELSEWHERE', 'KEPT']

const CAPABILITIES = { lookup: 'complete', dedupe: 'always', visibilityMs: 50 } as const

describe('the counts of a service', function () {
  this.timeout(60_000)

  let folder: Folder
  let broker: RemoteBroker
  let running: RunningWatchkeeper
  let port: number
  const logged: Line[] = []

  before(async () => {
    folder = new Folder()
    broker = await startBroker({
      settings: {
        capabilities: { lookup: 'complete', dedupe: 'always', visibilityMs: 50 } as never,
      },
      script: {
        hands: INSTRUMENTS.map(instrument => ({ instrument, quantity: 1 })),
        prices: Object.fromEntries(INSTRUMENTS.map(instrument => [instrument, 100])),
        faults: [
          { on: 'place', instrument: 'REJECTED', harm: { kind: 'reject', code: 'refused' } },
          { on: 'place', instrument: 'LOST', harm: { kind: 'reset', when: 'after' } },
          {
            on: 'place',
            instrument: 'REFUSED',
            harm: { kind: 'status', when: 'before', status: 429 },
          },
        ],
      },
    })
    running = await startWatchkeeper({
      config: {
        dataFolder: join(folder.path, 'data'),
        http: { port: 0 },
        cycleMs: 50,
        broker: {
          kind: 'http',
          url: broker.url,
          token: 'test-token',
          capabilities: CAPABILITIES,
        },
        feed: { kind: 'poll', pollMs: 100 },
        exits: { retryMs: 50 },
        gateway: { breakers: { quotes: { openMs: 100, exitOpenMs: 100, exitProbeMs: 100 } } },
        holdings: { confirm: false, reconcileMs: 100 },
        log: { format: 'json' },
      },
      env: {},
      onLog: line => logged.push(JSON.parse(line) as Line),
    })
    port = Number(new URL(running.url).port)
  })

  after(async () => {
    await running?.stop()
    await broker?.close()
    folder?.remove()
  })

  const post = (path: string, body: object = {}): Promise<unknown> =>
    ask(port, `/api/${path}`, { method: 'POST', body })
  const journal = async (): Promise<Line[]> =>
    (await ask(port, '/api/journal?limit=1000')).json as unknown as Line[]
  const countOf = (lines: readonly Line[], kind: string): number =>
    lines.filter(line => line.kind === kind).length

  it('equal the lines of the journal, and each line is logged once', async () => {
    for (const instrument of INSTRUMENTS) {
      await running.guard({
        id: instrument.toLowerCase(),
        instrument,
        side: 'long',
        quantity: 1,
        entryPrice: 100,
        rules: { stopLoss: { pct: 50 } },
      })
    }
    for (const instrument of EXITED) await running.exit(instrument.toLowerCase())
    await broker.handTrade({ instrument: 'ELSEWHERE', quantity: -1 })
    await post('supervision/monitor-kept/restart')
    await post('log-levels', { component: 'supervision', level: 'debug' })
    await post('metrics/reset')
    await post('kill-switch', { state: 'block' })
    await until(async () => countOf(await journal(), 'exit-filled') === EXITED.length)
    await broker.script({ set: { outage: { mode: 'status' } } })
    await until(async () => countOf(await journal(), 'polls-failing') === 1)
    await broker.script({ set: { outage: null } })
    const happened = (lines: readonly Line[]): boolean =>
      countOf(lines, 'position-gone') === 1 && countOf(lines, 'polls-recovered') === 1
    await until(async () => happened(await journal()))

    let text = ''
    let lines: Line[] = []
    const sumOf = (name: string, labels = ''): number =>
      [...text.matchAll(new RegExp(`^watchkeeper_${name}(?:{.*${labels}.*})? (\\d+)$`, 'gm'))]
        .map(([, value]) => Number(value))
        .reduce((a, b) => a + b, 0)
    // Of one moment: no line is written while the metrics are read, and the last one is counted.
    await until(async () => {
      lines = await journal()
      text = (await ask(port, '/metrics')).text
      const isQuiet = (await journal()).length === lines.length
      return isQuiet && sumOf('journal_lines_total') >= lines.length
    })
    const shown = {
      'exit-intended': sumOf('exits_intended_total', 'reason="manual"'),
      'exit-filled': sumOf('exits_ended_total', 'outcome="filled"'),
      'exit-rejected': sumOf('exit_rejections_total'),
      'exit-unknown': sumOf('exit_unknown_total'),
      'position-gone': sumOf('positions_closed_elsewhere_total'),
      'actor-restarted-by-hand': sumOf('actor_restarts_total', 'cause="hand"'),
      'exit-foreign': sumOf('exit_foreign_orders_total'),
      'isolated-fault': sumOf('isolated_faults_total'),
      'clock-moved': sumOf('clock_jumps_total'),
    }
    const written = Object.fromEntries(Object.keys(shown).map(kind => [kind, countOf(lines, kind)]))
    expect(shown, lines.map(({ kind }) => kind).join(' ')).to.deep.equal(written)
    expect(written).to.include({
      'exit-intended': 4,
      'exit-filled': 4,
      'exit-rejected': 1,
      'exit-unknown': 1,
      'position-gone': 1,
      'actor-restarted-by-hand': 1,
    })
    expect(sumOf('journal_lines_total')).to.equal(lines.length)
    expect(sumOf('broker_errors_total')).to.be.at.least(countOf(lines, 'exit-failed'))
    expect(sumOf('kill_switch_state', 'state="block"')).to.equal(1)
    expect(sumOf('store_waiting_rows')).to.equal(0)

    const kinds = lines.map(({ kind }) => kind)
    expect(kinds).to.include.members(['log-level', 'metrics-reset', 'kill-switch'])
    const ofJournal = logged.filter(({ kind }) => kinds.includes(kind)).map(({ kind }) => kind)
    expect(ofJournal.toSorted()).to.deep.equal(kinds.toSorted())
  })
})
