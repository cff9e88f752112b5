import { expect } from 'chai'
import { positionId } from '../../src/domain/ids.ts'
import { accountFacts } from '../../src/views/exit-view.ts'
import { NetScene } from '../support/net-scene.ts'
import { FUTURES, NetVenue } from '../support/net-venue.ts'

describe('nets of the gateway', () => {
  let scene: NetScene

  afterEach(() => scene.close())

  async function guard(venue: NetVenue): Promise<void> {
    scene = new NetScene(venue)
    await scene.open()
    await scene.guard('p1')
    await scene.guard('p2', { stopLoss: { pct: 20 } })
    await scene.price(100)
    await scene.pass(300)
  }

  /** What the net of p1 has executed is no number any more. */
  function poison(): void {
    const { nets } = scene.account.engine
    const net = nets.table.of({ positionId: positionId('p1'), generation: 1 })!
    net.record = { ...net.record, executed: { quantity: NaN, price: null } }
  }

  async function expectIsolated(what: string): Promise<void> {
    await scene.pass(1_000)
    const faults = accountFacts(scene.account, 0).faults.map(each => each.what)
    expect(faults.join()).to.contain(what)
    scene.venue.isSlow = false
    await scene.price(79)
    await scene.pass(1_000)
    expect(scene.account.state.counts.restarts).to.equal(0)
    expect(scene.venue.executedOf(positionId('p2'))).to.equal(4)
  }

  it('stop no exit of another position where one throws beside the exit of its own', async () => {
    await guard(new NetVenue())
    scene.venue.isSlow = true
    await scene.price(89)
    poison()
    await expectIsolated('net beside the exit of p1')
  })

  it('stop no exit of another position where one throws as orders are listed', async () => {
    await guard(new NetVenue({ ...FUTURES, reduceOnly: false }))
    poison()
    await expectIsolated('list for net of p1')
  })
})
