import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { InstrumentTable, PLAIN_INSTRUMENT } from '../../src/domain/instrument.ts'
import type { KeptRatchet, Registered } from '../../src/ports/state-repository.ts'
import type { TradeView } from '../../src/ports/trades.ts'
import { viewOf } from '../../src/views/position-view.ts'
import { tradesOf } from '../../src/views/trades.ts'
import { aPosition } from '../support/builders.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'

const P1 = positionId('p1')
const TRAIL = { trailingStop: { distancePct: 10 } }
const TIGHTER = { trailingStop: { distancePct: 5 } }
const FLAGS = { force: false, exitNow: false }

describe('The excursions of a position', () => {
  let keeper: MemoryRepository
  let venue: TestVenue
  let now: number
  let account: Account

  beforeEach(async () => {
    keeper = new MemoryRepository()
    venue = new TestVenue()
    now = 1_000
    account = await open()
  })

  afterEach(() => account.stop())

  const open = (): Promise<Account> =>
    openAccount({
      keeper,
      venue: venue.venue,
      beforeGuard: venue.deposit,
      clock: { now: () => now, monotonic: () => now },
      timers: machineTimers,
      callTimeoutMs: 5_000,
      instruments: new InstrumentTable([['ACME', { ...PLAIN_INSTRUMENT, tickSize: 0.5 }]]),
      onLine: () => undefined,
      onFatal: error => {
        throw error
      },
    })

  const add = (rules: Registered['rules'] = TRAIL) => account.add(aPosition(), rules, 'test')

  async function tick(...prices: number[]): Promise<void> {
    for (const price of prices) {
      account.tick({ instrument: instrumentId('ACME'), ts: ++now, price })
      await account.settled()
    }
  }

  /** A process that was killed is followed by another one. */
  async function kill(): Promise<void> {
    account.engine.actors.stopAll()
    account = await open()
    await account.settled()
  }

  const shown = () => viewOf(account, account.state.positions.get(P1)!, now)

  async function trade(): Promise<TradeView> {
    const { trades } = await tradesOf(each => keeper.store.journal(each), { limit: 1 })
    return trades[0]!
  }

  it('are unknown of a position that an earlier version stored without them', async () => {
    await add()
    await tick(100, 110)
    const rows = await keeper.store.rows<KeptRatchet & { worst?: number }>('ratchets')
    const { worst: _worst, ...ratchet } = rows.get(P1)!
    const { firstStop: _stop, ...row } = (await keeper.store.rows<Registered>('positions')).get(P1)!
    await keeper.store.write({
      rows: [
        { table: 'ratchets', key: P1, value: ratchet, generation: 1 },
        { table: 'positions', key: P1, value: row, generation: 1 },
      ],
    })
    await kill()
    await tick(109)
    // Rules that are changed now are not the first ones that had a stop.
    await account.changes.changeRules(P1, { rules: TIGHTER, ...FLAGS }, 'test')
    expect(shown()).to.include({ best: 110, worst: null, firstStop: null, mfePct: 10 })
    expect(shown()).to.include({ maePct: null, r: null })
    await tick(104)
    expect(await trade()).to.include({ best: 110, mfePct: 10, worst: null, maePct: null, r: null })
  })

  it('outlive a kill, other rules and another entry price, and stand in the line that ends the position', async () => {
    await add()
    await tick(100, 94, 93, 105, 108)
    expect(shown()).to.include({ worst: 93, firstStop: 90, maePct: -7, mfePct: 8, r: 0.8 })
    await kill()
    expect(shown()).to.include({ best: 108, worst: 93, firstStop: 90 })
    await account.changes.changeRules(P1, { rules: TIGHTER, ...FLAGS }, 'test')
    await tick(120)
    await account.changes.amend(P1, { entryPrice: 99, ...FLAGS }, 'test')
    expect(shown()).to.include({ best: 120, worst: 93, firstStop: 90 })
    await tick(114)
    const line = keeper.lines.find(({ kind }) => kind === 'exit-filled')
    expect(line?.['trade']).to.include({ best: 120, worst: 93, firstStop: 90, tickSize: 0.5 })
    const over = await trade()
    expect(over).to.include({ best: 120, worst: 93, firstStop: 90, tickSize: 0.5 })
    const { entryPrice, price } = over
    expect(over.r).to.be.closeTo((price! - entryPrice) / (entryPrice - 90), 1e-9)
    expect(over.maePct).to.be.closeTo(((93 - entryPrice) / entryPrice) * 100, 1e-9)
  })

  it('keep a worst price that no best price came after, where the process ends as it should', async () => {
    await add()
    await tick(100, 101, 97, 96)
    await account.stop()
    account = await open()
    await account.settled()
    expect(shown().worst).to.equal(96)
  })

  it('have the first stop of rules that were added later', async () => {
    await add({ takeProfit: { pct: 50 } })
    await tick(100)
    expect(shown()).to.include({ firstStop: null, r: null })
    await account.changes.changeRules(P1, { rules: TRAIL, ...FLAGS }, 'test')
    await tick(105)
    expect(shown()).to.include({ firstStop: 90, r: 0.5 })
    await kill()
    expect(shown().firstStop).to.equal(90)
  })
})
