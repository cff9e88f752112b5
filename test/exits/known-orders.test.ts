import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import type { Venue } from '../../src/account/options.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { ExitOrder } from '../../src/domain/order.ts'
import { aPosition } from '../support/builders.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { RestingVenue } from '../support/resting-venue.ts'

const P1 = positionId('p1')
const ACME = instrumentId('ACME')
const HOUR = 3_600_000

/** A venue whose list of working orders goes on to show orders that are over. */
class LaggingVenue extends RestingVenue {
  /** The list shows these whatever became of them. */
  shown: readonly ExitOrder[] = []

  override readonly venue = (): Venue => {
    const venue = this.made()
    const list = venue.openOrders!
    return {
      ...venue,
      openOrders: async (signal: AbortSignal) => [
        ...(await list(signal)),
        ...this.shown.map(({ clientOrderId, instrument, quantity }) => {
          return { clientOrderId, instrument, remaining: -quantity }
        }),
      ],
    }
  }
}

describe('an order of ours that a list shows after its end', () => {
  let keeper: MemoryRepository
  let account: LaggingVenue
  let now: number
  let system: Account

  beforeEach(async () => {
    keeper = new MemoryRepository()
    account = new LaggingVenue()
    now = 1_000
    system = await open()
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

  async function restart(): Promise<void> {
    system.engine.actors.stopAll()
    system = await open()
    await system.settled()
  }

  async function cycles(count: number): Promise<void> {
    for (let each = 0; each < count; each++) {
      now += 500
      system.cycle()
      await system.settled()
    }
  }

  async function tick(...prices: number[]): Promise<void> {
    for (const price of prices) {
      system.tick({ instrument: ACME, ts: ++now, price })
      await system.settled()
    }
  }

  /** Begins a generation of the position that is held, and lets its exit send an order. */
  async function exitOnce(): Promise<void> {
    account.held += 5
    const position = aPosition({ quantity: 5, openedAt: now })
    await system.add(position, { stopLoss: { price: 90 } }, 'test')
    await cycles(2)
    await tick(100, 89)
    await cycles(3)
  }

  async function fillAll(): Promise<void> {
    for (const order of account.placed) account.execute(order)
    await cycles(4)
  }

  const secondGuardOrders = async (): Promise<readonly string[]> => {
    account.shown = account.placed
    await cycles(24)
    return system.engine.book.late.secondGuardOrders
  }

  it('is known to the next process, with those of the generations before it', async () => {
    for (let generation = 1; generation <= 3; generation++) {
      await exitOnce()
      await fillAll()
    }
    expect(account.placed).to.have.length(3)
    await restart()
    expect(await secondGuardOrders()).to.deep.equal([])
    expect(keeper.lines.filter(({ kind }) => kind === 'second-guard')).to.deep.equal([])
    // A look-up shows that the list lags.
    expect(account.cancelled).to.deep.equal([])
    expect(keeper.lines.filter(({ kind }) => kind === 'exit-late-order')).to.deep.equal([])
  })

  it('is known to the next process while the next generation is open', async () => {
    await exitOnce()
    await fillAll()
    account.held += 5
    const position = aPosition({ quantity: 5, openedAt: now })
    await system.add(position, { stopLoss: { price: 80 } }, 'test')
    await restart()
    expect(await secondGuardOrders()).to.deep.equal([])
    await restart()
    expect(await secondGuardOrders(), 'a process later').to.deep.equal([])
  })

  it('is known to the next process where its position was released', async () => {
    await exitOnce()
    await system.release(P1, 'test')
    await cycles(6)
    expect(system.state.released.size).to.equal(0)
    await restart()
    expect(await secondGuardOrders()).to.deep.equal([])
  })

  it('is known to the next process where it was refused and the position closed by others', async () => {
    await exitOnce()
    const [order] = account.placed
    const state = { kind: 'ended', executed: { quantity: 0, price: null } } as const
    account.orders.get(order!.clientOrderId)!.state = state
    account.held = 0
    await cycles(90)
    expect(system.state.positions.get(P1)?.state).to.equal('closed')
    await restart()
    expect(await secondGuardOrders()).to.deep.equal([])
  })

  it('is forgotten after an hour, and its generation with it', async () => {
    await exitOnce()
    await fillAll()
    now += HOUR
    await exitOnce()
    expect(system.state.positions.get(P1)).not.to.have.property('former')
    account.shown = account.placed.slice(0, 1)
    await restart()
    await cycles(24)
    expect(system.engine.book.late.secondGuardOrders).to.have.length(1)
  })

  it('is one of the last ten generations of its id', async () => {
    for (let generation = 1; generation <= 13; generation++) {
      await exitOnce()
      await fillAll()
    }
    expect(system.state.positions.get(P1)!.former).to.have.length(10)
  })

  it('is booked once where it is executed late, after another generation has ended', async () => {
    await exitOnce()
    const [first] = account.placed
    const resting = account.orders.get(first!.clientOrderId)!
    resting.state = { kind: 'ended', executed: { quantity: 0, price: null } }
    await cycles(8)
    await fillAll()
    await exitOnce()
    await fillAll()
    expect(account.held).to.equal(0)
    account.held -= 5
    resting.state = { kind: 'filled', executed: { quantity: 5, price: 90 } }
    for (let restarts = 0; restarts < 2; restarts++) {
      await restart()
      await cycles(24)
    }
    const late = keeper.lines.filter(({ kind }) => kind === 'exit-late-fill')
    expect(late.map(({ quantity }) => quantity)).to.deep.equal([5])
  })
})
