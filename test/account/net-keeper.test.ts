import { expect } from 'chai'
import { NetKeeper } from '../../src/account/net-keeper.ts'
import type { PositionId } from '../../src/domain/ids.ts'
import type { WatchkeeperError } from '../../src/errors.ts'
import { NetScene } from '../support/net-scene.ts'

describe('NetKeeper', () => {
  let scene: NetScene
  let id: PositionId

  beforeEach(async () => {
    scene = new NetScene()
    await scene.open()
    id = await scene.guard('p1')
    await scene.price(100)
    await scene.pass(300)
  })

  afterEach(() => scene.close())

  const rowsOf = () => scene.keeper.changes.flatMap(({ nets = [] }) => nets)

  it('writes a net together with the ratchet that it follows from, before the order leaves', () => {
    const first = scene.keeper.changes.find(({ nets = [] }) => nets.length > 0)!
    expect(first).to.have.nested.property('ratchets')
    const [row] = rowsOf()
    expect(row, 'nothing had left yet').to.have.nested.property(
      'net.record.state.kind',
      'intending',
    )
    expect(scene.account.state.nets.size).to.equal(1)
  })

  it('writes no net of a closed position, so that its order never leaves', async () => {
    const [net] = [...scene.account.state.nets.values()]
    await scene.account.release(id, 'test')
    await scene.pass(1_000)
    const { state, engine } = scene.account
    const written: unknown[] = []
    const writer = {
      soon: (change: unknown) => void written.push(change),
      flush: () => Promise.resolve(),
    }
    const keeper = new NetKeeper({ state, writer, registry: engine.registry, now: () => 0 })
    const error = await keeper.save(net!).catch((reason: unknown) => reason)
    expect(written).to.deep.equal([])
    expect((error as WatchkeeperError).code).to.equal('POSITION_UNKNOWN')
  })

  it('deletes the row of a net once its end is proved', async () => {
    await scene.account.release(id, 'test')
    await scene.pass(1_000)
    expect(scene.account.state.nets.size).to.equal(0)
    expect(rowsOf().at(-1)!.net).to.equal(undefined)
  })

  it('cancels the net of a position whose new rules ask for none', async () => {
    const request = { rules: { net: null }, force: true, exitNow: false }
    await scene.account.changeRules(id, request, 'test')
    await scene.pass(1_000)
    expect(scene.venue.resting).to.deep.equal([])
  })
})
