import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { PricePlane } from '../../src/account/price-plane.ts'
import type { TickPath } from '../../src/account/tick-path.ts'
import { TrustedClock } from '../../src/account/trusted-clock.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { aPosition } from '../support/builders.ts'
import { FakeTimers } from '../support/fake-timers.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount, type OpenAccountOptions } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'

const ID = positionId('p1')
const ACME = instrumentId('ACME')
const RULES = { trailingStop: { distancePct: 10 } }

interface Opened {
  readonly account: Account
  readonly keeper: MemoryRepository
  readonly venue: TestVenue
}

/** Accounts that read one feed; each has a position `p1` of its own in ACME. */
describe('PricePlane', () => {
  let wall: number
  let now: number
  let clock: TrustedClock
  let tickPath: TickPath
  let all: Account[]

  beforeEach(() => {
    wall = now = 1_000_000
    clock = new TrustedClock(
      { now: () => wall, monotonic: () => now },
      { confirmMs: 10_000, maxStepMs: 1e9 },
    )
    tickPath = new PricePlane(clock).open({ confirmMs: 30_000 })
    all = []
  })

  afterEach(() => {
    for (const { engine } of all) engine.actors.stopAll()
  })

  async function open(but: Partial<OpenAccountOptions> = {}, rules = RULES): Promise<Opened> {
    const keeper = new MemoryRepository()
    const venue = new TestVenue()
    const account = await openAccount({
      keeper,
      tickPath,
      venue: venue.venue,
      beforeGuard: venue.deposit,
      clock,
      timers: new FakeTimers(),
      callTimeoutMs: Infinity,
      onLine: () => undefined,
      onFatal: () => undefined,
      ...but,
    })
    all.push(account)
    await account.add(aPosition({ openedAt: now }), rules, 'test')
    await account.settled()
    return { account, keeper, venue }
  }

  async function tick(...given: number[]): Promise<void> {
    for (const price of given) {
      wall = ++now
      tickPath.take({ instrument: ACME, ts: wall, price })
      for (const each of all) await each.settled()
    }
  }

  const kinds = ({ keeper }: Opened): string[] => keeper.lines.map(({ kind }) => kind)

  it('takes each tick once, and exits the position of each account by it', async () => {
    const [a, b] = [await open(), await open()]
    await tick(100, 120, 107)
    expect(tickPath.count).to.equal(3)
    for (const { account, venue } of [a, b]) {
      expect(venue.fills.size).to.equal(1)
      expect(account.engine.registry.get(ID)?.watched.decision?.best ?? 120).to.equal(120)
    }
    expect(a.keeper.lines.find(({ kind }) => kind === 'exit-intended')?.detail).to.deep.equal(
      b.keeper.lines.find(({ kind }) => kind === 'exit-intended')?.detail,
    )
  })

  it('exits the positions of an account beside one whose rules throw', async () => {
    const beforeMonitor = (): never => {
      throw new Error('broken')
    }
    const chaos = { beforeMonitor, rules: <Set>(set: Set): Set => set }
    const [, b] = [await open({ chaos }), await open()]
    await tick(100, 120, 107)
    expect(b.venue.fills.size).to.equal(1)
  })

  it('exits the positions of an account beside one whose venue throws at a price', async () => {
    const broken = new TestVenue()
    const priced = (): never => {
      throw new Error('broken')
    }
    const [a, b] = [
      await open({ venue: quotes => ({ ...broken.venue(quotes), priced }) }),
      await open(),
    ]
    await tick(100, 120, 107)
    expect(b.venue.fills.size).to.equal(1)
    expect(kinds(a).filter(kind => kind === 'isolated-fault')).to.have.length(1)
    expect(kinds(b)).to.not.include('isolated-fault')
  })

  it('keeps no tick for an account that is stopped, and exits the others', async () => {
    const [a, b] = [await open(), await open()]
    await tick(100, 120)
    a.account.abandon()
    await tick(107, 106, 105)
    expect([a.venue.fills.size, b.venue.fills.size]).to.deep.equal([0, 1])
    const stream = tickPath.board.market(ACME)?.trade
    expect([stream?.backlog.length, stream?.positions.size]).to.deep.equal([0, 0])
  })

  it('moves prices along with the clock once, however many accounts share it', async () => {
    const [a, b] = [await open(), await open()]
    await tick(100)
    wall += 3_600_000
    for (const { account } of [a, b]) account.cycle()
    now += 20_000
    wall += 20_000
    for (const { account } of [a, b]) account.cycle()
    expect(clock.now()).to.equal(wall)
    expect(tickPath.board.market(ACME)?.trade?.lastAt).to.equal(wall - 20_000)
    for (const each of [a, b]) {
      await each.account.settled()
      expect(kinds(each)).to.include('clock-followed')
    }
  })

  it('suggests the name of an instrument that another account holds', async () => {
    const [, b] = [await open(), await open()]
    await tick(100)
    tickPath.take({ instrument: instrumentId('GLOBEX'), ts: wall, price: 1 })
    expect(b.account.missingPrices.textsOf([instrumentId('ACMEE'), instrumentId('GLOBX')])).to.eql([
      'ACMEE (did you mean ACME?)',
      'GLOBX (did you mean GLOBEX?)',
    ])
  })
})
