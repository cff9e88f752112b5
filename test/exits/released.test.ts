import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Position } from '../../src/domain/position.ts'
import type { Capabilities } from '../../src/domain/venue.ts'
import { accountFacts } from '../../src/views/exit-view.ts'
import { aPosition } from '../support/builders.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount, type OpenAccountOptions } from '../support/open-account.ts'
import { RestingVenue } from '../support/resting-venue.ts'

const P1 = positionId('p1')
const ACME = instrumentId('ACME')
const TRAIL = { trailingStop: { distancePct: 10 } }

/** What venues can prove, from those that find every order to those that show holdings alone. */
const VENUES: Readonly<Record<string, Partial<Capabilities>>> = {
  'that finds every order': {},
  'that finds every order and refuses doubles': { dedupe: 'always' },
  'that finds working orders alone': { lookup: 'open-only' },
  'that takes reduce-only orders and finds none': { lookup: 'none', reduceOnly: true },
  'that refuses doubles and finds none': { lookup: 'none', dedupe: 'always' },
}

describe('the exit of a released position', () => {
  let keeper: MemoryRepository
  let account: RestingVenue
  let now: number
  let system: Account

  async function begin(capabilities: Partial<Capabilities> = {}): Promise<void> {
    keeper = new MemoryRepository()
    account = new RestingVenue(capabilities)
    now = 1_000
    system = await open()
  }

  afterEach(() => system.stop())

  const open = (but: Partial<OpenAccountOptions> = {}): Promise<Account> =>
    openAccount({
      keeper,
      venue: account.venue,
      clock: { now: () => now, monotonic: () => now },
      timers: machineTimers,
      callTimeoutMs: 5_000,
      onLine: () => undefined,
      onFatal: () => undefined,
      ...but,
    })

  const add = (but: Partial<Position> = {}) => system.add(aPosition(but), TRAIL, 'test')

  async function tick(...prices: number[]): Promise<void> {
    for (const price of prices) {
      system.tick({ instrument: ACME, ts: ++now, price })
      await system.settled()
    }
  }

  async function cycles(count: number): Promise<void> {
    for (let each = 0; each < count; each++) {
      now += 500
      system.cycle()
      await system.settled()
    }
  }

  async function restart(): Promise<void> {
    system.engine.actors.stopAll()
    system = await open()
    await system.settled()
  }

  /** Guards 5 units of 5 that are held, lets an exit of them work, and releases the position. */
  async function releaseWorking(): Promise<void> {
    account.held = 5
    await add({ quantity: 5 })
    await cycles(2)
    await tick(100, 89)
    await cycles(3)
    expect(account.placed).to.have.length(account.isLost ? 0 : 1)
    await system.release(P1, 'test')
    await system.settled()
  }

  /** Executes whatever works, as often as the system goes on; the units that were sold in all. */
  async function sellAll(): Promise<number> {
    let sold = 0
    for (let round = 0; round < 30; round++) {
      for (const order of account.placed) sold += account.execute(order)
      await tick(88)
      await cycles(1)
    }
    return sold
  }

  const line = (kind: string) => keeper.lines.find(each => each.kind === kind)

  for (const [venue, capabilities] of Object.entries(VENUES)) {
    describe(`at a venue ${venue}`, () => {
      beforeEach(() => begin(capabilities))

      it('sells no more than is held together with that of the next generation', async () => {
        account.ignoresCancels = true
        await releaseWorking()
        await add({ quantity: 5, entryPrice: 110 })
        await cycles(4)
        await tick(88)
        await cycles(6)
        expect(account.placed, 'the first order may still sell all').to.have.length(1)
        expect([await sellAll(), account.held]).to.deep.equal([5, 0])
        await cycles(10)
        expect(system.state.positions.get(P1)?.state).to.equal('closed')
      })

      it('leaves all of the holding to the next generation once its order is cancelled', async () => {
        await releaseWorking()
        await cycles(20)
        await add({ quantity: 5, entryPrice: 110 })
        await cycles(4)
        await tick(88)
        await cycles(10)
        expect([await sellAll(), account.held]).to.deep.equal([5, 0])
      })

      it('sells no more than is held together with the next generation over a restart', async () => {
        account.ignoresCancels = true
        await releaseWorking()
        await add({ quantity: 5, entryPrice: 110 })
        await restart()
        await tick(100, 88)
        await cycles(10)
        await restart()
        expect([await sellAll(), account.held]).to.deep.equal([5, 0])
      })

      it('stops no other exit after a restart while its order works', async () => {
        account.ignoresCancels = true
        await releaseWorking()
        await restart()
        await cycles(12)
        expect(system.engine.book.late.secondGuardOrders).to.deep.equal([])
        expect(line('second-guard')).to.equal(undefined)
      })
    })
  }

  describe('at any venue', () => {
    beforeEach(() => begin())

    it('is cancelled, and reported when it is over', async () => {
      await releaseWorking()
      await cycles(4)
      expect(account.cancelled).to.deep.equal([account.placed[0]!.clientOrderId])
      expect(line('released-order-over')).to.include({ positionId: P1, quantity: 0, profit: null })
      expect((await keeper.load()).released).to.deep.equal([])
      expect(account.held).to.equal(5)
    })

    it('counts for the day where it is filled before its cancel', async () => {
      account.ignoresCancels = true
      await releaseWorking()
      account.execute(account.placed[0]!)
      await cycles(4)
      expect(line('released-order-over')).to.include({ quantity: 5, price: 90, profit: -50 })
      const { day } = await system.portfolio.standing()
      expect(day.realised.map(({ amount }) => amount)).to.deep.equal([-50])
      await restart()
      await cycles(4)
      expect(keeper.lines.filter(({ kind }) => kind === 'released-order-over')).to.have.length(1)
    })

    it('is followed by the next process where it works over a kill', async () => {
      account.ignoresCancels = true
      await releaseWorking()
      await restart()
      account.execute(account.placed[0]!)
      await cycles(6)
      expect(line('released-order-over')).to.include({ quantity: 5, profit: -50 })
      expect(system.state.released.size).to.equal(0)
    })

    it('is no longer under way where it was never sent', async () => {
      account.held = 5
      await system.killSwitch.set({ state: 'halt', since: now, by: null })
      await add({ quantity: 5 })
      await tick(100, 89)
      await system.release(P1, 'test')
      await system.settled()
      expect([system.state.openExits.size, system.state.released.size]).to.deep.equal([0, 0])
      await add({ quantity: 5, entryPrice: 110 })
      await system.killSwitch.set({ state: 'off', since: now, by: null })
      await tick(88)
      await cycles(6)
      expect([await sellAll(), account.held]).to.deep.equal([5, 0])
    })

    it('is reported once where its order’s outcome stays unknown for long', async () => {
      account.isLost = true
      account.isSilent = true
      await releaseWorking()
      await cycles(100)
      const lines = keeper.lines.filter(({ kind }) => kind === 'exit-unproved')
      const ids = [...system.state.released.values()].map(
        ({ record: { order } }) => order.clientOrderId,
      )
      expect(ids).to.have.length(1)
      expect(lines.map(line => line['clientOrderId'])).to.deep.equal(ids)
      account.isSilent = false
      await cycles(6)
      expect(system.state.released.size).to.equal(0)
    })
  })

  it('is a failure of health while neither its cancel nor a list ends it', async () => {
    await begin({ dedupe: 'always', lookup: 'none' })
    account.ignoresCancels = true
    await releaseWorking()
    account.isSilent = true
    const failing = () => accountFacts(system, now).releasedOrders
    expect(failing()).to.deep.equal([])
    await cycles(100)
    expect(failing().map(({ what }) => what)).to.deep.equal([P1])
    expect(keeper.lines.filter(({ kind }) => kind === 'exit-unproved')).to.have.length(1)
    account.isSilent = false
    account.execute(account.placed[0]!)
    await cycles(20)
    expect([failing(), system.engine.book.released.all()]).to.deep.equal([[], []])
  })

  describe('that nothing ends, at a venue where the holding proves what an order executed', () => {
    const P2 = positionId('p2')
    const shown = (): boolean => system.state.positions.get(P2)?.state === 'open'

    for (const [what, capabilities] of Object.entries<Partial<Capabilities>>({
      'refuses doubles': { lookup: 'none', dedupe: 'always' },
      'takes reduce-only orders': { lookup: 'none', reduceOnly: true },
    })) {
      it(`holds no other exit of the holding back for ever, which sells once: ${what}`, async () => {
        await begin(capabilities)
        account.ignoresCancels = true
        await releaseWorking()
        account.isSilent = true
        account.held += 5
        await add({ id: P2, quantity: 5 })
        await cycles(4)
        await tick(88)
        await cycles(20)
        expect(account.placed, 'its cancel may still be answered').to.have.length(1)
        await cycles(60)
        const [, second] = account.placed
        expect([account.placed.length, second?.quantity]).to.deep.equal([2, 5])
        // The holding falls by as much as either of the two may have sold.
        account.execute(second!)
        await cycles(80)
        expect([account.placed.length, account.held]).to.deep.equal([2, 5])
        expect(shown(), 'either may have sold it').to.equal(true)
        account.execute(account.placed[0]!)
        account.isSilent = false
        await cycles(40)
        expect([account.placed.length, account.held, shown()]).to.deep.equal([2, 0, false])
      })
    }
  })

  it('keeps the next generation from nothing that is held still, where a part of it was executed', async () => {
    await begin({ dedupe: 'always', lookup: 'none' })
    account.ignoresCancels = true
    await releaseWorking()
    account.isSilent = true
    // The order has sold 2 of 5, and the same 5 units are posted again.
    account.held -= 2
    await add({ quantity: 5, entryPrice: 110 })
    await cycles(4)
    await tick(88)
    await cycles(20)
    expect(account.placed, 'its end may still be shown').to.have.length(1)
    await cycles(80)
    expect(account.placed.slice(1).map(({ quantity }) => quantity)).to.deep.equal([3])
  })

  it('is given up an hour after a venue that finds none says that it does not work', async () => {
    await begin({ dedupe: 'always', lookup: 'none' })
    account.isLost = true
    await releaseWorking()
    await cycles(10)
    expect(system.state.released.size).to.equal(1)
    now += 3_600_000
    await cycles(2)
    expect(system.state.released.size).to.equal(0)
  })
})
