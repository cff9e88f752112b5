import { expect } from 'chai'
import { GenerationCache, generationIn } from '../../src/stores/generations.ts'

describe('generationIn', () => {
  it('finds none in rows of earlier versions, nor in other values', () => {
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
    const cache = new GenerationCache((table, key) => read.push(`${table} ${key}`))
    expect([cache.of('positions', 'p'), cache.of('positions', 'p')]).to.deep.equal([1, 1])
    cache.put({ table: 'positions', key: 'p', value: { generation: 7 } })
    expect(cache.of('positions', 'p')).to.equal(7)
    cache.put({ table: 'positions', key: 'p' })
    expect(cache.of('positions', 'p')).to.equal(0)
    cache.forget()
    cache.of('positions', 'p')
    expect(read).to.deep.equal(['positions p', 'positions p'])
  })

  it('caches a bounded number of generations', () => {
    let reads = 0
    const cache = new GenerationCache(() => ++reads)
    cache.of('closed', 'first')
    for (let count = 0; count < 100_000; count++) cache.of('closed', `p${count}`)
    cache.of('closed', 'first')
    expect(reads).to.equal(100_002)
  })
})
