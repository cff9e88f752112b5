import { expect } from 'chai'
import fc from 'fast-check'
import { TriggerBook } from '../../src/risk/trigger-book.ts'

const price = fc.integer({ min: 0, max: 100 })
const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), lo: price, hi: price }),
  fc.record({ kind: fc.constant('remove' as const), pick: fc.nat() }),
  fc.record({ kind: fc.constant('disarm' as const), pick: fc.nat() }),
  fc.record({ kind: fc.constant('arm' as const), pick: fc.nat(), lo: price, hi: price }),
  fc.record({ kind: fc.constant('tick' as const), price }),
)

interface Entry {
  name: number
  slot: number
  lo: number
  hi: number
}

describe('TriggerBook', () => {
  it('crosses nothing without a band', () => {
    const book = new TriggerBook<string>()
    book.add('a')
    const crossed: string[] = []
    book.cross(0, crossed)
    expect(crossed).to.deep.equal([])
    expect([book.guardLo, book.guardHi]).to.deep.equal([-Infinity, Infinity])
  })

  it('crosses a band at its very ends, once', () => {
    const book = new TriggerBook<string>()
    const slot = book.add('a')
    book.arm(slot, 90, 110)
    expect([book.guardLo, book.guardHi]).to.deep.equal([90, 110])
    const crossed: string[] = []
    book.cross(110, crossed)
    book.cross(90, crossed)
    expect(crossed).to.deep.equal(['a'])
  })

  it('finds exactly the bands that a plain scan finds, and never misses one', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), steps => {
        const book = new TriggerBook<Entry>()
        const entries: Entry[] = []
        let name = 0
        for (const each of steps) {
          const picked = 'pick' in each ? entries[each.pick % entries.length] : undefined
          if (each.kind === 'add') {
            const entry = { name: name++, slot: -1, lo: each.lo, hi: each.hi }
            entry.slot = book.add(entry)
            book.arm(entry.slot, entry.lo, entry.hi)
            entries.push(entry)
          } else if (each.kind === 'tick') {
            const expected = entries.filter(e => each.price <= e.lo || each.price >= e.hi)
            const asleep = each.price > book.guardLo && each.price < book.guardHi
            if (asleep) expect(expected).to.deep.equal([])
            const crossed: Entry[] = []
            book.cross(each.price, crossed)
            expect(crossed.map(e => e.name).toSorted()).to.deep.equal(
              expected.map(e => e.name).toSorted(),
            )
            for (const entry of crossed) Object.assign(entry, { lo: -Infinity, hi: Infinity })
          } else if (picked !== undefined && each.kind === 'arm') {
            Object.assign(picked, { lo: each.lo, hi: each.hi })
            book.arm(picked.slot, each.lo, each.hi)
          } else if (picked !== undefined) {
            Object.assign(picked, { lo: -Infinity, hi: Infinity })
            if (each.kind === 'disarm') book.disarm(picked.slot)
            else {
              book.remove(picked.slot)
              entries.splice(entries.indexOf(picked), 1)
            }
          }
          expect(book.size).to.equal(entries.length)
        }
      }),
    )
  })
})
