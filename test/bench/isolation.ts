import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Capabilities } from '../../src/ports/broker.ts'
import type { JournalLine } from '../../src/ports/journal-lines.ts'
import { startBroker, type RemoteBroker } from '../support/broker-server/client.ts'
import { ask } from '../support/http.ts'
import { RunningService } from '../support/kill.ts'
import { until } from '../support/until.ts'
import { quantile, type Table } from './report.ts'

/** Exits of each account in each phase. */
const EXITS = 60
/** Time between two of them, ms. */
const APART_MS = 40
/** An exit that is not filled by then counts as missing, ms. */
const PATIENCE_MS = 15_000

const CAPABILITIES: Partial<Capabilities> = {
  dedupe: 'always',
  lookup: 'complete',
  reduceOnly: true,
  visibilityMs: 200,
}

/** What befalls the broker of `acme` while `bolt` exits. */
interface Phase {
  readonly name: string
  begin(acme: RemoteBroker): Promise<unknown>
  end(acme: RemoteBroker): Promise<unknown>
}

const nothing = (): Promise<void> => Promise.resolve()
const mended = (acme: RemoteBroker): Promise<void> =>
  acme.script({ clear: true, set: { outage: null } })

const PHASES: readonly Phase[] = [
  // Code is compiled and connections are opened in it: it is not shown.
  { name: 'warm-up', begin: nothing, end: nothing },
  { name: 'alone', begin: nothing, end: nothing },
  {
    name: 'hangs',
    begin: acme => acme.script({ set: { outage: { mode: 'hang' } } }),
    end: mended,
  },
  {
    name: 'floods 429',
    begin: acme =>
      acme.script({
        faults: [{ times: 'always', harm: { kind: 'status', when: 'before', status: 429 } }],
      }),
    end: mended,
  },
  {
    name: 'garbage',
    begin: acme =>
      acme.script({ faults: [{ times: 'always', harm: { kind: 'raw', text: '<html>?' } }] }),
    end: mended,
  },
  { name: 'killed', begin: acme => acme.kill(), end: acme => acme.restart() },
  { name: 'alone again', begin: nothing, end: nothing },
]

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
const idOf = (phase: number, index: number): string => `p${phase}-${index}`
const IDS = PHASES.flatMap((_, phase) =>
  Array.from({ length: EXITS }, (_each, index) => idOf(phase, index)),
)

/** A broker in a process of its own, with every position of the run. */
const brokerIn = (folder: string): Promise<RemoteBroker> =>
  startBroker({
    folder,
    settings: { capabilities: CAPABILITIES },
    script: {
      hands: IDS.map(id => ({ instrument: id.toUpperCase(), quantity: 1 })),
      prices: Object.fromEntries(IDS.map(id => [id.toUpperCase(), 100])),
    },
  })

/** The service with both accounts; its address. */
async function serve(
  folder: string,
  brokers: Readonly<Record<string, RemoteBroker>>,
): Promise<{ readonly service: RunningService; readonly port: number }> {
  const positions = Object.keys(brokers).flatMap(account =>
    IDS.map(id => ({
      account,
      id,
      instrument: id.toUpperCase(),
      side: 'long',
      quantity: 1,
      entryPrice: 100,
      rules: { stopLoss: { pct: 50 } },
    })),
  )
  writeFileSync(join(folder, 'p.json'), JSON.stringify({ positions }))
  const accounts = Object.entries(brokers).map(([name, { url }]) => {
    const broker = { kind: 'http', url, token: 'test-token', capabilities: CAPABILITIES }
    return [name, { broker: { ...broker, callTimeoutMs: 2_000 } }] as const
  })
  const config = {
    positions: 'p.json',
    dataFolder: join(folder, 'data'),
    http: { port: 0 },
    feed: { kind: 'poll', pollMs: 500 },
    gateway: { throttle: { startRate: 500, maxRate: 1_000 } },
    holdings: { confirm: false },
    accounts: Object.fromEntries(accounts),
  }
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  const service = new RunningService(['--config', join(folder, 'config.json')])
  await service.printed(line => line.startsWith('Ctrl-C'))
  const port = Number(/^positions +http:\S+:(\d+)\/api/m.exec(service.lines.join('\n'))![1])
  return { service, port }
}

/** From decision to the fill at the venue, ms, of the exits of `bolt` in a phase; those without a fill are missing. */
async function latencies(bolt: RemoteBroker, port: number, phase: number): Promise<number[]> {
  const wanted = new Set(Array.from({ length: EXITS }, (_, index) => idOf(phase, index)))
  let took: number[] = []
  const read = async (): Promise<boolean> => {
    const { text } = await ask(port, '/api/accounts/bolt/journal?last=1000')
    const lines = (JSON.parse(text) as JournalLine[]).filter(
      ({ positionId }) => positionId !== undefined && wanted.has(positionId),
    )
    const decided = new Map(
      lines
        .filter(({ kind }) => kind === 'exit-intended')
        .map(({ positionId: id, at }) => [id!.toUpperCase(), at]),
    )
    took = bolt.book().fills.flatMap(({ instrument, at }) => {
      const from = decided.get(instrument)
      return from === undefined ? [] : [at - from]
    })
    return took.length === EXITS
  }
  await until(read, { patienceMs: PATIENCE_MS }).catch(() => undefined)
  return took
}

/**
 * Two accounts at two brokers, all in processes of their own: what the exits of one take while the broker of the
 * other hangs, refuses by rate, answers garbage or is dead, against what they take without that.
 */
export async function isolation(): Promise<Table> {
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-isolation-'))
  const [acme, bolt] = await Promise.all([
    brokerIn(join(folder, 'acme')),
    brokerIn(join(folder, 'bolt')),
  ])
  const { service, port } = await serve(folder, { acme, bolt })
  const rows: string[][] = []
  let alone = NaN
  for (const [phase, { name, begin, end }] of PHASES.entries()) {
    await begin(acme)
    for (let index = 0; index < EXITS; index++) {
      const path = (account: string): string =>
        `/api/accounts/${account}/positions/${idOf(phase, index)}/exit`
      // Both have as much to do; only the exits of acme meet its broker.
      for (const account of ['acme', 'bolt']) {
        const { status, text } = await ask(port, path(account), { method: 'POST', body: {} })
        if (status !== 202) throw new Error(text)
      }
      await pause(APART_MS)
    }
    const took = await latencies(bolt, port, phase)
    const [p50, p99] = [quantile(took, 0.5), quantile(took, 0.99)]
    if (phase === 1) alone = p99
    const figures = [EXITS, took.length, p50, p99, Math.max(...took), p99 - alone]
    if (phase > 0) rows.push([name, ...figures.map(String)])
    await end(acme)
    await pause(1_000)
  }
  await service.end('SIGKILL')
  await Promise.all([acme.close(), bolt.close()])
  rmSync(folder, { recursive: true, force: true })
  return {
    head: ['broker of A', 'B wants', 'B filled', 'p50 ms', 'p99 ms', 'max ms', 'p99 − alone'],
    rows,
    notes: ['Exits of account B from decision to the fill at its broker, whole ms.'],
  }
}
