import { expect } from 'chai'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Position } from '../../src/domain/position.ts'
import { Faults } from '../../src/exits/faults.ts'
import { HoldingBook } from '../../src/exits/holding-book.ts'
import type { Notice } from '../../src/exits/notices.ts'
import { aPosition } from '../support/builders.ts'
import { settingsOf } from '../support/exits.ts'

const ACME = instrumentId('ACME')

describe('HoldingBook', () => {
  let notices: Notice[]
  let book: HoldingBook
  let lot: number | undefined

  beforeEach(() => {
    notices = []
    lot = undefined
    book = new HoldingBook({
      settings: settingsOf(),
      adopt: 'alert',
      specOf: () => ({ lot }),
      shareOf: ({ id, side, openedAt }) => {
        const { owned } = book.current(id)!
        return { positionId: id, side, openedAt, owned, underWay: 0 }
      },
      notify: notice => notices.push(notice),
      drifted: () => undefined,
      followOverOrders: () => undefined,
      mayExplain: () => false,
      faults: new Faults(notice => notices.push(notice)),
    })
    book.outside.begin()
  })

  const own = (id: string, account?: string): void => {
    const position = aPosition({ id: positionId(id), ...(account !== undefined && { account }) })
    book.own(position, { generation: 1, now: 0 })
  }
  const row = { instrument: ACME, quantity: 5, ageMs: 0 }

  it('takes a row without an account for that of the only one', () => {
    own('a', 'main')
    const { reports, lacking } = book.sort([row], 10)
    expect(reports.map(({ key }) => key)).to.deep.equal([{ account: 'main', instrument: ACME }])
    expect(lacking).to.deep.equal([])
  })

  describe('with positions that name no account', () => {
    const other = { instrument: instrumentId('OTHER'), quantity: 2, ageMs: 0 }

    it('takes rows of the only account that the venue lists for theirs, and reports the rest alike', () => {
      own('a')
      const rows = [row, other].map(each => ({ ...each, account: 'main' }))
      const { reports, lacking } = book.sort(rows, 10)
      expect(reports.map(({ key }) => key)).to.deep.equal([{ instrument: ACME }])
      expect(lacking).to.deep.equal([])
      expect(book.outside.unowned().map(({ key }) => key)).to.deep.equal([
        { instrument: other.instrument },
      ])
    })

    it('learns nothing from rows of one of two accounts, and asks by name', () => {
      own('a')
      const rows = ['main', 'spare'].map(account => ({ ...row, account }))
      const { reports, lacking } = book.sort(rows, 10)
      expect([reports, lacking, notices]).to.deep.equal([[], [{ instrument: ACME }], []])
    })
  })

  it('names what belongs to no position like the positions do, where the venue names no account', () => {
    own('a', 'main')
    const other = instrumentId('OTHER')
    book.sort([{ ...row, instrument: other }], 10)
    expect(book.outside.unowned().map(({ key }) => key)).to.deep.equal([
      { account: 'main', instrument: other },
    ])
  })

  it('learns nothing from a row that may be of either of two accounts, and asks for both', () => {
    own('a', 'main')
    own('b', 'other')
    const { reports, lacking } = book.sort([row], 10)
    expect([reports, notices]).to.deep.equal([[], []])
    expect(lacking.map(({ account }) => account)).to.deep.equal(['main', 'other'])
  })

  it('takes a quantity that nothing can have for no answer, of that holding alone', () => {
    own('a', 'main')
    const key = { account: 'main', instrument: ACME }
    const beyond = { kind: 'held', quantity: 1e308, ageMs: 0 } as const
    expect(book.take(key, beyond, { askedAt: 10, isNamed: true, now: 10 }).lost.size).to.equal(0)
    const other = { instrument: instrumentId('OTHER'), quantity: 2, ageMs: 0 }
    const { reports, lacking } = book.sort([{ ...row, quantity: -1e16 }, other], 20)
    expect([reports, lacking]).to.deep.equal([[], [key]])
    expect(notices.map(notice => 'quantity' in notice && notice.quantity)).to.deep.equal([2])
    const [group] = book.all()
    expect([group!.allowance(positionId('a')), group!.unknownSince]).to.deep.equal([undefined, 0])
  })

  it('calls nothing unowned by an answer that is older than the fill that closed its position', () => {
    own('a')
    const position = aPosition({ id: positionId('a') })
    book.outside.closedByOrders(position, 1_000)
    book.disown(position, { left: 0, now: 1_000 })
    book.sort([{ ...row, ageMs: 200 }], 1_150)
    book.sort([{ ...row, ageMs: 0 }], 1_009)
    expect(book.outside.unowned()).to.deep.equal([])
    book.sort([row], 1_010)
    expect(book.outside.unowned().map(({ quantity }) => quantity)).to.deep.equal([5])
  })

  describe('whose venue adds up in doubles', () => {
    const key = { instrument: ACME }
    const take = (quantity: number, at: number) => {
      const report = { kind: 'held', quantity, ageMs: 0 } as const
      return book.take(key, report, { askedAt: at, isNamed: true, now: at })
    }
    const open = (...quantities: number[]): Position[] => {
      const positions = quantities.map((quantity, index) =>
        aPosition({ id: positionId(`p${index}`), quantity }),
      )
      for (const position of positions) book.own(position, { generation: 1, now: 0 })
      return positions
    }

    it('takes nothing away, and reports nothing beyond, for what doubles make of a sum', () => {
      open(0.1, 0.2)
      for (const at of [10, 20, 30]) {
        expect(take(at === 20 ? 0.29999999999999993 : 0.30000000000000004, at).lost.size).to.equal(
          0,
        )
      }
      expect([notices, book.outside.unowned()]).to.deep.equal([[], []])
    })

    it('has a position own the whole lots that were meant', () => {
      lot = 0.1
      open(0.7999999999999999)
      expect(book.current(positionId('p0'))?.owned).to.equal(0.8)
      take(0.7999999999999999, 10)
      const [group] = book.all()
      expect([group!.allowance(positionId('p0')), group!.balance.isWhole]).to.deep.equal([
        0.8,
        true,
      ])
    })

    it('takes what is left of nothing for nothing, before and after its positions are closed', () => {
      const positions = open(1000.1, 1000.2)
      take(2000.3000000000002, 10)
      take(-2.2e-13, 20)
      expect(book.oversold()).to.deep.equal([])
      for (const each of positions) {
        book.outside.closedByOrders(each, 30)
        book.disown(each, { left: 0, now: 30 })
      }
      for (const rest of [2.2e-13, -2.2e-13]) take(rest, 40)
      expect([notices, book.outside.unowned(), book.oversold()]).to.deep.equal([[], [], []])
    })

    it('reports a part of a lot that no position owns', () => {
      lot = 0.1
      open(0.8)
      take(0.85, 100)
      expect(book.outside.unowned().map(({ quantity }) => quantity)).to.deep.equal([0.05])
    })
  })
})
