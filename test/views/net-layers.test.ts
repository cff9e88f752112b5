import { expect } from 'chai'
import { NetLayers } from '../../src/views/net-layers.ts'
import { NetScene } from '../support/net-scene.ts'
import { FUTURES, NetVenue } from '../support/net-venue.ts'

const { restingStop: _stops, ...WITHOUT_STOPS } = FUTURES

describe('NetLayers', () => {
  let scene: NetScene
  let canLeave: boolean

  const layersOf = async (venue?: NetVenue): Promise<NetLayers> => {
    canLeave = true
    scene = new NetScene(venue)
    await scene.open()
    await scene.guard('p1')
    await scene.guard('p2', { trailingStop: { distancePct: 10 } })
    await scene.price(100)
    await scene.pass(300)
    return new NetLayers(scene.account, () => canLeave)
  }

  afterEach(() => scene.close())

  it('counts by what protects, and the time in which stops at the venue protect alone', async () => {
    const layers = await layersOf()
    layers.cycle()
    expect(layers.counts).to.deep.equal({ both: 1, ours: 1, venue: 0, none: 0 })
    canLeave = false
    layers.cycle()
    expect(layers.counts).to.deep.equal({ both: 0, ours: 0, venue: 1, none: 1 })
    expect(layers.facts().venueAlone).to.deep.equal([{ what: 'p1: layer: venue' }])
    await scene.pass(500)
    canLeave = true
    layers.cycle()
    expect(layers.venueMs).to.equal(500)
    expect(layers.facts().venueAlone).to.deep.equal([])
  })

  it('counts nothing as protected by a stop that the venue has ended', async () => {
    const layers = await layersOf()
    scene.venue.fire(0.5)
    await scene.pass(1_000)
    layers.cycle()
    expect(layers.counts.both + layers.counts.venue).to.equal(0)
  })

  it('names the positions without a net, and nets whose end nothing proves', async () => {
    const layers = await layersOf(new NetVenue(WITHOUT_STOPS))
    layers.cycle()
    expect(layers.facts().without).to.deep.equal([{ what: 'p1: unsupported' }])
    expect(layers.nets()).to.deep.equal({ resting: 0, missing: 1, unproved: 0, orphan: 0 })
  })

  it('names a net that nothing has proved to be over for long', async () => {
    const layers = await layersOf()
    layers.cycle()
    expect(layers.nets().resting).to.equal(1)
    scene.venue.broken.set('cancel', 'unknown')
    scene.venue.broken.set('orderByClientId', 'unknown')
    await scene.account.release('p1' as never, 'test')
    await scene.pass(2_500)
    layers.cycle()
    const [unproved] = layers.facts().unproved
    expect(unproved!.what).to.match(/^p1, order wkn/)
    expect(unproved!.forMs).to.be.at.least(2_000)
    expect(layers.nets()).to.deep.equal({ resting: 0, missing: 0, unproved: 1, orphan: 0 })
  })
})
