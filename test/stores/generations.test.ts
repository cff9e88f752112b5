import { expect } from 'chai'
import { GenerationCache, generationIn } from '../../src/stores/generations.ts'

describe('generationIn', () => {
  it('finds none in rows of earlier releases, nor in other values', () => {
    for (const value of [
      { best: 7 },
      undefined,
      null,
      3,
      'x',
      [1],
      [1, 'x'],
      { generation: '2' },
    ]) {
      expect(generationIn(value)).to.equal(0)
    }
    expect([generationIn({ generation: 2 }), generationIn([9, 3, 'closed'])]).to.deep.equal([2, 3])
  })
})

describe('GenerationCache', () => {
  it('reads each generation once, and all again once it was cleared', () => {
    const read: string[] = []
    const lives = new GenerationCache((table, key) => read.push(`${table} ${key}`))
    expect([lives.of('positions', 'p'), lives.of('positions', 'p')]).to.deep.equal([1, 1])
    lives.put({ table: 'positions', key: 'p', value: { generation: 7 } })
    expect(lives.of('positions', 'p')).to.equal(7)
    lives.put({ table: 'positions', key: 'p' })
    expect(lives.of('positions', 'p')).to.equal(0)
    lives.forget()
    lives.of('positions', 'p')
    expect(read).to.deep.equal(['positions p', 'positions p'])
  })

  it('caches a bounded number of generations', () => {
    let reads = 0
    const lives = new GenerationCache(() => ++reads)
    lives.of('closed', 'first')
    for (let count = 0; count < 100_000; count++) lives.of('closed', `p${count}`)
    lives.of('closed', 'first')
    expect(reads).to.equal(100_002)
  })
})
