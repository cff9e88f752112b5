import { expect } from 'chai'
import type { OrderState } from '../../src/domain/order.ts'
import type { NetCall } from '../../src/nets/tracked-net.ts'
import { aNetBook, type NetBookScene } from '../support/a-net-book.ts'

const NOTHING = { quantity: 0, price: null }
const MINUTE_MS = 60_000

describe('NetBook', () => {
  let scene: NetBookScene
  beforeEach(() => (scene = aNetBook()))

  const due = (): readonly NetCall[] =>
    scene.book.takeDue(scene.net(), { now: scene.now, maySend: true, mayCancel: true })
  const seen = (order: OrderState): void => {
    const { now } = scene
    const { id } = scene.net()
    scene.book.happened({ kind: 'seen', id, by: 'look-up', order, askedAt: now, at: now })
  }
  /** The venue refuses the present order, which waits for its answer. */
  const refused = (): void => {
    scene.cycle()
    const net = scene.net()
    scene.book.recorded(net.record, scene.now)
    due()
    scene.book.ended({ id: net.id, call: 'send' }, { kind: 'sent', id: net.id, at: scene.now })
    const answer = { kind: 'rejected', code: 'refused' } as const
    scene.book.happened({ kind: 'answered', id: net.id, answer, at: scene.now })
  }

  it('sends nothing before it is durable', () => {
    scene.cycle()
    expect(due()).to.deep.equal(['save'])
    scene.now += 60_000
    scene.cycle()
    expect(due(), 'the save is in flight').to.deep.equal([])
    scene.book.recorded(scene.net().record, scene.now)
    expect(due()).to.deep.equal(['send'])
  })

  it('waits longer after each refusal, up to about an hour, and a minute after an end', () => {
    const waits: number[] = []
    for (let refusal = 0; refusal < 9; refusal++) {
      refused()
      waits.push((scene.net().retryAt - scene.now) / MINUTE_MS)
      scene.now = scene.net().retryAt
    }
    expect(waits).to.deep.equal([1, 2, 4, 8, 16, 32, 64, 64, 64])
    scene.rest()
    seen({ kind: 'ended', executed: NOTHING })
    expect(scene.net().retryAt - scene.now).to.equal(MINUTE_MS)
  })

  it('asks again after a change that had no effect, and not in every cycle', () => {
    const net = scene.rest()
    scene.now = 1_000
    scene.stop = 95
    scene.cycle()
    scene.book.recorded(net.record, scene.now)
    expect(due()).to.deep.equal(['amend'])
    const trigger = net.record.order.trigger
    const order = { kind: 'unknown' } as const
    const event = { kind: 'amended', id: net.id, trigger, order, at: scene.now } as const
    scene.book.ended({ id: net.id, call: 'amend' }, event)
    scene.now += 4_999
    scene.cycle()
    expect(due()).to.not.include('amend')
    scene.now += 1
    scene.cycle()
    expect(due()).to.include('amend')
  })

  it('queries an order whose change the venue refuses, and repeats the change less and less often', () => {
    const net = scene.rest()
    scene.now = 1_000
    scene.stop = 95
    scene.cycle()
    scene.book.recorded(net.record, scene.now)
    const waits: number[] = []
    for (let refusal = 0; refusal < 8; refusal++) {
      expect(due()).to.include('amend')
      waits.push((net.amendAt - scene.now) / 1_000)
      const { trigger } = net.record.order
      const order = { kind: 'rejected', code: 'refused' } as const
      const event = { kind: 'amended', id: net.id, trigger, order, at: scene.now } as const
      scene.book.ended({ id: net.id, call: 'amend' }, event)
      scene.book.cycle([], { now: scene.now, maySend: true, mayCancel: true })
      expect(due()).to.deep.equal(['ask'])
      seen({ kind: 'working', executed: NOTHING })
      scene.book.ended({ id: net.id, call: 'ask' }, undefined)
      scene.now = net.amendAt
      scene.book.cycle([], { now: scene.now, maySend: true, mayCancel: true })
    }
    expect(waits).to.deep.equal([5, 10, 20, 40, 80, 160, 320, 320])
  })

  it('reports once that no answer proves the end of an order that it cancels', () => {
    scene.rest()
    scene.generation = undefined
    scene.cycle()
    for (let cycle = 0; cycle < 3; cycle++, scene.now += 2_000) scene.cycle()
    expect(scene.kinds().filter(kind => kind === 'net-unproved')).to.have.length(1)
  })

  it('forgets an ended net of a closed position, and names its row once', () => {
    const net = scene.rest()
    scene.generation = undefined
    scene.cycle()
    expect(net.unwanted).to.equal('no-position')
    seen({ kind: 'ended', executed: NOTHING })
    scene.cycle()
    const { positionId } = net.record
    expect(scene.book.takeForgotten()).to.deep.equal([{ positionId, generation: 1 }])
    expect(scene.book.takeForgotten()).to.deep.equal([])
  })

  it('waives the end of a net for an exit only by two whole reports of a holding that is its own', () => {
    for (const [isWhole, expected] of [
      [false, false],
      [true, true],
    ]) {
      scene = aNetBook()
      const net = scene.rest()
      scene.account = { isWholeSince: () => isWhole!, lacks: () => false }
      net.unwant('exit', 0)
      net.cancelledAt = 0
      scene.now = 2_000
      scene.book.review(net, scene.now)
      expect(net.isWaived).to.equal(expected)
    }
  })
})
