import { expect } from 'chai'
import { KeptRow } from '../../../src/observability/notify/kept-row.ts'
import {
  lastDue,
  Summary,
  type KeptSummary,
  type SummarisedAccount,
} from '../../../src/observability/notify/summary.ts'
import type { JournalLine, JournalQuery } from '../../../src/ports/journal-lines.ts'
import { until } from '../../support/until.ts'

interface Sums {
  readonly profits: object
  readonly incidents: object
  readonly unguardedMs: number
}

const at = (text: string): number => Date.parse(text)
const EVENING = 17 * 60 + 30

describe('Summary', () => {
  let lines: JournalLine[]
  let row: KeptRow<KeptSummary>
  let now: number
  let unguardedMs: number
  let summary: Summary
  /** Accounts that the configuration names. */
  let names: readonly string[]

  beforeEach(() => {
    lines = []
    names = []
    now = at('2026-11-27T12:00:00Z')
    unguardedMs = 0
    row = rowWith({ unguardedMs: 0 })
    summary = start()
  })

  const rowWith = (value: KeptSummary): KeptRow<KeptSummary> =>
    new KeptRow({ write: () => Promise.resolve([]) }, 'message-summary', value)

  const journal = ({
    before = Infinity,
    last = 0,
  }: JournalQuery): Promise<readonly JournalLine[]> =>
    Promise.resolve(lines.filter(({ seq }) => seq < before).slice(-last))

  const start = (): Summary =>
    new Summary({
      minutes: EVENING,
      timezone: 'Europe/Berlin',
      kept: row,
      now: () => now,
      journal,
      areNamed: names.length > 0,
      accounts: (names.length > 0 ? names : ['main']).map(summarised),
    })

  const summarised = (name: string): SummarisedAccount => ({
    name,
    portfolio: () =>
      Promise.resolve({
        day: { from: 0, until: 1 },
        realised: [],
        limits: [
          {
            name: 'day',
            maxLoss: 100,
            warnAtPct: 80,
            account: null,
            underlying: null,
            currency: null,
            realised: 0,
            unrealised: 0,
            loss: 25,
            trippedAt: null,
          },
        ],
      }),
    unguardedMs: () => unguardedMs,
    record: (kind, detail) => {
      add(kind, now, { ...(names.length > 0 && { account: name }), ...detail })
      return Promise.resolve()
    },
  })

  function add(kind: string, when: number, detail: object = {}): void {
    lines.push({ seq: lines.length + 1, at: when, kind, ...detail })
  }

  async function cycle(text: string): Promise<void> {
    now = at(text)
    summary.observe()
    await summary.stop()
  }

  const summaries = (): readonly JournalLine[] =>
    lines.filter(({ kind }) => kind === 'daily-summary')

  it('sums up exits, money by currency, limits, incidents and unguarded time at the local time', async () => {
    await cycle('2026-11-27T12:00:00Z')
    const usd = { trade: { currency: 'USD' } }
    add('exit-filled', at('2026-11-26T10:00:00Z'), { profit: 1_000 })
    add('exit-filled', at('2026-11-27T13:00:00Z'), { profit: 12.5, ...usd })
    add('exit-filled', at('2026-11-27T13:01:00Z'), { profit: -2.5, ...usd })
    add('exit-filled', at('2026-11-27T13:02:00Z'), { profit: 4 })
    add('exit-closed', at('2026-11-27T13:03:00Z'))
    add('monitor-gave-up', at('2026-11-27T13:04:00Z'))
    unguardedMs = 4_200
    await cycle('2026-11-27T16:29:59Z')
    expect(summaries()).to.deep.equal([])
    await cycle('2026-11-27T16:30:00Z')
    await cycle('2026-11-27T16:31:00Z')
    expect(summaries()).to.have.length(1)
    expect(summaries()[0]).to.deep.include({
      day: '2026-11-27',
      exits: 4,
      won: 2,
      lost: 1,
      profits: { USD: 10, '': 4 },
      limits: [{ name: 'day', loss: 25, maxLoss: 100, isTripped: false }],
      incidents: { 'monitor-gave-up': 1 },
      unguardedMs: 4_200,
      isPart: false,
    })
    expect(row.value.unguardedMs).to.equal(0)
  })

  it('is made up for by the next process, with what this one was unguarded', async () => {
    await cycle('2026-11-27T12:00:00Z')
    unguardedMs = 1_000
    await cycle('2026-11-27T12:01:00Z')
    row = rowWith(structuredClone(row.value))
    unguardedMs = 500
    summary = start()
    await cycle('2026-11-28T03:00:00Z')
    expect(summaries().map(line => [line['day'], line['unguardedMs']])).to.deep.equal([
      ['2026-11-27', 1_500],
    ])
  })

  it('is not written twice where a process ended before it kept that', async () => {
    await cycle('2026-11-27T12:00:00Z')
    const before = structuredClone(row.value)
    await cycle('2026-11-27T16:30:00Z')
    row = rowWith(before)
    summary = start()
    await cycle('2026-11-27T16:31:00Z')
    expect(summaries()).to.have.length(1)
    await until(() => row.value.until === at('2026-11-27T16:30:00Z'))
  })

  it('sums up each account by itself, and what concerns the process in each', async () => {
    names = ['acme', 'bolt', 'cove']
    summary = start()
    await cycle('2026-11-27T12:00:00Z')
    add('exit-filled', at('2026-11-27T13:00:00Z'), { profit: 12.5, account: 'acme' })
    add('exit-filled', at('2026-11-27T13:01:00Z'), { profit: -2.5, account: 'bolt/A1' })
    add('monitor-gave-up', at('2026-11-27T13:02:00Z'))
    unguardedMs = 500
    const before = structuredClone(row.value)
    await cycle('2026-11-27T16:30:00Z')
    const figures = (): unknown[] =>
      summaries().map(line => {
        const {
          account,
          profits,
          incidents,
          unguardedMs: ms,
        } = line as unknown as JournalLine & Sums
        return [account, profits, incidents, ms]
      })
    const incidents = { 'monitor-gave-up': 1 }
    expect(figures()).to.deep.equal([
      ['acme', { '': 12.5 }, incidents, 500],
      ['bolt', { '': -2.5 }, incidents, 500],
      ['cove', {}, incidents, 500],
    ])
    expect(row.value.unguarded).to.deep.equal({ acme: 0, bolt: 0, cove: 0 })
    // A process that ended after the first of them sums up the others.
    lines = lines.filter(({ kind, account }) => kind !== 'daily-summary' || account === 'acme')
    row = rowWith(before)
    summary = start()
    await cycle('2026-11-27T16:31:00Z')
    expect(summaries().map(({ account }) => account)).to.deep.equal(['acme', 'bolt', 'cove'])
  })

  it('comes once a day, at the local time, also where the clock is changed', () => {
    const berlin = (text: string): string =>
      new Date(lastDue('Europe/Berlin', 150, at(text))).toISOString()
    expect(berlin('2026-03-29T00:30:00Z')).to.equal('2026-03-28T01:30:00.000Z')
    // 02:30 does not exist on this day.
    expect(berlin('2026-03-29T01:00:00Z')).to.equal('2026-03-29T01:00:00.000Z')
    // 02:30 exists twice on this day.
    expect(berlin('2026-10-25T01:45:00Z')).to.equal('2026-10-25T00:30:00.000Z')
  })
})
