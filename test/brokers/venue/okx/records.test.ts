import { expect } from 'chai'
import * as answers from '../../../../src/brokers/venue/okx/answers.ts'
import { failureOfCode, failureOfStatus } from '../../../../src/brokers/venue/okx/codes.ts'
import * as shapes from '../../../../src/brokers/venue/okx/shapes.ts'
import { jsonOf } from '../../../../src/brokers/venue/reply.ts'
import { instrumentId } from '../../../../src/domain/ids.ts'
import type { ClientOrderId } from '../../../../src/domain/order.ts'
import { goldenExit } from '../../../support/venues/golden.ts'
import {
  assertClaim,
  claimOfFailure,
  failed,
  recordsOf,
  type VenueRecord,
} from '../../../support/venues/records.ts'

const records = recordsOf('okx')
const suite = records === undefined ? describe.skip : describe
const why = records === undefined ? ' (no recorded answers: folder of venues not found)' : ''

const rowsOf = ({ body }: VenueRecord): answers.Rows =>
  shapes.envelope.parse(jsonOf(body ?? '')).data!

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const isAt = (path: string) => (record: VenueRecord) => record.request?.path === path

/** The code of an error, from its only row or from the whole answer. */
function codeOf(record: VenueRecord): string | undefined {
  const envelope = shapes.envelope.safeParse(jsonOf(record.body ?? ''))
  if (!envelope.success) return undefined
  const { code, data } = envelope.data
  const row = shapes.row.safeParse(data?.length === 1 ? data[0] : undefined)
  return row.success && /^[12]$/.test(code) ? row.data.sCode : code
}

function claimOfError(record: VenueRecord): string {
  const answer = failed(record, 200)
  const code = codeOf(record)
  if (code === undefined) return claimOfFailure(failureOfStatus('it', answer))
  return claimOfFailure(failureOfCode('it', { status: answer.status, code, text: '' }))
}

suite(`recorded answers of OKX${why}`, () => {
  const all = (what: string): VenueRecord[] => records!(what)

  it('to a new order and to a cancel', () => {
    const read = [
      ...all('placeExit').filter(isAt('/api/v5/trade/order')),
      ...all('cancel').filter(isAt('/api/v5/trade/cancel-order')),
    ]
    for (const record of read) {
      const clientOrderId = text(record.expect!['clientOrderId']) as ClientOrderId
      const answer = answers.placedOf(rowsOf(record), goldenExit({ clientOrderId }))
      expect(answer.kind, record.id).to.equal('acknowledged')
    }
    expect(read).to.have.length.at.least(3)
  })

  it('to an order query: an order in the quote currency is a foreign one, and proves nothing', () => {
    const read = all('orderByClientId').filter(isAt('/api/v5/trade/order'))
    for (const record of read) {
      const asked = { clOrdId: '', instId: text(record.expect!['instrument']) }
      expect(answers.orderStateOf(rowsOf(record), asked).kind, record.id).to.equal('unknown')
    }
    expect(read).to.have.length.at.least(1)
  })

  it('to the query for holdings, ignoring margin positions of spot trading', () => {
    const [margin, dated] = all('holding')
    const key = { instrument: instrumentId('BTC-USDT') }
    expect(answers.holdingOf(rowsOf(margin!), key, 'one-way').kind).to.equal('unknown')
    expect(answers.holdingsOf(rowsOf(margin!), 'one-way')).to.deep.equal([])
    const long = { instrument: instrumentId('ETH-USD-210430'), side: 'long' } as const
    expect(answers.holdingOf(rowsOf(dated!), long, 'hedge')).to.deep.equal({
      kind: 'held',
      quantity: 1,
      ageMs: 0,
    })
    expect(answers.holdingsOf(rowsOf(dated!), 'hedge')).to.deep.equal([
      { ...long, quantity: 1, entryPrice: 2_566.31, ageMs: 0 },
    ])
  })

  it('to the list of working orders', () => {
    for (const record of all('openOrders')) {
      const orders = rowsOf(record).map(answers.orderRow)
      // Orders of spot trading are ignored.
      expect(answers.openOrdersOf(orders), record.id).to.deep.equal([])
      const [order] = orders
      const [row] = record.expect!.rows!
      expect(order).to.include({ instId: row!['instrument'], sz: Number(row!['quantity']) })
    }
    expect(all('openOrders')).to.have.length.at.least(2)
  })

  it('to the query for prices', () => {
    const read = all('quotes').filter(({ request }) =>
      /market\/tickers?$/.test(request?.path ?? ''),
    )
    for (const record of read) {
      for (const row of record.expect!.rows!) {
        const instrument = instrumentId(text(row['instrument']))
        const [tick] = answers.quotesOf(rowsOf(record), [instrument], () => expect.fail(record.id))
        expect(tick, record.id).to.include({
          instrument,
          price: Number(row['price']),
          ts: Number(row['ts']),
          bid: Number(row['bid']),
          ask: Number(row['ask']),
        })
      }
    }
    expect(read).to.have.length.at.least(3)
  })

  it('to the queries for time, mode and permissions', () => {
    const [time] = all('time')
    expect(answers.timeOf(rowsOf(time!))).to.equal(1_597_026_383_085)
    const [config] = all('permissions').filter(isAt('/api/v5/account/config'))
    expect(answers.modeOf(rowsOf(config!))).to.equal('hedge')
    expect(answers.permissionsOf(rowsOf(config!))).to.include({
      trade: true,
      withdraw: true,
      isAddressBound: false,
    })
  })

  it('that are errors', () => {
    for (const record of all('error')) assertClaim(record, claimOfError(record))
    expect(all('error')).to.have.length.at.least(250)
  })

  it('claim no less than they prove, except lists and codes of websockets', () => {
    const lesser = all('error').filter(
      record => claimOfError(record) === 'OutcomeUnknown' && !/nknown|list/.test(record.verdict),
    )
    const codes = lesser.map(record => codeOf(record) ?? '')
    expect(codes.filter(code => !/^6\d{4}$/.test(code))).to.deep.equal([])
  })
})
