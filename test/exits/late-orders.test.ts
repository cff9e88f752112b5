import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { positionId } from '../../src/domain/ids.ts'
import type { LivedOrder } from '../../src/domain/order.ts'
import type { Capabilities } from '../../src/domain/venue.ts'
import { OFF } from '../../src/exits/kill-switch.ts'
import { accountFacts } from '../../src/views/exit-view.ts'
import { aPosition } from '../support/builders.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { RestingVenue } from '../support/resting-venue.ts'

const NOTHING = { quantity: 0, price: null }
const WORKING: LivedOrder = { kind: 'working', executed: NOTHING }
const ENDED: LivedOrder = { kind: 'ended', executed: NOTHING }

describe('an order of an exit that is over', () => {
  let keeper: MemoryRepository
  let account: RestingVenue
  let now: number
  let system: Account

  beforeEach(() => {
    keeper = new MemoryRepository()
    now = 1_000
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

  async function cycles(count: number): Promise<void> {
    for (let each = 0; each < count; each++) {
      now += 500
      system.cycle()
      await system.settled()
    }
  }

  async function tick(...prices: number[]): Promise<void> {
    for (const price of prices) {
      system.tick({ instrument: aPosition().instrument, ts: ++now, price })
      await system.settled()
    }
  }

  /** The first order of `p1` has ended with nothing executed, the second one closed the position. */
  async function exitTwice(but: Partial<Capabilities> = {}, quantity = 5): Promise<void> {
    account = new RestingVenue(but)
    system = await open()
    account.held += quantity
    await system.add(aPosition({ quantity }), { stopLoss: { price: 90 } }, 'test')
    await cycles(2)
    await tick(100, 89)
    await cycles(2)
    set(0, ENDED)
    await cycles(20)
    expect(account.placed).to.have.length(2)
    account.execute(account.placed[1]!)
    await cycles(12)
    expect(lines('exit-filled').length + lines('exit-closed').length).to.equal(1)
  }

  async function restart(): Promise<void> {
    system.engine.actors.stopAll()
    system = await open()
    await system.settled()
  }

  const set = (index: number, state: LivedOrder): void => {
    account.orders.get(account.placed[index]!.clientOrderId)!.state = state
  }
  const lines = (kind: string) => keeper.lines.filter(each => each.kind === kind)
  const cancelled = () => account.cancelled.map(id => account.placed.findIndex(isOf(id)))
  const isOf =
    (id: string) =>
    (order: { readonly clientOrderId: string }): boolean =>
      order.clientOrderId === id

  describe('that works at the venue', () => {
    it('is cancelled, and both are in the journal', async () => {
      await exitTwice()
      set(0, WORKING)
      await cycles(12)
      expect(cancelled()).to.deep.equal([0])
      const { clientOrderId } = account.placed[0]!
      expect(lines('exit-late-order')).to.have.length(2)
      expect(lines('exit-late-order')[0]).to.include({
        positionId: 'p1',
        clientOrderId,
        isOver: false,
      })
      expect(lines('exit-late-order')[1]).to.include({ clientOrderId, isOver: true })
      expect([account.held, lines('second-guard').length]).to.deep.equal([0, 0])
    })

    it('is cancelled by the next process', async () => {
      await exitTwice()
      await restart()
      set(0, WORKING)
      await cycles(12)
      expect(cancelled()).to.deep.equal([0])
    })

    it('is cancelled again until it works no more, and health fails meanwhile', async () => {
      await exitTwice()
      account.ignoresCancels = true
      set(0, WORKING)
      await cycles(90)
      expect(account.cancelled.length).to.be.greaterThan(10)
      const failing = () => accountFacts(system, now).lateOrders.map(({ what }) => what)
      expect(failing()).to.deep.equal([`p1, order ${account.placed[0]!.clientOrderId}`])
      account.ignoresCancels = false
      await cycles(4)
      expect(failing()).to.deep.equal([])
      expect(lines('exit-late-order')).to.have.length(2)
    })

    it('is not cancelled while the kill switch holds everything', async () => {
      await exitTwice()
      await system.killSwitch.set({ ...OFF, state: 'halt' })
      set(0, WORKING)
      await cycles(12)
      expect(account.cancelled).to.deep.equal([])
      await system.killSwitch.set(OFF)
      await cycles(4)
      expect(cancelled()).to.deep.equal([0])
    })

    it('is cancelled after two lists, where the venue finds no order by its id', async () => {
      await exitTwice({ lookup: 'none', dedupe: 'always', visibilityMs: 400 })
      account.isSilent = true
      set(0, WORKING)
      await cycles(60)
      expect(cancelled()).to.include(0)
      expect(lines('exit-late-order').map(line => line['isOver'])).to.deep.equal([false, true])
    })
  })

  describe('whose late fill takes units of another position', () => {
    beforeEach(async () => {
      await exitTwice()
      account.held += 4
      const other = aPosition({ id: positionId('p2'), quantity: 4, openedAt: now })
      await system.add(other, { stopLoss: { price: 50 } }, 'test')
      await cycles(6)
    })

    const fillLate = (quantity: number): void => {
      account.held -= quantity
      set(0, { kind: 'ended', executed: { quantity, price: 90 } })
    }

    it('is named as the cause of a part that is gone', async () => {
      fillLate(3)
      await cycles(20)
      expect(lines('exit-late-fill')).to.have.length(1)
      const [line] = lines('position-shrunk')
      expect(line).to.include({ positionId: 'p2', lost: 3, left: 1 })
      expect(line!['takenBy']).to.deep.equal([{ positionId: 'p1', generation: 1, quantity: 3 }])
    })

    it('is named as the cause of all that is gone', async () => {
      fillLate(4)
      await cycles(20)
      const [line] = lines('position-gone')
      expect(line).to.include({ positionId: 'p2', lost: 4 })
      expect(line!['takenBy']).to.deep.equal([{ positionId: 'p1', generation: 1, quantity: 4 }])
    })

    it('is no cause of what a person has sold beside it', async () => {
      fillLate(1)
      await cycles(20)
      account.held -= 2
      await cycles(20)
      const takers = lines('position-shrunk').map(line => [line['lost'], line['takenBy']])
      expect(takers).to.deep.equal([
        [1, [{ positionId: 'p1', generation: 1, quantity: 1 }]],
        [2, undefined],
      ])
    })
  })

  describe('is known under the id that it was sent with', () => {
    /** The same account, at a venue whose configuration has changed. */
    async function restartWith(but: Partial<Capabilities>): Promise<void> {
      const next = new RestingVenue(but)
      for (const [id, each] of account.orders) next.orders.set(id, each)
      next.held = account.held
      account = next
      await restart()
    }

    it('after the length of ids was changed', async () => {
      await exitTwice({ clientOrderIdLength: 20 })
      await restartWith({ clientOrderIdLength: 26 })
      set(0, WORKING)
      await cycles(12)
      expect(lines('second-guard')).to.deep.equal([])
      expect(cancelled()).to.deep.equal([0])
    })

    it('after its exit was discarded, also by the next process', async () => {
      account = new RestingVenue()
      system = await open()
      account.held = 5
      await system.add(aPosition({ quantity: 5 }), { stopLoss: { price: 90 } }, 'test')
      await cycles(2)
      await tick(100, 89)
      await cycles(2)
      await system.killSwitch.set({ ...OFF, state: 'halt' })
      set(0, ENDED)
      await cycles(4)
      await system.killSwitch.discardAll('test')
      await restartWith({ clientOrderIdLength: 26 })
      set(0, WORKING)
      await cycles(12)
      expect(lines('second-guard')).to.deep.equal([])
      expect(lines('exit-late-order').length).to.be.greaterThan(0)
    })
  })
})
