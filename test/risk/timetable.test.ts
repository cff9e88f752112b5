import { expect } from 'chai'
import fc from 'fast-check'
import { Timetable, type Timed } from '../../src/risk/timetable.ts'

const entryAt = (ordinal: number): Timed => ({ until: Infinity, ordinal, heapIndex: -1 })

describe('Timetable', () => {
  it('keeps no entry without a time', () => {
    const timetable = new Timetable()
    const entry = entryAt(0)
    timetable.set(entry, 5)
    timetable.set(entry, Infinity)
    expect([timetable.size, timetable.earliest]).to.deep.equal([0, Infinity])
  })

  it('does not return what is due at the asked time itself', () => {
    const timetable = new Timetable()
    timetable.set(entryAt(0), 5)
    expect(timetable.takeBefore(5)).to.equal(undefined)
    expect(timetable.takeBefore(6)?.ordinal).to.equal(0)
  })

  it('returns entries by time, then by ordinal, and holds each at most once', () => {
    const set = fc.record({ entry: fc.nat(19), until: fc.integer({ min: 0, max: 30 }) })
    const remove = fc.record({ entry: fc.nat(19), until: fc.constant(-1) })
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 4, arbitrary: set }, remove)), steps => {
        const timetable = new Timetable<Timed>()
        const entries = Array.from({ length: 20 }, (_, ordinal) => entryAt(ordinal))
        const model = new Map<number, number>()
        for (const { entry, until } of steps) {
          if (until === -1) {
            timetable.remove(entries[entry]!)
            model.delete(entry)
          } else {
            timetable.set(entries[entry]!, until)
            model.set(entry, until)
          }
        }
        const expected = [...model].toSorted((a, b) => a[1] - b[1] || a[0] - b[0])
        const atEarliest: number[] = []
        timetable.visitAt(timetable.earliest, ({ ordinal }) => atEarliest.push(ordinal))
        expect(atEarliest.toSorted((a, b) => a - b)).to.deep.equal(
          expected.filter(([, until]) => until === expected[0]?.[1]).map(([ordinal]) => ordinal),
        )
        const taken: [number, number][] = []
        for (let entry = timetable.takeBefore(99); entry; entry = timetable.takeBefore(99)) {
          taken.push([entry.ordinal, entry.until])
        }
        expect(taken).to.deep.equal(expected)
      }),
    )
  })
})
