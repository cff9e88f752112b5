import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Capabilities } from '../../src/domain/venue.ts'
import { aPosition } from '../support/builders.ts'
import { FakeTimers } from '../support/fake-timers.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { FUTURES, NetVenue, STOPS } from '../support/net-venue.ts'
import { openAccount } from '../support/open-account.ts'

const P1 = positionId('p1')
const P2 = positionId('p2')
const ACME = instrumentId('ACME')
const STEP_MS = 50
const RULES = {
  trailingStop: { distancePct: 10 },
  net: { beyondPct: 10, minMovePct: 1, everyMs: 1_000 },
}

/** A spot venue: a resting stop reserves its units, and nothing is reduce-only. */
const SPOT: Capabilities = {
  ...FUTURES,
  reduceOnly: false,
  restingStop: { ...STOPS, reserves: true, amend: false },
}

interface Guarding {
  readonly quantity?: number
  readonly rules?: Readonly<Record<string, unknown>>
  readonly id?: typeof P1
}

describe('the net of a position', () => {
  let timers: FakeTimers
  let keeper: MemoryRepository
  let venue: NetVenue
  let account: Account

  beforeEach(() => {
    timers = new FakeTimers()
    keeper = new MemoryRepository()
    venue = new NetVenue()
  })

  afterEach(() => account.engine.actors.stopAll())

  const settle = async (): Promise<void> => {
    for (let round = 0; round < 30; round++) await new Promise(resolve => setImmediate(resolve))
  }

  async function open(): Promise<void> {
    account = await openAccount({
      keeper,
      timers,
      random: () => 0.5,
      venue: venue.venue,
      beforeGuard: venue.deposit,
      clock: { now: () => 1_000_000 + timers.now, monotonic: timers.monotonic },
      callTimeoutMs: Infinity,
      reconcileMs: 200,
      exits: { loudAfterMs: 2_000, retryMs: 100, maxRetryMs: 200 },
      onLine: () => undefined,
      onFatal: error => {
        throw error
      },
    })
  }

  /** The process dies; the next one starts from the store. */
  async function restart(): Promise<void> {
    account.engine.actors.stopAll()
    await settle()
    keeper = new MemoryRepository(keeper.store)
    await open()
    await settle()
  }

  async function guard({ quantity = 4, rules = RULES, id = P1 }: Guarding = {}): Promise<void> {
    const position = aPosition({ id, instrument: ACME, quantity, openedAt: 1_000_000 })
    await account.add(position, rules, 'test')
  }

  async function price(price: number): Promise<void> {
    timers.pass(1)
    account.tick({ instrument: ACME, ts: 1_000_000 + timers.now, price })
    await settle()
  }

  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      timers.pass(STEP_MS)
      account.cycle()
      await settle()
    }
  }

  /** A long of 4 at 100 with its net at 81: 10 % behind the own stop at 90. */
  async function netted(capabilities = FUTURES): Promise<void> {
    venue = new NetVenue(capabilities)
    await open()
    await guard()
    await price(100)
    await pass(200)
    expect(venue.resting.map(({ trigger }) => trigger)).to.deep.equal([81])
  }

  const kinds = (wanted = /^(net|exit|position)-/) =>
    keeper.lines.filter(({ kind }) => wanted.test(kind)).map(({ kind }) => kind)
  const stateOf = (id = P1) => account.state.positions.get(id)?.state
  const placed = (call: string) => venue.calls.filter(each => each.startsWith(call))

  it('keeps its trigger where the own stop gains less than minMovePct, or moved a moment ago', async () => {
    await netted()
    await price(100.5)
    await pass(1_500)
    expect(venue.resting[0]!.trigger).to.equal(81)
    await price(110)
    await pass(100)
    expect(venue.resting[0]!.trigger).to.equal(89.1)
    await price(120)
    await pass(500)
    expect(venue.resting[0]!.trigger).to.equal(89.1)
    await pass(600)
    expect(venue.resting[0]!.trigger).to.equal(97.2)
  })

  it('never moves away from the price', async () => {
    await netted()
    await price(120)
    await pass(1_500)
    await price(109)
    await pass(3_000)
    expect(venue.resting[0]!.trigger).to.equal(97.2)
  })

  it('is durable, with the ratchet that it follows from, before it leaves', async () => {
    await netted()
    await price(130)
    await pass(1_500)
    const saved = keeper.changes.find(({ nets = [] }) =>
      nets.some(({ net }) => JSON.stringify(net).includes('105.3')),
    )
    expect(saved).to.have.nested.property('ratchets')
    expect(venue.resting[0]!.trigger).to.equal(105.3)
  })

  it('is one order after a restart, whose trigger moves on', async () => {
    await netted()
    await restart()
    await price(110)
    await pass(2_500)
    expect(placed('placeStop')).to.have.length(1)
    expect(venue.resting.map(({ trigger }) => trigger)).to.deep.equal([89.1])
  })

  it('is found again where the answer to it was lost', async () => {
    venue.faults.set('placeStop', ['answer-lost'])
    await netted()
    await pass(1_000)
    expect(placed('placeStop')).to.have.length(1)
    expect(kinds()).to.include('net-resting')
  })

  it('is made again under another id where the venue proves that it never arrived', async () => {
    venue = new NetVenue()
    venue.faults.set('placeStop', ['not-arrived'])
    await open()
    await guard()
    await price(100)
    await pass(62_000)
    expect(venue.resting).to.have.length(1)
    expect(kinds()).to.include.members(['net-over', 'net-resting'])
  })

  it('closes its position when it is executed, as its one exit', async () => {
    await netted()
    venue.fire()
    await pass(2_000)
    expect(stateOf()).to.equal('closed')
    expect(placed('placeExit')).to.deep.equal([])
    const line = keeper.lines.find(({ kind }) => kind === 'exit-filled')
    expect(line).to.deep.include({ reason: 'venue-stop' })
    expect(kinds()).to.include.members(['net-filled', 'exit-intended', 'exit-filled'])
  })

  it('closes its position after a restart where it was executed while no process ran', async () => {
    await netted()
    account.engine.actors.stopAll()
    venue.fire()
    await restart()
    await pass(2_000)
    expect(stateOf()).to.equal('closed')
    expect(placed('placeExit')).to.deep.equal([])
    expect(venue.executedOf(P1)).to.equal(4)
  })

  it('leaves the rest to the exit where it was executed in part while no process ran', async () => {
    await netted()
    account.engine.actors.stopAll()
    venue.fire(0.5)
    await restart()
    await pass(4_000)
    expect(stateOf()).to.equal('closed')
    expect(venue.executedOf(P1)).to.equal(4)
    expect(venue.heldOf(ACME)).to.equal(0)
  })

  it('stays until the exit is over where the venue limits both orders to a holding of its position alone', async () => {
    await netted()
    venue.isSlow = true
    await price(89)
    await pass(200)
    expect(placed('placeExit')).to.have.length(1)
    expect(placed('cancel')).to.deep.equal([])
    venue.fill()
    await pass(2_000)
    expect(stateOf()).to.equal('closed')
    expect(venue.resting).to.deep.equal([])
    expect(venue.executedOf(P1)).to.equal(4)
  })

  it('is cancelled first where a resting stop reserves its units', async () => {
    await netted(SPOT)
    await price(89)
    await pass(1_000)
    const order = venue.calls.filter(each => !each.startsWith('placeStop'))
    expect(order.map(each => each.split(' ')[0])).to.deep.equal(['cancel', 'placeExit'])
    expect(stateOf()).to.equal('closed')
  })

  it('is cancelled first where the holding is shared with another position', async () => {
    venue = new NetVenue()
    await open()
    await guard()
    await guard({ id: P2, rules: { trailingStop: { distancePct: 50 } } })
    await price(100)
    await pass(200)
    await price(89)
    await pass(1_000)
    const order = venue.calls.filter(each => !each.startsWith('placeStop'))
    expect(order.map(each => each.split(' ')[0])).to.deep.equal(['cancel', 'placeExit'])
    expect(stateOf()).to.equal('closed')
    expect(stateOf(P2)).to.equal('open')
    expect(venue.heldOf(ACME)).to.equal(4)
  })

  it('counts for the exit what it executes before its cancel arrives', async () => {
    await netted(SPOT)
    venue.faults.set('cancel', ['not-arrived'])
    await price(89)
    venue.fire(0.5)
    await pass(3_000)
    expect(stateOf()).to.equal('closed')
    expect(venue.executedOf(P1)).to.equal(4)
    expect(venue.heldOf(ACME)).to.equal(0)
  })

  it('holds its exit back, loudly, while nothing proves its end, and no longer', async () => {
    await netted({ ...FUTURES, restingStop: { ...STOPS, reserves: true } })
    venue.broken.set('cancel', 'not-arrived')
    venue.broken.set('orderByClientId', 'unknown')
    await price(89)
    await pass(1_500)
    expect(placed('placeExit')).to.deep.equal([])
    venue.cancelAllByHand()
    await pass(3_000)
    expect(keeper.lines.find(({ kind }) => kind === 'net-unproved')).to.include({ isWaived: true })
    expect(stateOf()).to.equal('closed')
    expect(venue.executedOf(P1)).to.equal(4)
  })

  it('proves its end by the list of working orders and the holding where its cancel has no answer', async () => {
    await netted(SPOT)
    venue.broken.set('cancel', 'answer-lost')
    venue.broken.set('orderByClientId', 'unknown')
    await price(89)
    await pass(3_000)
    expect(stateOf()).to.equal('closed')
    expect(venue.executedOf(P1)).to.equal(4)
  })

  it('is cancelled when its position is released', async () => {
    await netted()
    await account.release(P1, 'test')
    await pass(1_000)
    expect(venue.resting).to.deep.equal([])
    expect(venue.heldOf(ACME)).to.equal(4)
    expect(account.state.nets.size).to.equal(0)
  })

  it('is replaced by a smaller one when a part of its position is sold by hand', async () => {
    await netted()
    venue.trade(ACME, -3)
    await pass(3_000)
    expect(venue.resting.map(({ quantity }) => quantity)).to.deep.equal([1])
    expect(kinds()).to.include('position-shrunk')
  })

  it('is made again after the venue has ended it with its trading day', async () => {
    await netted()
    venue.expire()
    await pass(500)
    await restart()
    await price(100)
    await pass(62_000)
    expect(venue.resting.map(({ trigger }) => trigger)).to.deep.equal([81])
  })

  it('waits longer after each rejection, and rests in the end', async () => {
    venue = new NetVenue()
    venue.refuses = 'market-closed'
    await open()
    await guard()
    await price(100)
    await pass(61_000)
    expect(placed('placeStop')).to.have.length(2)
    venue.refuses = undefined
    await pass(121_000)
    expect(venue.resting).to.have.length(1)
  })

  it('rests for no position in mode observe, nor at a venue that takes no stops', async () => {
    const { restingStop: _none, ...without } = FUTURES
    venue = new NetVenue(without)
    await open()
    await guard()
    await price(100)
    await pass(500)
    expect(venue.calls).to.deep.equal([])
    expect(keeper.lines.find(({ kind }) => kind === 'net-held')).to.include({ why: 'unsupported' })
  })
})
