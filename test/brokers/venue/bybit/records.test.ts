import { expect } from 'chai'
import * as answers from '../../../../src/brokers/venue/bybit/answers.ts'
import { failureOfCode, failureOfStatus } from '../../../../src/brokers/venue/bybit/codes.ts'
import * as shapes from '../../../../src/brokers/venue/bybit/shapes.ts'
import { jsonOf } from '../../../../src/brokers/venue/reply.ts'
import { instrumentId } from '../../../../src/domain/ids.ts'
import type { ClientOrderId } from '../../../../src/domain/order.ts'
import { goldenExit } from '../../../support/venues/golden.ts'
import {
  assertClaim,
  claimOf,
  claimOfFailure,
  failed,
  recordsOf,
  type VenueRecord,
} from '../../../support/venues/records.ts'

const records = recordsOf('bybit')
const suite = records === undefined ? describe.skip : describe
const why = records === undefined ? ' (no recorded answers: folder of venues not found)' : ''

const reply = ({ body }: VenueRecord): answers.Reply => jsonOf(body ?? '') as answers.Reply

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const isAt = (path: string) => (record: VenueRecord) => record.request?.path === path

/** The meaning of a failure in a record. */
function claimOfError(record: VenueRecord): string {
  const value = jsonOf(record.body ?? '') as { retCode?: unknown; retMsg?: unknown } | undefined
  const answer = failed(record, 200)
  if (answer.status !== 200) return claimOfFailure(failureOfStatus('it', answer))
  const said = shapes.envelope.safeParse(value)
  if (!said.success) return 'OutcomeUnknown'
  return claimOfFailure(failureOfCode('it', said.data, { headers: {}, now: 0 }))
}

suite(`recorded answers of Bybit${why}`, () => {
  const all = (what: string): VenueRecord[] => records!(what)

  it('to a new order and to a cancel', () => {
    const read = [
      ...all('placeExit').filter(isAt('/v5/order/create')),
      ...all('cancel').filter(isAt('/v5/order/cancel')),
    ]
    for (const record of read) {
      const clientOrderId = text(record.expect!['clientOrderId']) as ClientOrderId
      const answer = answers.placedOf(reply(record), goldenExit({ clientOrderId }))
      // The acknowledgement of a cancel has the same shape; its order is queried.
      expect(answer.kind, record.id).to.equal('acknowledged')
    }
    expect(read).to.have.length.at.least(4)
  })

  it('to an order query', () => {
    const read = all('orderByClientId').filter(({ request }) =>
      /^\/v5\/order\/(realtime|history)$/.test(request?.path ?? ''),
    )
    for (const record of read) {
      const { clientOrderId, instrument, executed } = record.expect!
      const asked = { orderLinkId: text(clientOrderId), symbol: text(instrument) }
      const state = answers.foundIn(reply(record), asked)?.state
      assertClaim(
        record,
        claimOf(() => state?.kind ?? 'absent'),
      )
      if (state !== undefined && 'executed' in state)
        expect(state.executed.quantity).to.equal(Number(executed))
    }
    expect(read).to.have.length.at.least(5)
  })

  it('to the query for one holding', () => {
    for (const record of all('holding')) {
      const [row] = record.expect!.rows!
      const key = { instrument: instrumentId(text(row!['instrument'])) }
      const report = answers.holdingOf(reply(record), key, 'one-way')
      expect(report.kind, record.id).to.equal(record.verdict)
      if (report.kind === 'held') expect(report.quantity).to.equal(Number(row!['quantity']))
    }
    expect(all('holding')).to.have.length.at.least(4)
  })

  it('to the lists of holdings and of working orders', () => {
    const [list] = all('holdings').filter(isAt('/v5/position/list'))
    const { rows } = answers.pageOf(shapes.position, reply(list!))
    expect(answers.holdingsOf(rows, 'one-way')).to.deep.equal([
      { instrument: 'BTCUSD', quantity: -300, entryPrice: 27_464.50441675, ageMs: 0 },
    ])
    const [orders] = all('openOrders')
    const page = answers.pageOf(shapes.order, reply(orders!))
    expect(answers.openOrdersOf(page.rows)).to.deep.equal([
      { clientOrderId: 'test-000005', instrument: 'ETHUSDT', remaining: 0.1 },
    ])
    expect(page.next).to.equal('page_args=fd4300ae-7847-404e-b947-b46980a4d140&symbol=6&')
  })

  it('to the query for prices', () => {
    const read = all('quotes').filter(isAt('/v5/market/tickers'))
    for (const record of read) {
      const [row] = record.expect!.rows!
      const instrument = instrumentId(text(row!['instrument']))
      const [tick] = answers.quotesOf(reply(record), [instrument], () => expect.fail(record.id))
      expect(tick, record.id).to.include({ instrument, price: Number(row!['price']) })
      if (row!['bid'] !== null) expect(tick).to.include({ bid: Number(row!['bid']) })
    }
    expect(read).to.have.length.at.least(7)
  })

  it('to the queries for instruments and permissions', () => {
    const linear = all('instruments').filter(({ body }) => body!.includes('"LinearPerpetual"'))
    for (const record of linear) {
      const [row] = record.expect!.rows!
      const { rows } = answers.pageOf(shapes.anything, reply(record))
      expect(answers.instrumentOf(rows[0]), record.id).to.include({
        instrument: row!['instrument'],
        isTrading: row!['status'] === 'Trading',
        lot: Number(row!['lot']),
        tickSize: Number(row!['tick']),
      })
    }
    expect(linear).to.have.length.at.least(5)
    for (const record of all('permissions').filter(isAt('/v5/user/query-api'))) {
      const { readOnly, withdraw, ipBound } = record.expect!
      expect(answers.permissionsOf(reply(record)), record.id).to.include({
        trade: readOnly === false,
        withdraw,
        isAddressBound: ipBound,
      })
    }
  })

  it('that are errors', () => {
    for (const record of all('error')) assertClaim(record, claimOfError(record))
    expect(all('error')).to.have.length.at.least(180)
  })

  it('claim no less than they prove, except where there is no code of the venue', () => {
    const lesser = all('error').filter(
      record => claimOfError(record) === 'OutcomeUnknown' && !/nknown/.test(record.verdict),
    )
    const codes = lesser.map(record => record.expect?.['code'] ?? record.status)
    // A code of another product, and a status without a code.
    expect(codes).to.deep.equal([-2015, 400])
  })
})
