import { expect } from 'chai'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { HoldingBook } from '../../src/exits/holding-book.ts'
import type { Notice } from '../../src/exits/notices.ts'
import { aPosition } from '../support/builders.ts'
import { settingsOf } from '../support/exits.ts'

const ACME = instrumentId('ACME')

describe('HoldingBook', () => {
  let told: Notice[]
  let book: HoldingBook

  beforeEach(() => {
    told = []
    book = new HoldingBook({
      settings: settingsOf(),
      adopt: 'alert',
      shareOf: ({ id, side, openedAt, quantity: owned }) => {
        return { positionId: id, side, openedAt, owned, underWay: 0 }
      },
      tell: notice => told.push(notice),
    })
  })

  const own = (id: string, account: string): void =>
    book.own(aPosition({ id: positionId(id), account }), { generation: 1, now: 0 })
  const row = { instrument: ACME, quantity: 5, ageMs: 0 }

  it('takes a row without an account for that of the only one', () => {
    own('a', 'main')
    const { reports, lacking } = book.sort([row], 10)
    expect(reports.map(({ key }) => key)).to.deep.equal([{ account: 'main', instrument: ACME }])
    expect(lacking).to.deep.equal([])
  })

  it('learns nothing from a row that may be of either of two accounts, and asks for both', () => {
    own('a', 'main')
    own('b', 'other')
    const { reports, lacking } = book.sort([row], 10)
    expect([reports, told]).to.deep.equal([[], []])
    expect(lacking.map(({ account }) => account)).to.deep.equal(['main', 'other'])
  })
})
