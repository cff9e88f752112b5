import { expect } from 'chai'
import { CLOCK_DEFAULTS, TrustedClock } from '../../src/account/trusted-clock.ts'
import { Messaging } from '../../src/app/messaging.ts'
import { serviceSchema } from '../../src/config/schema.ts'
import type { JournalLine } from '../../src/ports/journal-lines.ts'
import type { Batch } from '../../src/ports/store.ts'
import { aView, FakeControl } from '../support/fake-control.ts'
import { until } from '../support/until.ts'

describe('Messaging', () => {
  let rows: Map<string, unknown>
  let lines: JournalLine[]
  let control: FakeControl
  let now: number
  let messaging: Messaging

  beforeEach(() => {
    rows = new Map()
    lines = []
    control = new FakeControl()
    now = Date.parse('2026-11-27T12:00:00Z')
  })

  afterEach(() => messaging.stop())

  async function start(notify: object): Promise<void> {
    const url = 'http://127.0.0.1:9/hook'
    const config = serviceSchema.parse({
      display: { timezone: 'Asia/Kolkata' },
      notify: { settleMs: 0, channels: [{ kind: 'webhook', url }], ...notify },
    })
    const note = (kind: string, detail: object): void => {
      lines.push({ ...detail, seq: lines.length + 1, at: now, kind })
    }
    const store = {
      rows: () => Promise.resolve(rows),
      write: ({ rows: changed = [] }: Batch) => {
        for (const { key, value } of changed) rows.set(key, value)
        return Promise.resolve([])
      },
      journal: () => Promise.resolve([]),
    }
    const record = (kind: string, detail: object): Promise<void> => {
      note(kind, detail)
      return Promise.resolve()
    }
    const clock = TrustedClock.of({ now: () => now, monotonic: () => now }, CLOCK_DEFAULTS)
    const account = { coverage: { totalMs: 0 }, note, record }
    const accounts = [{ name: 'main', deps: { rows: store }, account }]
    const plans = { areNamed: false }
    const tap = { onLine: () => undefined }
    const deps = { store, rows: store, own: { note, record }, accounts, plans, lines: tap }
    messaging = await Messaging.open({ config, clock }, deps as never)
    messaging.begin({ of: () => control, among: () => control })
  }

  const cycle = (): void => {
    messaging.observeAccount('main', control.health())
    messaging.observe(control.health())
  }

  it('passes on from which distance on an approach is reported (approachPct)', async () => {
    control.change('p1', { ...aView(), lastPrice: 97 })
    await start({ approachPct: 1 })
    cycle()
    expect(lines).to.deep.equal([])
    await messaging.stop()
    await start({ approachPct: 3 })
    cycle()
    expect(lines.map(({ kind }) => kind)).to.deep.equal(['stops-near'])
  })

  it('passes on at which local time the day is summed up (summaryAt)', async () => {
    await start({ summaryAt: '18:00' })
    cycle()
    now = Date.parse('2026-11-27T12:29:59Z')
    cycle()
    expect(lines).to.deep.equal([])
    now = Date.parse('2026-11-27T12:30:00Z')
    cycle()
    await until(() => lines.length > 0)
    expect(lines[0]).to.include({ kind: 'daily-summary', day: '2026-11-27' })
  })
})
