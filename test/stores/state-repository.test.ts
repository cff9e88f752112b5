import { expect } from 'chai'
import { PositionTable } from '../../src/account/position-table.ts'
import { positionId, type PositionId } from '../../src/domain/ids.ts'
import type { Registered } from '../../src/ports/state-repository.ts'
import { MemoryStore } from '../../src/stores/memory.ts'
import { StoreRepository } from '../../src/stores/state-repository.ts'
import { aPosition } from '../support/builders.ts'

interface Exit {
  readonly positionId: PositionId
  readonly generation: number
  readonly note: string
}

const ID = positionId('p1')
const OPEN: Registered = { position: aPosition(), rules: {}, generation: 1, state: 'open' }

describe('StoreRepository', () => {
  let keeper: StoreRepository<Exit, string, unknown>

  beforeEach(async () => {
    const store = new MemoryStore()
    await store.claim('me', 1_000)
    keeper = new StoreRepository(store)
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

  it('returns what it stored', async () => {
    const exit = { positionId: ID, generation: 1, note: 'x' }
    const ratchets = new Map([[ID, { best: 7, anchor: 3, generation: 1 }]])
    await keeper.keep({ register: [OPEN], ratchets, exits: [exit], killSwitch: 'halt' })
    const past = await keeper.load()
    expect(past.register.get(ID)).to.deep.equal(OPEN)
    expect(past.ratchets.get(ID)).to.deep.equal({ best: 7, anchor: 3, generation: 1 })
    expect([past.exits, past.killSwitch]).to.deep.equal([[exit], 'halt'])
  })

  it('returns the better of a best price and of its series since the mark', async () => {
    const series = { instrument: OPEN.position.instrument, view: 'trade' as const, segment: 1 }
    const ratchets = new Map([[ID, { best: 7, series: 4, mark: 1, generation: 1 }]])
    const rows = { ...series, high: 9, low: 2, highs: [[0, 12]] as const, lows: [[0, 1]] as const }
    await keeper.keep({ register: [OPEN], ratchets, extremes: new Map([['4', rows]]) })
    const past = await keeper.load()
    expect(past.ratchets.get(ID)?.best).to.equal(9)
    expect(past.extremes.get('4')).to.deep.equal(rows)
    await keeper.keep({ extremes: new Map([['4', undefined]]) })
    expect((await keeper.load()).ratchets.get(ID)?.best).to.equal(7)
  })

  it('deletes the ratchet and the exit of a closed position, not its id', async () => {
    const exits = [{ positionId: ID, generation: 1, note: 'x' }]
    await keeper.keep({
      register: [OPEN],
      ratchets: new Map([[ID, { best: 7, generation: 1 }]]),
      exits,
    })
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

  describe('with room for two closed positions', () => {
    const of = (name: string, state: Registered['state'], generation = 1): Registered => ({
      ...OPEN,
      position: { ...aPosition(), id: positionId(name) },
      state,
      generation,
    })
    const forgotten: string[] = []
    let store: MemoryStore

    beforeEach(async () => {
      store = new MemoryStore()
      await store.claim('me', 60_000)
      forgotten.length = 0
      keeper = new StoreRepository(store, { closedRows: 2 })
      keeper.onForgotten = ids => forgotten.push(...ids)
      await keeper.load()
    })

    const known = async (): Promise<string[]> => [
      ...(await new StoreRepository<Exit, string, unknown>(store).load()).register.keys(),
    ]

    it('deletes the position that closed first, and no open one', async () => {
      await keeper.keep({ register: [of('open', 'open'), of('b', 'closed')] })
      await keeper.keep({ register: [of('a', 'released')] })
      expect(forgotten).to.deep.equal([])
      await keeper.keep({ register: [of('c', 'closed')] })
      expect(forgotten).to.deep.equal(['b'])
      expect(await known()).to.have.members(['open', 'a', 'c'])
    })

    it('counts an id that closed again as the latest', async () => {
      await keeper.keep({ register: [of('a', 'closed'), of('b', 'closed')] })
      await keeper.keep({ register: [of('a', 'open', 2)] })
      expect(await known()).to.have.members(['a', 'b'])
      await keeper.keep({ register: [of('a', 'closed', 2)] })
      await keeper.keep({ register: [of('c', 'closed')] })
      expect(await known()).to.have.members(['a', 'c'])
    })

    it('never gives a deleted id a generation that it had', async () => {
      await keeper.keep({ register: [of('a', 'closed', 7)] })
      await keeper.keep({ register: [of('b', 'closed'), of('c', 'closed')] })
      const past = await new StoreRepository<Exit, string, unknown>(store).load()
      expect(past.register.has(positionId('a'))).to.equal(false)
      expect(past.generationFloor).to.equal(7)
      expect(
        new PositionTable(past.register, past.generationFloor).nextGeneration(positionId('a')),
      ).to.equal(8)
    })

    it('remembers when the exit of a position ended, and after how many attempts', async () => {
      const exited = { at: 5, attempts: 2 }
      await keeper.keep({ register: [{ ...of('a', 'closed'), exited }] })
      await keeper.keep({ register: [{ ...of('b', 'closed'), wasDoubted: true, exited }] })
      const { register } = await new StoreRepository<Exit, string, unknown>(store).load()
      const rows = ['a', 'b'].map(id => register.get(positionId(id))!)
      expect(rows.map(row => [row.wasDoubted, row.exited])).to.deep.equal([
        [undefined, exited],
        [true, exited],
      ])
    })

    it('remembers the generations before the last one, with and without the end of an exit', async () => {
      const { position } = of('a', 'closed')
      const former = [{ position, generation: 1, exited: { at: 5, attempts: 2, executed: 3 } }]
      await keeper.keep({ register: [{ ...of('a', 'closed', 2), former }] })
      await keeper.keep({ register: [{ ...of('b', 'open', 2), former }] })
      const { register } = await new StoreRepository<Exit, string, unknown>(store).load()
      const [a, b] = ['a', 'b'].map(id => register.get(positionId(id))!)
      expect([a!.former, b!.former]).to.deep.equal([former, former])
      expect(a).not.to.have.any.keys('exited', 'wasDoubted')
    })

    it('remembers in what order they ended after a restart', async () => {
      await keeper.keep({ register: [of('b', 'closed')] })
      await keeper.keep({ register: [of('a', 'closed')] })
      keeper = new StoreRepository(store, { closedRows: 2 })
      await keeper.load()
      await keeper.keep({ register: [of('c', 'closed')] })
      expect(await known()).to.have.members(['a', 'c'])
    })
  })
})
