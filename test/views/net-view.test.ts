import { expect } from 'chai'
import type { PositionId } from '../../src/domain/ids.ts'
import { netViewOf } from '../../src/views/net-view.ts'
import { NetScene, NETTED } from '../support/net-scene.ts'
import { FUTURES, NetVenue } from '../support/net-venue.ts'

const { restingStop: _stops, ...WITHOUT_STOPS } = FUTURES

describe('the net of a position, as why shows it', () => {
  let scene: NetScene
  let id: PositionId

  const guarded = async (rules: object, venue?: NetVenue): Promise<void> => {
    scene = new NetScene(venue)
    await scene.open()
    id = await scene.guard('p1', { ...rules })
    await scene.price(100)
    await scene.pass(300)
  }

  afterEach(() => scene.close())

  it('is none where the rules ask for none, and of an id that is not known', async () => {
    await guarded({ trailingStop: { distancePct: 10 } })
    expect(netViewOf(scene.account, id)).to.equal(undefined)
    expect(netViewOf(scene.account, 'other' as PositionId)).to.equal(undefined)
  })

  it('has its trigger and its executed units', async () => {
    await guarded(NETTED)
    expect(netViewOf(scene.account, id)).to.deep.include({
      state: 'resting',
      trigger: 81,
      quantity: 4,
      executed: 0,
    })
  })

  it('says why there is none', async () => {
    await guarded(NETTED, new NetVenue(WITHOUT_STOPS))
    expect(netViewOf(scene.account, id)!.why).to.match(/takes no resting stops/)
  })

  it('names the missing stop where no rule gives one', async () => {
    await guarded({ net: NETTED.net, maxHold: { ms: 1e9 } })
    expect(netViewOf(scene.account, id)).to.deep.equal({
      state: 'none',
      why: 'no rule gives a stop yet that it could follow',
    })
  })
})
