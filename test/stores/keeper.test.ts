import { expect } from 'chai'
import { positionId, type PositionId } from '../../src/domain/ids.ts'
import type { Registered } from '../../src/ports/keeper.ts'
import { StoreKeeper } from '../../src/stores/keeper.ts'
import { MemoryStore } from '../../src/stores/memory.ts'
import { aPosition } from '../support/builders.ts'

interface Exit {
  readonly positionId: PositionId
  readonly note: string
}

const ID = positionId('p1')
const OPEN: Registered = { position: aPosition(), rules: {}, generation: 1, state: 'open' }

describe('StoreKeeper', () => {
  let keeper: StoreKeeper<Exit, string, unknown>

  beforeEach(async () => {
    const store = new MemoryStore()
    await store.claim('me', 1_000)
    keeper = new StoreKeeper(store)
  })

  it('finds nothing in an empty store', async () => {
    const past = await keeper.load()
    expect([past.register.size, past.ratchets.size, past.exits, past.killSwitch]).to.deep.equal([
      0,
      0,
      [],
      undefined,
    ])
  })

  it('gives back what it kept', async () => {
    const exit = { positionId: ID, note: 'x' }
    const ratchets = new Map([[ID, { best: 7, anchor: 3 }]])
    await keeper.keep({ register: [OPEN], ratchets, exits: [exit], killSwitch: 'halt' })
    const past = await keeper.load()
    expect(past.register.get(ID)).to.deep.equal(OPEN)
    expect(past.ratchets.get(ID)).to.deep.equal({ best: 7, anchor: 3 })
    expect([past.exits, past.killSwitch]).to.deep.equal([[exit], 'halt'])
  })

  it('forgets the ratchet and the exit of a position that is over, not its id', async () => {
    const exits = [{ positionId: ID, note: 'x' }]
    await keeper.keep({ register: [OPEN], ratchets: new Map([[ID, { best: 7 }]]), exits })
    await keeper.keep({ exits, register: [{ ...OPEN, state: 'closed' }] })
    const past = await keeper.load()
    expect([past.ratchets.size, past.exits]).to.deep.equal([0, []])
    expect(past.register.get(ID)?.state).to.equal('closed')
  })

  it('numbers the lines of the journal', async () => {
    const lines = [{ at: 1, kind: 'a' }]
    await keeper.keep({ lines })
    expect(await keeper.keep({ lines })).to.deep.equal([{ at: 1, kind: 'a', seq: 2 }])
  })
})
