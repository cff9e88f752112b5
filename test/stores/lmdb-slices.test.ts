import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { AccountState, type RecoveredAccount } from '../../src/account/state.ts'
import { openLmdbStore } from '../../src/stores/lmdb.ts'
import { StoreRepository } from '../../src/stores/state-repository.ts'
import { aPosition } from '../support/builders.ts'

const COUNT = 1_000

/** The turns of the event loop while work is under way. */
async function turnsOf<Result>(work: Promise<Result>): Promise<[Result, number]> {
  let turns = 0
  let isOver = false
  const turn = (): void => {
    turns++
    if (!isOver) setImmediate(turn)
  }
  setImmediate(turn)
  const result = await work.finally(() => (isOver = true))
  return [result, turns]
}

describe('many positions of a folder', () => {
  let folder: string
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'watchkeeper-slices-'))))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('are read and taken over in many turns of the event loop, each of them once', async () => {
    const store = await openLmdbStore({ folder: join(folder, 'store') })
    const ids = Array.from({ length: COUNT }, (_, index) => `p${index}`).toSorted()
    const generation = 1
    for (const [table, valueOf] of [
      ['exits', () => ({ generation, positionId: 'other' })],
      ['positions', (id: string) => rowOf(id)],
      ['ratchets', () => ({ best: 100, generation })],
    ] as const) {
      const rows = ids.map(key => ({ table, key, value: valueOf(key), generation }))
      await store.write({ rows: table === 'exits' ? rows.slice(0, 1) : rows })
    }
    const [rows, turns] = await turnsOf(store.rows('positions'))
    expect([...rows.keys()]).to.deep.equal(ids)
    expect(turns).to.be.at.least(2)
    expect([...(await store.rows('exits')).keys()]).to.deep.equal([ids[0]])
    expect((await store.rows('nets')).size).to.equal(0)
    const repository = new StoreRepository<never, never, never>(store)
    const past = (await repository.load()) as RecoveredAccount
    const [state, taken] = await turnsOf(AccountState.recovered(past))
    expect(taken).to.be.at.least(2)
    const atOnce = new AccountState(past)
    expect([...state.positions.values()]).to.deep.equal([...atOnce.positions.values()])
    expect([...state.ratchets]).to.have.deep.members([...atOnce.ratchets])
    expect(state.ratchets.size).to.equal(COUNT)
    await store.close()
  })

  const rowOf = (id: string) => ({
    position: aPosition({ id: id as never }),
    rules: {},
    generation: 1,
    state: 'open',
  })
})
