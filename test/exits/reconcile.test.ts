import { expect } from 'chai'
import fc from 'fast-check'
import { sum } from '../../src/domain/decimal.ts'
import { positionId } from '../../src/domain/ids.ts'
import { reported, unknownHolding, type HoldingState } from '../../src/exits/holding-state.ts'
import { share, type Share } from '../../src/exits/reconcile.ts'

const aShare = (id: string, but: Partial<Share> = {}): Share => ({
  positionId: positionId(id),
  side: 'long',
  openedAt: 0,
  owned: 5,
  underWay: 0,
  ...but,
})

/** A holding that the broker reported by name at these times. */
const heldByName = (quantity: number, ...times: number[]): HoldingState =>
  times.reduce(
    (state, askedAt) =>
      reported(
        state,
        quantity === 0 ? { kind: 'flat', ageMs: 0 } : { kind: 'held', quantity, ageMs: 0 },
        { askedAt, isNamed: true, apartMs: 10 },
      ),
    unknownHolding(0),
  )

const AROUND = { quietSince: 0, apartMs: 10 }
const entriesOf = (map: ReadonlyMap<string, number>): [string, number][] => [...map]

describe('share', () => {
  it('grants nothing and takes nothing while the holding is not known', () => {
    const { most, sure, lost } = share(unknownHolding(0), [aShare('a')], AROUND)
    expect([most.size, sure.size, lost.size]).to.deep.equal([0, 0, 0])
  })

  it('takes what is missing from the newest position first, once it is proved', () => {
    const shares = [aShare('old'), aShare('new', { openedAt: 9 }), aShare('older')]
    const once = share(heldByName(8, 10), shares, AROUND)
    expect(entriesOf(once.lost)).to.deep.equal([])
    expect(once.isShort).to.equal(true)
    const { lost, most } = share(heldByName(8, 10, 20), shares, AROUND)
    expect(entriesOf(lost)).to.deep.equal([
      ['new', 5],
      ['old', 2],
    ])
    expect(entriesOf(most).toSorted()).to.deep.equal([
      ['new', 0],
      ['old', 3],
      ['older', 5],
    ])
  })

  it('proves nothing by reports that are early, close together, or not by name', () => {
    const shares = [aShare('a')]
    const states = [
      heldByName(0, 9, 19),
      heldByName(0, 10, 19),
      reported(heldByName(0, 10), { kind: 'unknown' }, { askedAt: 30, isNamed: true, apartMs: 10 }),
      reported(
        heldByName(0, 10),
        { kind: 'held', quantity: 0, ageMs: 0 },
        { askedAt: 30, isNamed: false, apartMs: 10 },
      ),
    ]
    for (const state of states) {
      expect(entriesOf(share(state, shares, AROUND).lost)).to.deep.equal([])
    }
  })

  it('begins again when a list contradicts what was reported by name', () => {
    const asked = { askedAt: 15, isNamed: false, apartMs: 10 }
    const doubted = reported(heldByName(0, 10), { kind: 'held', quantity: 5, ageMs: 0 }, asked)
    const flat = { kind: 'flat', ageMs: 0 } as const
    const again = reported(doubted, flat, { askedAt: 20, isNamed: true, apartMs: 10 })
    expect(entriesOf(share(again, [aShare('a')], AROUND).lost)).to.deep.equal([])
  })

  it('takes nothing while an order of ours may explain what is missing', () => {
    const shares = [aShare('a', { underWay: 5 }), aShare('b')]
    const { lost, most, sure } = share(heldByName(5, 10, 20), shares, AROUND)
    expect(entriesOf(lost)).to.deep.equal([])
    expect([most.get(positionId('b')), sure.get(positionId('a'))]).to.deep.equal([5, 0])
  })

  it('closes nothing on the wrong side of zero: that is for a person', () => {
    const { isOversold, most, lost } = share(heldByName(-3, 10, 20), [aShare('a')], AROUND)
    expect([isOversold, entriesOf(most), entriesOf(lost)]).to.deep.equal([true, [['a', 0]], []])
    const short = share(heldByName(-5, 10, 20), [aShare('a', { side: 'short' })], AROUND)
    expect([short.isOversold, short.isWhole]).to.deep.equal([false, true])
  })

  it('leaves what is beyond its positions unowned', () => {
    expect(share(heldByName(9, 10), [aShare('a')], AROUND).beyond).to.equal(4)
    expect(share(heldByName(-2, 10), [], AROUND).beyond).to.equal(-2)
  })

  it('shares out all that is held in decimals, to the last one', () => {
    const units = fc.integer({ min: 0, max: 2_000 }).map(count => count / 1_000)
    const shares = fc.array(fc.record({ owned: units, openedAt: fc.nat(20) }), {
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(units, shares, (held, given) => {
        const all = given.map((each, index) => aShare(`p${index}`, each))
        const owned = all.map(each => each.owned).reduce(sum, 0)
        const { most, beyond, lost } = share(heldByName(held, 10, 20), all, AROUND)
        const granted = [...most.values()].reduce(sum, 0)
        expect(granted).to.equal(Math.min(held, owned))
        expect(sum(granted, beyond)).to.equal(held)
        expect(sum(granted, [...lost.values()].reduce(sum, 0))).to.equal(owned)
      }),
    )
  })

  it('never grants more in all than is held, nor to one position more than it owns', () => {
    const units = fc.integer({ min: 0, max: 20 })
    const shares = fc.array(fc.record({ owned: units, openedAt: units }), { maxLength: 6 })
    fc.assert(
      fc.property(units, shares, (held, given) => {
        const all = given.map((each, index) => aShare(`p${index}`, each))
        const { most, sure } = share(heldByName(held, 10), all, AROUND)
        expect(most).to.deep.equal(sure)
        const granted = [...most.values()].reduce((sum, each) => sum + each, 0)
        expect(granted).to.be.at.most(held)
        for (const { positionId: id, owned } of all) expect(most.get(id)).to.be.within(0, owned)
      }),
    )
  })
})
