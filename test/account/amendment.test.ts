import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { aPosition } from '../support/builders.ts'
import { codeOf } from '../support/code-of.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'
import { until } from '../support/until.ts'

const P1 = positionId('p1')
const ACME = instrumentId('ACME')
const RULES = { trailingStop: { distancePct: 10 }, stopLoss: { pct: 20 } }
const PLAIN = { force: false, exitNow: false }

describe('A position whose quantity or entry price is set by hand', () => {
  let keeper: MemoryRepository
  let venue: TestVenue
  let now: number
  let account: Account

  beforeEach(async () => {
    keeper = new MemoryRepository()
    venue = new TestVenue()
    now = 1_000
    account = await open()
    await account.add(aPosition({ openedAt: now, quantity: 5 }), RULES, 'test')
    await tick(100, 120, 115)
  })

  afterEach(async () => {
    keeper.hold = undefined
    await account.stop()
  })

  const open = (): Promise<Account> =>
    openAccount({
      keeper,
      venue: venue.venue,
      beforeGuard: venue.deposit,
      // What the account is to hold more, another trader has bought.
      beforeGrowth: ({ position }, more) => Promise.resolve(venue.trade(position.instrument, more)),
      clock: { now: () => now, monotonic: () => now },
      timers: machineTimers,
      callTimeoutMs: 5_000,
      onLine: () => undefined,
      onFatal: () => undefined,
    })

  async function tick(...prices: number[]): Promise<void> {
    for (const price of prices) {
      account.tick({ instrument: ACME, ts: ++now, price })
      await account.settled()
    }
  }

  async function cycles(count: number): Promise<void> {
    for (let each = 0; each < count; each++) {
      now += 5_000
      account.cycle()
      await account.settled()
    }
  }

  const row = () => account.state.positions.get(P1)!
  const sold = (): number[] => [...venue.fills.values()].map(({ quantity }) => quantity)
  const set = (facts: object, flags: object = {}) =>
    account.amend(P1, { ...PLAIN, ...flags, ...facts }, 'test')

  it('keeps its facts once it is being exited, and sells what was owned', async () => {
    const intents = keeper.lines.length
    let free!: () => void
    const freed = new Promise<void>(resolve => (free = resolve))
    keeper.hold = ({ exits = [] }) => (exits.length > 0 ? freed : undefined)
    account.tick({ instrument: ACME, ts: ++now, price: 100 })
    await until(() => account.engine.book.exits.record(P1) !== undefined)
    expect(await codeOf(set({ quantity: 7 }))).to.equal('EXIT_RUNNING')
    expect(row().position.quantity).to.equal(5)
    expect(keeper.lines.slice(intents).map(({ kind }) => kind)).to.not.include('position-amended')
    expect(await codeOf(account.amend(positionId('p9'), PLAIN, 'test'))).to.equal(
      'POSITION_UNKNOWN',
    )
    free()
    await account.settled()
    expect(sold()).to.deep.equal([5])
  })

  it('gets its facts back where its exit is decided while they are written', async () => {
    let free!: () => void
    const freed = new Promise<void>(resolve => (free = resolve))
    let isHeld = false
    keeper.hold = ({ lines = [] }) => {
      if (isHeld || lines.every(({ kind }) => kind !== 'position-amended')) return undefined
      isHeld = true
      return freed
    }
    const code = codeOf(set({ quantity: 7 }))
    await until(() => isHeld)
    account.tick({ instrument: ACME, ts: ++now, price: 100 })
    await until(() => account.engine.book.exits.record(P1) !== undefined)
    free()
    expect(await code).to.equal('EXIT_RUNNING')
    await account.settled()
    expect(sold()).to.deep.equal([5])
    const facts = keeper.lines
      .filter(({ kind }) => kind === 'position-amended')
      .map(each => each['to'])
    expect(facts).to.deep.equal([
      { quantity: 7, entryPrice: 100 },
      { quantity: 5, entryPrice: 100 },
    ])
  })

  it('keeps them where a level would get farther, or a rule would exit it at once', async () => {
    await account.changeRules(P1, { rules: { trailingStop: null }, ...PLAIN, force: true }, 'test')
    expect(await codeOf(set({ entryPrice: 90 }))).to.equal('LOOSENS')
    expect(await codeOf(set({ entryPrice: 144 }))).to.equal('EXITS_AT_ONCE')
    expect(row().position.entryPrice).to.equal(100)
    await set({ entryPrice: 90 }, { force: true })
    expect(row().position.entryPrice).to.equal(90)
    await tick(73)
    expect(sold()).to.deep.equal([])
    await tick(72)
    expect(sold()).to.deep.equal([5])
  })

  it('keeps its best price and its generation, and sells all of a larger quantity', async () => {
    await set({ quantity: 7, entryPrice: 101 })
    expect(row()).to.deep.include({ generation: 1, addedQuantity: 7 })
    await cycles(3)
    expect(row().position).to.include({ quantity: 7, entryPrice: 101 })
    await tick(109)
    expect(sold(), 'above 90 % of 120').to.deep.equal([])
    await tick(108)
    expect(sold()).to.deep.equal([7])
    expect(row().state).to.equal('closed')
  })

  it('sells no more than its smaller quantity, and the other units do not count as unowned', async () => {
    await set({ quantity: 2 })
    await cycles(3)
    expect(account.engine.book.holdings.outside.unowned()).to.deep.equal([])
    await tick(108)
    expect(sold()).to.deep.equal([2])
    await cycles(2)
    expect(account.engine.book.holdings.oversold()).to.deep.equal([])
  })

  it('has them after a kill too', async () => {
    await set({ quantity: 2, entryPrice: 102 })
    account.engine.actors.stopAll()
    account = await open()
    expect(row().position).to.include({ quantity: 2, entryPrice: 102 })
    await tick(115, 108)
    expect(sold()).to.deep.equal([2])
  })

  it('writes nothing where nothing changes', async () => {
    const before = keeper.lines.length
    await set({ quantity: 5, entryPrice: 100 })
    expect(keeper.lines.length).to.equal(before)
  })
})
