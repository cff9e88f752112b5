import { expect } from 'chai'
import { inTurns } from '../../src/ports/turns.ts'

describe('work in turns of the event loop', () => {
  it('takes so many items in one turn, and lets messages come between two', async () => {
    const seen: (number | string)[] = []
    setImmediate(() => seen.push('message'))
    await inTurns([1, 2, 3, 4, 5], 2, item => seen.push(item))
    expect(seen).to.deep.equal([1, 2, 'message', 3, 4, 5])
  })

  it('leaves out what was deleted between two turns, and meets what came', async () => {
    const rows = new Map([1, 2, 3].map(id => [id, id]))
    const seen: number[] = []
    const work = inTurns(rows.values(), 1, id => seen.push(id))
    rows.delete(2)
    rows.set(4, 4)
    await work
    expect(seen).to.deep.equal([1, 3, 4])
  })

  it('rejects with the error of an item', async () => {
    const seen: number[] = []
    const error = await inTurns([1, 2, 3], 1, item => {
      if (item === 2) throw new Error('row 2')
      seen.push(item)
    }).catch((reason: unknown) => (reason as Error).message)
    expect([error, seen]).to.deep.equal(['row 2', [1]])
  })
})
