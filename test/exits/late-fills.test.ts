import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { positionId } from '../../src/domain/ids.ts'
import type { LivedOrder } from '../../src/domain/order.ts'
import { aPosition } from '../support/builders.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { RestingVenue } from '../support/resting-venue.ts'

const P1 = positionId('p1')

/** A venue that reports that an order has ended, and executes it afterwards. */
describe('an order that is executed after the venue has reported its end', () => {
  let keeper: MemoryRepository
  let account: RestingVenue
  let now: number
  let system: Account

  beforeEach(async () => {
    keeper = new MemoryRepository()
    account = new RestingVenue()
    now = 1_000
    system = await open()
    account.held = 5
    await system.add(aPosition({ quantity: 5 }), { stopLoss: { price: 90 } }, 'test')
    await cycles(2)
    await tick(100, 89)
    await cycles(2)
  })
  afterEach(() => system.stop())

  const open = (): Promise<Account> =>
    openAccount({
      keeper,
      venue: account.venue,
      timers: machineTimers,
      clock: { now: () => now, monotonic: () => now },
      callTimeoutMs: 5_000,
      onLine: () => undefined,
      onFatal: () => undefined,
    })

  async function tick(...prices: number[]): Promise<void> {
    for (const price of prices) {
      system.tick({ instrument: aPosition().instrument, ts: ++now, price })
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

  const set = (index: number, state: LivedOrder): void => {
    account.orders.get(account.placed[index]!.clientOrderId)!.state = state
  }
  const endFirst = async (): Promise<void> => {
    set(0, { kind: 'ended', executed: { quantity: 0, price: null } })
    await cycles(1)
  }
  const fillFirst = (): void => {
    account.held -= 5
    set(0, { kind: 'filled', executed: { quantity: 5, price: 90 } })
  }
  const lines = (kind: string) => keeper.lines.filter(each => each.kind === kind)
  const realised = async (): Promise<readonly number[]> =>
    (await system.portfolio.standing()).day.realised.map(({ amount }) => amount)

  it('is the fill of its exit where that is open: what the holding lacks is looked up first', async () => {
    await endFirst()
    fillFirst()
    await cycles(12)
    expect(account.placed).to.have.length(1)
    expect([...lines('position-gone'), ...lines('exit-closed')]).to.deep.equal([])
    expect(lines('exit-filled')[0]).to.include({ positionId: P1, quantity: 5, price: 90 })
    expect(await realised()).to.deep.equal([-50])
  })

  it('is booked later where the venue answers no question about it for long', async () => {
    await endFirst()
    fillFirst()
    account.isSilent = true
    await cycles(80)
    expect(lines('exit-closed')).to.have.length(1)
    account.isSilent = false
    await cycles(70)
    expect(account.placed).to.have.length(1)
    const [late, ...more] = lines('exit-late-fill')
    expect(late).to.include({ positionId: P1, quantity: 5, price: 90, profit: -50, booked: 5 })
    expect(more).to.deep.equal([])
    expect(await realised()).to.deep.equal([-50])
    expect(system.state.counts.lateFills).to.equal(1)
  })

  describe('while the next order of the same exit works', () => {
    beforeEach(async () => {
      await endFirst()
      await cycles(6)
      expect(account.placed).to.have.length(2)
    })

    /** The first order has executed so much after all. */
    function fillLate(quantity: number): void {
      account.held -= quantity
      set(0, { kind: 'ended', executed: { quantity, price: 90 } })
    }

    /** Executes whatever works, until the exit is over. */
    async function finish(): Promise<void> {
      for (let round = 0; round < 12; round++) {
        for (const order of account.placed) account.execute(order)
        await cycles(1)
      }
    }

    it('counts toward the exit: the next order is cancelled, and the rest alone is sold', async () => {
      fillLate(2)
      await cycles(14)
      expect(account.cancelled).to.deep.equal([account.placed[1]!.clientOrderId])
      expect(lines('exit-late-fill')[0]).to.include({ quantity: 2, price: 90, booked: 2 })
      await cycles(2)
      expect(account.placed.map(({ quantity }) => quantity)).to.deep.equal([5, 5, 3])
      await finish()
      expect(account.held).to.equal(0)
      expect(lines('position-shrunk')).to.deep.equal([])
      expect(lines('exit-filled')[0]).to.include({ quantity: 5, price: 90 })
      expect(await realised()).to.deep.equal([-50])
    })

    it('ends the exit where it was all of it', async () => {
      fillLate(5)
      await cycles(20)
      expect([account.placed.length, account.held]).to.deep.equal([2, 0])
      expect(lines('exit-filled')[0]).to.include({ quantity: 5, price: 90 })
      expect(await realised()).to.deep.equal([-50])
    })

    it('is known to the next process, which books it once', async () => {
      fillLate(2)
      await cycles(14)
      system.engine.actors.stopAll()
      system = await open()
      await finish()
      expect(account.held).to.equal(0)
      expect(lines('exit-late-fill')).to.have.length(1)
      expect(lines('exit-filled')[0]).to.include({ quantity: 5, price: 90 })
      expect(await realised()).to.deep.equal([-50])
    })

    it('is learned by the next process where it came while none ran', async () => {
      system.engine.actors.stopAll()
      fillLate(2)
      system = await open()
      await cycles(4)
      await finish()
      expect(account.held).to.equal(0)
      expect(lines('exit-late-fill')).to.have.length(1)
      expect(lines('position-shrunk')).to.deep.equal([])
      expect(lines('exit-filled')[0]).to.include({ quantity: 5 })
    })

    it('holds the next attempt back, and is cancelled, while the first order works again', async () => {
      set(0, { kind: 'working', executed: { quantity: 0, price: null } })
      account.ignoresCancels = true
      await cycles(14)
      set(1, { kind: 'ended', executed: { quantity: 0, price: null } })
      await cycles(20)
      expect(account.placed, 'both may sell all').to.have.length(2)
      expect(account.cancelled).to.include(account.placed[0]!.clientOrderId)
      account.ignoresCancels = false
      await cycles(10)
      expect(account.placed).to.have.length(3)
      await finish()
      expect(account.held).to.equal(0)
    })
  })

  /** The second order is filled, and the first one after all. */
  async function sellTwice(): Promise<void> {
    await endFirst()
    await cycles(6)
    account.execute(account.placed[1]!)
    await cycles(4)
    expect(lines('exit-filled')).to.have.length(1)
    fillFirst()
  }

  it('is booked where it leaves the account on the other side', async () => {
    await sellTwice()
    await cycles(20)
    expect(account.held).to.equal(-5)
    expect(lines('holding-oversold')).to.have.length(1)
    expect(lines('exit-late-fill')).to.have.length(1)
    expect(await realised()).to.deep.equal([-100])
  })

  it('is booked once over restarts', async () => {
    await sellTwice()
    for (let restarts = 0; restarts < 2; restarts++) {
      system.engine.actors.stopAll()
      system = await open()
      await cycles(20)
    }
    expect(lines('exit-late-fill').map(({ quantity }) => quantity)).to.deep.equal([5])
    expect(await realised()).to.deep.equal([-100])
  })

  it('is not looked up while nothing is missing', async () => {
    await endFirst()
    await cycles(6)
    account.execute(account.placed[1]!)
    await cycles(4)
    // Only a question would find it.
    set(0, { kind: 'filled', executed: { quantity: 5, price: 90 } })
    await cycles(20)
    expect(lines('exit-late-fill')).to.deep.equal([])
  })
})
