import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import type { Venue } from '../../src/account/options.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { LivedOrder, OrderState } from '../../src/domain/order.ts'
import type { Capabilities } from '../../src/domain/venue.ts'
import { aPosition } from '../support/builders.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { RestingVenue } from '../support/resting-venue.ts'

const P1 = positionId('p1')
const ACME = instrumentId('ACME')
const ENDED: LivedOrder = { kind: 'ended', executed: { quantity: 0, price: null } }
const FILLED: LivedOrder = { kind: 'filled', executed: { quantity: 5, price: 90 } }

/** A venue that claims to find every order, and answers what the test says instead of what is so. */
class LyingVenue extends RestingVenue {
  lookUpAnswer: ((truth: OrderState) => OrderState) | undefined
  cancelAnswer: OrderState | undefined
  /** The question for the holding is answered as if this were held. */
  saidHeld: number | undefined

  override readonly venue = (): Venue => {
    const venue = this.made()
    return {
      ...venue,
      orderByClientId: async (...asked) => {
        const truth = await venue.orderByClientId(...asked)
        return this.lookUpAnswer?.(truth) ?? truth
      },
      cancel: async (...asked) => {
        const truth = await venue.cancel(...asked)
        return this.cancelAnswer ?? truth
      },
      holding: async (...asked) => {
        const { saidHeld: quantity } = this
        if (quantity === undefined) return venue.holding(...asked)
        return quantity === 0 ? { kind: 'flat', ageMs: 0 } : { kind: 'held', quantity, ageMs: 0 }
      },
    }
  }
}

describe('a venue that claims to find every order and contradicts itself', () => {
  let keeper: MemoryRepository
  let account: LyingVenue
  let now: number
  let system: Account

  afterEach(() => system.stop())

  /** Guards 5 units of `held`, and lets an exit of them work. */
  async function begin(held = 5, capabilities: Partial<Capabilities> = {}): Promise<void> {
    keeper = new MemoryRepository()
    account = new LyingVenue(capabilities)
    now = 1_000
    system = await openAccount({
      keeper,
      venue: account.venue,
      timers: machineTimers,
      clock: { now: () => now, monotonic: () => now },
      callTimeoutMs: 5_000,
      onLine: () => undefined,
      onFatal: () => undefined,
    })
    account.held = held
    await system.add(aPosition({ quantity: 5 }), { stopLoss: { price: 90 } }, 'test')
    await cycles(12)
    for (const price of [100, 89]) {
      system.tick({ instrument: ACME, ts: ++now, price })
      await system.settled()
    }
    await cycles(2)
    expect(account.placed).to.have.length(1)
  }

  async function cycles(count: number): Promise<void> {
    for (let each = 0; each < count; each++) {
      now += 500
      system.cycle()
      await system.settled()
    }
  }

  const first = () => account.orders.get(account.placed[0]!.clientOrderId)!
  const lines = (kind: string) => keeper.lines.filter(each => each.kind === kind)
  const isOpen = (): boolean => system.state.positions.get(P1)?.state === 'open'
  /** Executes whatever works, as long as anything may still be sent; the units that were sold. */
  async function finish(): Promise<number> {
    let sold = 0
    for (let round = 0; round < 40; round++) {
      for (const order of account.placed) sold += account.execute(order)
      await cycles(1)
    }
    return sold
  }

  it('shows an order in its list that a look-up does not know: nothing more is sent', async () => {
    await begin()
    account.lookUpAnswer = () => ({ kind: 'unknown' })
    await cycles(40)
    expect([account.placed.length, isOpen()]).to.deep.equal([1, true])
    account.lookUpAnswer = undefined
    expect([await finish(), account.held, isOpen()]).to.deep.equal([5, 0, false])
  })

  it('finds no order that it lists: it is cancelled, and only then another is sent', async () => {
    await begin()
    account.lookUpAnswer = () => ({ kind: 'absent' })
    account.ignoresCancels = true
    account.cancelAnswer = { kind: 'absent' }
    await cycles(2)
    expect(account.placed).to.have.length(1)
    expect(account.cancelled).to.have.length.greaterThan(0)
    account.lookUpAnswer = undefined
    account.cancelAnswer = undefined
    account.ignoresCancels = false
    expect([await finish(), account.held]).to.deep.equal([5, 0])
  })

  it('says now that it rejected, now that it filled an order: it is sold once', async () => {
    await begin()
    account.lookUpAnswer = () => ({ kind: 'rejected', code: 'refused' })
    account.ignoresCancels = true
    account.cancelAnswer = { kind: 'unknown' }
    await cycles(6)
    expect(account.placed).to.have.length(1)
    account.execute(account.placed[0]!)
    account.lookUpAnswer = undefined
    await cycles(20)
    expect([account.placed.length, account.held, isOpen()]).to.deep.equal([1, 0, false])
    expect(lines('exit-filled')[0]).to.include({ quantity: 5, price: 90 })
  })

  it('rejects the cancel of an order that then is filled: it is sold once', async () => {
    await begin()
    account.cancelAnswer = { kind: 'rejected', code: 'refused' }
    account.ignoresCancels = true
    await cycles(70)
    expect(account.cancelled).to.have.length.greaterThan(0)
    account.execute(account.placed[0]!)
    await cycles(20)
    expect([account.placed.length, account.held, isOpen()]).to.deep.equal([1, 0, false])
  })

  it('lists units that it says are not held: the position is not given up for that', async () => {
    await begin()
    account.saidHeld = 0
    await cycles(6)
    expect(lines('position-gone')).to.deep.equal([])
    account.saidHeld = undefined
    expect([await finish(), account.held, isOpen()]).to.deep.equal([5, 0, false])
  })

  it('fills an order after its end, which counts as the fill of the exit', async () => {
    await begin()
    first().state = ENDED
    await cycles(1)
    account.held -= 5
    first().state = FILLED
    await cycles(20)
    expect([account.placed.length, account.held]).to.deep.equal([1, 0])
    expect(lines('exit-filled')[0]).to.include({ quantity: 5, price: 90 })
  })

  for (const reduceOnly of [true, false]) {
    it(`calls an order filled that works, reduce-only ${reduceOnly}: the position stays open`, async () => {
      await begin(5, { reduceOnly })
      account.lookUpAnswer = () => FILLED
      await cycles(10)
      expect([isOpen(), lines('exit-fault').length]).to.deep.equal([true, 1])
      account.lookUpAnswer = undefined
      await cycles(4)
      expect([await finish(), account.held, isOpen()]).to.deep.equal([5, 0, false])
    })

    it(`forgets an order that it has executed, reduce-only ${reduceOnly}: other units are not sold for it`, async () => {
      await begin(10, { reduceOnly })
      account.execute(account.placed[0]!)
      account.orders.delete(account.placed[0]!.clientOrderId)
      await cycles(80)
      expect([account.orders.size, account.held, isOpen()]).to.deep.equal([0, 5, false])
    })
  }
})
