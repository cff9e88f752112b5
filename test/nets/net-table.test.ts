import { expect } from 'chai'
import { newNet } from '../../src/nets/record.ts'
import { aNetBook, type NetBookScene } from '../support/a-net-book.ts'

describe('NetTable', () => {
  let scene: NetBookScene
  beforeEach(() => (scene = aNetBook()))

  const key = { instrument: aNetBook().view.position.instrument }
  /** The next order of a net, after the one that is over. */
  const nextOf = ({ record }: ReturnType<NetBookScene['rest']>) => {
    const order = { ...record.order, clientOrderId: `${record.order.clientOrderId}b` as never }
    return newNet({ ...record, n: record.n + 1 }, order, 5)
  }

  it('finds a net by its generation and by the id of its present order alone', () => {
    const { table } = scene.book
    const net = scene.rest()
    const first = net.id
    expect(table.of(net.record)).to.equal(net)
    expect(table.of({ ...net.record, generation: 2 })).to.equal(undefined)
    table.replace(net, nextOf(net), 5)
    expect(table.owner(first)).to.equal(undefined)
    expect(table.owner(net.id)).to.equal(net)
  })

  it('drops what was known of the order before: no answer about it counts for the next one', () => {
    const net = scene.rest()
    net.seenAt = net.notListedAt = 9
    net.cancelledAt = 9
    net.unwant('exit', 9)
    scene.book.table.replace(net, nextOf(net), 5)
    expect(net).to.include({ seenAt: -Infinity, notListedAt: -Infinity, cancelledAt: Infinity })
    expect([net.unwanted, net.saved]).to.deep.equal([undefined, undefined])
  })

  it('reads a net of an earlier process as one of unknown outcome', () => {
    const stored = scene.rest().record
    const later = aNetBook()
    const net = later.book.table.restore(stored, later.view.position, 7)
    expect(net.record.state).to.deep.equal({ kind: 'unknown', since: 7 })
    expect(later.book.table.owner(stored.order.clientOrderId)).to.equal(net)
  })

  it('knows no net that was deleted', () => {
    const net = scene.rest()
    scene.book.table.delete(net)
    expect([...scene.book.table.all()]).to.deep.equal([])
    expect(scene.book.table.owner(net.id)).to.equal(undefined)
  })

  it('lets a net explain a holding that lacks units until it was asked late enough', () => {
    const net = scene.rest()
    const { table } = scene.book
    expect(table.mayExplain(key, 1_000)).to.equal(true)
    net.seenAt = 1_100
    expect(table.mayExplain(key, 1_000)).to.equal(false)
    expect(table.mayExplain({ instrument: 'OTHER' as never }, 1_000)).to.equal(false)
  })

  it('names nets with executed units of an open position without an exit, and with unbooked units', () => {
    const net = scene.rest()
    const { table } = scene.book
    expect([table.isFired(net), table.isOwed(key)]).to.deep.equal([false, false])
    net.record = { ...net.record, executed: { quantity: 1, price: 88 } }
    expect([table.isFired(net), table.isOwed(key)]).to.deep.equal([true, true])
    net.fed = net.record.executed
    scene.generation = 2
    expect([table.isFired(net), table.isOwed(key)]).to.deep.equal([false, false])
  })
})
