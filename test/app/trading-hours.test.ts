import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { InstrumentTable, PLAIN_INSTRUMENT } from '../../src/domain/instrument.ts'
import { instrumentsToPoll } from '../../src/engine/held-instruments.ts'
import { aPosition } from '../support/builders.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'

const P1 = positionId('p1')
const MINUTE = 60_000
const DAY = 86_400_000
/** Open every day from 09:00 to 16:00 UTC. */
const HOURS = {
  timezone: 'UTC',
  sessions: [{ open: 9 * 60, close: 16 * 60 }],
  days: new Set([0, 1, 2, 3, 4, 5, 6]),
  exceptions: new Map<number, []>(),
}
const OPEN = 9 * 60 * MINUTE
const CLOSE = 16 * 60 * MINUTE

describe('A position whose instrument has trading hours', () => {
  let keeper: MemoryRepository
  let now: number
  let account: Account

  beforeEach(async () => {
    const venue = new TestVenue()
    keeper = new MemoryRepository()
    now = CLOSE - MINUTE
    account = await openAccount({
      keeper,
      venue: venue.venue,
      beforeGuard: venue.deposit,
      clock: { now: () => now, monotonic: () => now },
      timers: machineTimers,
      callTimeoutMs: 5_000,
      onLine: () => undefined,
      onFatal: () => undefined,
      instruments: new InstrumentTable([['ACME', { ...PLAIN_INSTRUMENT, hours: HOURS }]]),
    })
  })

  afterEach(() => account.stop())

  const guard = (rules: Record<string, unknown>) =>
    account.add(aPosition({ openedAt: now }), rules, 'test')

  async function at(time: number, price?: number): Promise<void> {
    now = time
    if (price !== undefined) account.tick({ instrument: instrumentId('ACME'), ts: now, price })
    account.cycle()
    await account.settled()
  }

  const state = (): unknown => account.state.positions.get(P1)?.state
  const reasons = (): unknown[] =>
    keeper.lines
      .filter(({ kind }) => kind === 'exit-intended')
      .map((line: Readonly<Record<string, unknown>>) => line['reason'])

  it('is not exited by a price outside them, but by the same price in the next session', async () => {
    await guard({ stopLoss: { pct: 5 } })
    await at(now + 1, 100)
    await at(CLOSE + MINUTE, 90)
    await at(DAY + OPEN - 1, 90)
    expect([state(), reasons()]).to.deep.equal(['open', []])
    await at(DAY + OPEN, 90)
    expect([state(), reasons()]).to.deep.equal(['closed', ['stop-loss']])
  })

  it('does not use a price outside them as its best price', async () => {
    await guard({ trailingStop: { distancePct: 5 } })
    await at(now + 1, 100)
    await at(CLOSE + MINUTE, 150)
    await at(DAY + OPEN, 100)
    expect(state()).to.equal('open')
  })

  it('is not exited for missing prices while the market is closed, but when the next session stays quiet', async () => {
    await guard({ staleQuote: { afterMs: 10 * MINUTE, action: 'exit' }, stopLoss: { pct: 50 } })
    await at(now + 1, 100)
    await at(CLOSE + 60 * MINUTE)
    await at(DAY + OPEN + 10 * MINUTE)
    expect(reasons()).to.deep.equal([])
    await at(DAY + OPEN + 10 * MINUTE + 1)
    expect(reasons()).to.deep.equal(['stale-quote'])
  })

  it('asks for a missing price only while the market is open', async () => {
    await guard({ staleQuote: { afterMs: 10 * MINUTE, action: 'poll' }, stopLoss: { pct: 50 } })
    await at(now + 1, 100)
    const wanted = (): string[] => [...instrumentsToPoll(account.engine.registry, now)]
    await at(CLOSE + 60 * MINUTE)
    expect(wanted()).to.deep.equal([])
    await at(DAY + OPEN + 11 * MINUTE)
    expect(wanted()).to.deep.equal(['ACME'])
  })

  it('is guarded without a price until the session has been quiet for too long', async () => {
    await guard({ stopLoss: { pct: 50 } })
    await at(now + 1, 100)
    const cause = () => account.coverage.causeOf(account.state.positions.get(P1)!)
    await at(CLOSE + 60 * MINUTE)
    expect(cause()).to.equal(undefined)
    await at(DAY + OPEN + 29_000)
    expect(cause()).to.equal(undefined)
    await at(DAY + OPEN + 31_000)
    expect(cause()).to.equal('price')
  })
})
