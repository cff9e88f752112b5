import { expect } from 'chai'
import type { Capabilities } from '../../src/domain/venue.ts'
import { newExit } from '../../src/exits/attempts.ts'
import type { ExitRecord } from '../../src/exits/record.ts'
import { pastOrderOf, bookLate, feed, isUnwantedBy } from '../../src/nets/beside-exit.ts'
import type { TrackedNet } from '../../src/nets/tracked-net.ts'
import { aNetBook, type NetBookScene } from '../support/a-net-book.ts'
import { aDecision } from '../support/builders.ts'
import { settingsOf } from '../support/exits.ts'
import { FUTURES, STOPS } from '../support/net-venue.ts'

const HALF = { quantity: 2, price: 88 }

describe('a net beside the exit of its position', () => {
  let scene: NetBookScene
  let net: TrackedNet
  const open = (but: Partial<Capabilities> = {}): void => {
    scene = aNetBook({ ...FUTURES, ...but })
    net = scene.rest()
  }
  beforeEach(() => open())

  const beside = () => pastOrderOf(scene.book.table, net)
  /** The exit of the position, which knows the net as it was when the exit began. */
  const exit = (but: Partial<ExitRecord> = {}): ExitRecord => {
    const { position, generation } = scene.view
    const decision = aDecision(position)
    const record = newExit({ position, generation, decision, at: 0 }, settingsOf())
    const past = beside()
    return { ...record, storeId: 's', pastOrders: past === undefined ? [] : [past], ...but }
  }
  const fed = (record: ExitRecord) =>
    feed(scene.book.table, record, { position: scene.view.position, now: 50 })
  const seen = (kind: 'working' | 'ended' | 'filled', executed = HALF): void =>
    scene.book.happened({
      kind: 'seen',
      id: net.id,
      by: 'look-up',
      order: { kind, executed },
      askedAt: 20,
      at: 20,
    })

  it('must be over before the exit leaves where nothing but this service bounds the two', () => {
    for (const but of [{ reduceOnly: false }, { restingStop: { ...STOPS, reserves: true } }]) {
      open(but)
      expect(beside()).to.include({ isNet: true, isWorking: true })
    }
    open()
    scene.account = { isAlone: () => false }
    expect(beside(), 'another position shares the holding').to.include({ isWorking: true })
  })

  it('lets the exit leave first where the holding, the position’s alone, bounds both', () => {
    expect(beside()).to.not.have.property('isWorking')
    const record = exit()
    expect(isUnwantedBy(scene.book.table, record, net)).to.equal(false)
    scene.account = { isAlone: () => false }
    expect(isUnwantedBy(scene.book.table, record, net), 'another one came').to.equal(true)
  })

  it('is no order beside the exit before it has left, nor after an end without a fill', () => {
    const unsent = aNetBook()
    unsent.cycle()
    expect(pastOrderOf(unsent.book.table, unsent.net())).to.equal(undefined)
    seen('ended', { quantity: 0, price: null as never })
    expect(beside()).to.equal(undefined)
  })

  it('is cancelled for an exit that waits for its end, once that exit is durable', () => {
    open({ reduceOnly: false })
    const record = exit()
    expect(isUnwantedBy(scene.book.table, record, net)).to.equal(true)
    scene.account = { isExitDurable: () => false }
    expect(isUnwantedBy(scene.book.table, record, net)).to.equal(false)
  })

  it('feeds its fills to the exit once it is over, and nothing twice', () => {
    open({ reduceOnly: false })
    const record = exit()
    expect(fed(record)).to.equal(undefined)
    seen('working')
    expect(fed(record), 'the rest may be executed too').to.equal(undefined)
    seen('ended')
    expect(fed(record)).to.deep.include({ kind: 'seen', order: { kind: 'ended', executed: HALF } })
    const [past] = record.pastOrders
    const { isWorking: _over, ...known } = { ...past!, executed: HALF }
    expect(fed({ ...record, pastOrders: [known] })).to.equal(undefined)
  })

  it('lets an exit go on beside it only where its end was waived', () => {
    open({ reduceOnly: false })
    net.isWaived = true
    expect(fed(exit())).to.deep.include({ kind: 'net-waived', id: net.id })
  })

  it('is followed again from the record of the exit where the store has lost it', () => {
    const record = exit()
    const later = aNetBook()
    feed(later.book.table, record, { position: later.view.position, now: 50 })
    expect(later.net().record).to.deep.include({
      exists: true,
      state: { kind: 'unknown', since: 50 },
    })
    expect(later.net().id).to.equal(net.id)
  })

  it('books units that it executes after its position was closed once, by their own price', () => {
    scene.generation = undefined
    net.record = { ...net.record, executed: HALF }
    bookLate(scene.book.table, net)
    bookLate(scene.book.table, net)
    net.record = { ...net.record, executed: { quantity: 4, price: 87 } }
    bookLate(scene.book.table, net)
    const late = scene.notices.filter(each => each.kind === 'exit-late-fill')
    expect(late.map(({ executed }) => executed)).to.deep.equal([HALF, { quantity: 2, price: 86 }])
    expect(late.map(({ booked }) => booked)).to.deep.equal([2, 4])
  })
})
