import { Writable } from 'node:stream'
import { TrustedClock } from '../../../src/account/trusted-clock.ts'
import { serviceSchema } from '../../../src/config/schema.ts'
import { instrumentId, positionId, type PositionId } from '../../../src/domain/ids.ts'
import type { JournalLine } from '../../../src/ports/journal-lines.ts'
import { state } from '../../../src/resilience/breaker.ts'
import { measure } from '../../../src/resilience/lanes.ts'
import { startBroker, type RemoteBroker } from '../../support/broker-server/client.ts'
import { PLAIN, type SettingsChange } from '../../support/broker-server/script.ts'
import { aPosition } from '../../support/builders.ts'
import { Folder } from '../../support/cli.ts'
import { openOneAccount, type OneAccount } from '../../support/one-account.ts'
import { seeded } from '../prices.ts'
import { quantile, type Table } from '../report.ts'

/** What happens to the venue, s from the start. */
const STORY: readonly {
  readonly atS: number
  readonly name: string
  readonly set: SettingsChange
}[] = [
  { atS: 0, name: '10/s', set: { limit: { perSecond: 10, burst: 10 } } },
  { atS: 30, name: '3/s', set: { limit: { perSecond: 3, burst: 3 } } },
  { atS: 50, name: '10/s', set: { limit: { perSecond: 10, burst: 10 } } },
  { atS: 80, name: 'outage', set: { outage: { mode: 'status' } } },
  { atS: 95, name: '10/s', set: { outage: null } },
]
const END_S = 125
/** Neither the start, nor a cut, nor the outage, nor what follows them. */
const CALM_S = [
  { from: 10, to: 30 },
  { from: 65, to: 80 },
  { from: 110, to: END_S },
]
const ROW_S = 5
const POLLED = 40
const POLL_MS = 2_000
const EXITS = 120
const CYCLE_MS = 500

const clock = { now: () => Date.now(), monotonic: () => performance.now() }
const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

const namesOf = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`)

/** What is counted between two rows. */
interface Counts {
  readonly ok: number
  readonly refused: number
  readonly failed: number
}

/** The service's own gateway at a broker over HTTP, in real time: two minutes. */
class LiveRun {
  readonly rows: string[][] = []
  readonly waits: number[] = []
  /** Those of exits that were wanted and filled in a calm stretch. */
  readonly calmWaits: number[] = []
  private readonly parts: OneAccount
  private readonly broker: RemoteBroker
  private readonly random = seeded(1)
  private readonly startedAt = clock.monotonic()
  private readonly asked = new Map<PositionId, number>()
  private fresh: number[] = []
  private before: Counts = { ok: 0, refused: 0, failed: 0 }
  private exits = 0

  constructor(parts: OneAccount, broker: RemoteBroker) {
    this.parts = parts
    this.broker = broker
  }

  filled(id: PositionId): void {
    const since = this.asked.get(id)
    if (since === undefined) return
    this.asked.delete(id)
    const [from, to] = [since, clock.monotonic()].map(at => (at - this.startedAt) / 1_000) as [
      number,
      number,
    ]
    this.fresh.push(to - from)
    if (CALM_S.some(calm => from >= calm.from && to < calm.to)) this.calmWaits.push(to - from)
  }

  async run(): Promise<void> {
    const timers = [
      setInterval(() => this.parts.account.cycle(), CYCLE_MS),
      setInterval(() => this.poll(), POLL_MS / POLLED),
    ]
    const exits = this.exitNowAndThen()
    const story = [...STORY]
    let name = ''
    for (let second = 0; second <= END_S; second += ROW_S) {
      await pause(this.startedAt + second * 1_000 - clock.monotonic())
      if (second > 0) this.report(second, name)
      while (story[0] !== undefined && story[0].atS <= second) {
        const step = story.shift()!
        name = step.name
        await this.broker.script({ set: step.set })
      }
    }
    for (const timer of timers) clearInterval(timer)
    await exits
  }

  get counts(): Counts {
    const sum = { ok: 0, refused: 0, failed: 0 }
    for (const { outcome, count } of this.parts.desk.history.totals()) {
      if (outcome === 'ok') sum.ok += count
      else if (outcome === 'RATE_LIMITED') sum.refused += count
      else sum.failed += count
    }
    return sum
  }

  /** Exits that are not filled yet. */
  get open(): number {
    return this.asked.size
  }

  private polls = 0

  private poll(): void {
    const instrument = instrumentId(`P${this.polls++ % POLLED}`)
    // What the desk drops or the venue refuses is in the counts.
    this.parts.account.quotes([instrument]).catch(() => undefined)
  }

  /** Singly and in fives, every 2 to 8 s. */
  private async exitNowAndThen(): Promise<void> {
    for (;;) {
      await pause(2_000 + this.random() * 6_000)
      if (clock.monotonic() - this.startedAt > (END_S - 5) * 1_000) return
      for (let each = this.random() < 0.2 ? 5 : 1; each > 0; each--) {
        const id = positionId(`e${this.exits++}`)
        this.asked.set(id, clock.monotonic())
        this.parts.account.manualExits.exit(id, 'manual')
      }
    }
  }

  private report(second: number, venue: string): void {
    const { gates, limits } = this.parts.desk
    const now = clock.monotonic()
    const { throttle, lanes } = limits[0]!
    const exits = measure(lanes, 'exits', now)
    const counts = this.counts
    const since = (key: keyof Counts): number => counts[key] - this.before[key]
    this.rows.push([
      `${second - ROW_S}–${second}`,
      venue,
      state(gates.breaker('orders'), now),
      state(gates.breaker('quotes'), now),
      throttle.rate.toFixed(1),
      (since('ok') / ROW_S).toFixed(1),
      String(since('refused')),
      String(since('failed')),
      String(Math.max(exits.depth, this.asked.size)),
      this.fresh.map(wait => wait.toFixed(2)).join(' '),
    ])
    this.before = counts
    this.waits.push(...this.fresh)
    this.fresh = []
  }
}

/** A row each five seconds, and what all of it comes to. */
export async function throttleLive(): Promise<Table> {
  const folder = new Folder()
  const broker = await startBroker({
    script: {
      set: { capabilities: PLAIN.capabilities },
      prices: Object.fromEntries(
        [...namesOf('P', POLLED), ...namesOf('E', EXITS)].map(name => [name, 100]),
      ),
      hands: Array.from({ length: EXITS }, (_, index) => ({
        instrument: `E${index}`,
        quantity: 1,
      })),
      faults: [
        { times: 'always', chance: 0.01, harm: { kind: 'status', when: 'before', status: 500 } },
      ],
    },
  })
  let run: LiveRun | undefined
  const parts = await openOneAccount({
    config: serviceSchema.parse({
      positions: 'none',
      dataFolder: folder.path,
      broker: {
        kind: 'http',
        url: broker.url,
        token: 'test-token',
        capabilities: PLAIN.capabilities,
      },
      feed: { kind: 'poll' },
      holdings: { confirm: false },
    }),
    entries: [],
    fresh: false,
    clock: new TrustedClock(clock),
    version: 'bench',
    log: {
      stream: new Writable({ write: (_chunk, _encoding, done) => done() }),
      text: ({ kind, positionId: id }: JournalLine) => {
        if (kind === 'exit-filled' && id !== undefined) run?.filled(positionId(id))
        return kind
      },
    },
    onFatal: error => {
      throw error
    },
  })
  const { account } = parts
  for (let index = 0; index < EXITS; index++) {
    const id = positionId(`e${index}`)
    const position = aPosition({ id, instrument: instrumentId(`E${index}`), openedAt: clock.now() })
    await account.add(position, { stopLoss: { pct: 50 } }, 'bench')
  }
  run = new LiveRun(parts, broker)
  await run.run()
  const { ok, refused, failed } = run.counts
  const orders = broker.book().orders.length
  await account.stop()
  await parts.broker.close()
  await parts.store.close()
  await broker.close()
  folder.remove()
  const capacity = STORY.reduce((sum, { atS, set }, index) => {
    const untilS = STORY[index + 1]?.atS ?? END_S
    const perSecond = set.outage ? 0 : (set.limit?.perSecond ?? 10)
    return sum + (untilS - atS) * perSecond
  }, 0)
  const waits = (of: readonly number[]): string =>
    `p50 ${quantile(of, 0.5).toFixed(2)} s, p99 ${quantile(of, 0.99).toFixed(2)} s`
  return {
    head: [
      'seconds',
      'venue',
      'orders',
      'quotes',
      'rate/s',
      'accepted/s',
      'refused',
      'failed',
      'exits waiting',
      'exit waits s',
    ],
    rows: run.rows,
    notes: [
      `goodput ${((100 * ok) / capacity).toFixed(1)} % of what the venue would take, ${refused} refused, ${failed} failed`,
      `${run.waits.length} exits filled by ${orders} orders, ${run.open} still open: ${waits(run.waits)}`,
      `${run.calmWaits.length} of them at 10/s: ${waits(run.calmWaits)}`,
    ],
  }
}
