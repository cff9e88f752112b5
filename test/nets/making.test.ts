import { expect } from 'chai'
import type { Capabilities } from '../../src/domain/venue.ts'
import { aNetBook, type NetBookScene } from '../support/a-net-book.ts'
import { FUTURES, STOPS } from '../support/net-venue.ts'

describe('NetMaking', () => {
  let scene: NetBookScene
  const open = (but: Partial<Capabilities> = {}): void => {
    scene = aNetBook({ ...FUTURES, ...but })
  }
  beforeEach(() => open())
  const { view } = aNetBook()

  const held = (): unknown => scene.book.without.get(view.position.id)
  const ended = (): void => {
    const { id } = scene.net()
    const order = { kind: 'ended', executed: { quantity: 0, price: null } } as const
    const { now } = scene
    scene.book.happened({ kind: 'seen', id, by: 'look-up', order, askedAt: now, at: now })
  }

  it('makes none at a venue that could not prove its outcome, and reports that once', () => {
    open({ lookup: 'open-only' })
    scene.cycle()
    scene.cycle()
    expect([...scene.book.table.all()]).to.deep.equal([])
    expect(held()).to.equal('unsupported')
    expect(scene.kinds()).to.deep.equal(['net-held'])
  })

  it('makes none without a stop or too far from the price, until that changes', () => {
    open({ restingStop: { ...STOPS, maxDistancePct: 5 } })
    scene.stop = undefined
    scene.cycle()
    expect([held(), scene.kinds()]).to.deep.equal(['no-stop', []])
    scene.stop = 90
    scene.cycle()
    expect(held(), 'the rules are not evaluated each cycle').to.equal('no-stop')
    scene.now += 5_000
    scene.cycle()
    expect([held(), scene.kinds()]).to.deep.equal(['too-far', ['net-held']])
    scene.now += 5_000
    scene.stop = 98
    scene.cycle()
    expect([held(), scene.net().record.order.trigger.price]).to.deep.equal([undefined, 96])
  })

  it('makes none for a position that is over or has an exit', () => {
    scene.generation = undefined
    scene.cycle()
    scene.generation = 1
    scene.exit = {} as never
    scene.cycle()
    expect([...scene.book.table.all()]).to.deep.equal([])
  })

  it('moves the trigger once it would gain enough, and at most once in its interval', () => {
    const net = scene.rest()
    expect(net.record.order.trigger.price).to.equal(88)
    scene.stop = 95
    scene.cycle()
    expect(net.record.order.trigger.price).to.equal(88)
    scene.now += 1_000
    scene.cycle()
    expect(net.record.order.trigger.price).to.equal(93)
    scene.now += 1_000
    scene.stop = 94
    scene.cycle()
    expect(net.record.order.trigger.price, 'never farther from the price').to.equal(93)
  })

  it('replaces an order that could execute more than is open at once, and one that cannot be changed', () => {
    const net = scene.rest()
    scene.units = 2
    scene.cycle()
    expect(net.unwanted).to.equal('replaced')
    open({ restingStop: { ...STOPS, amend: false } })
    const other = scene.rest()
    scene.stop = 95
    scene.now += 1_000
    scene.cycle()
    expect(other.unwanted).to.equal('replaced')
  })

  it('makes the next order under the next number, a while after the venue ended the last one', () => {
    const net = scene.rest()
    const first = net.id
    ended()
    scene.now += 59_999
    scene.cycle()
    expect(net.record.n).to.equal(1)
    scene.now += 1
    scene.cycle()
    expect([net.record.n, net.id === first]).to.deep.equal([2, false])
  })

  it('makes no next order after a fill: the exit closes the rest', () => {
    const net = scene.rest()
    const order = { kind: 'ended', executed: { quantity: 1, price: 88 } } as const
    scene.book.happened({ kind: 'seen', id: net.id, by: 'look-up', order, askedAt: 0, at: 0 })
    scene.now += 600_000
    scene.cycle()
    expect(net.record.n).to.equal(1)
  })
})
