import { expect } from 'chai'
import * as answers from '../../../../src/brokers/venue/binance/answers.ts'
import { failureOf } from '../../../../src/brokers/venue/binance/codes.ts'
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
  type Expected,
  type VenueRecord,
} from '../../../support/venues/records.ts'

const records = recordsOf('binance-usdm')
const suite = records === undefined ? describe.skip : describe
const why = records === undefined ? ' (no recorded answers: folder of venues not found)' : ''

/** The answer itself, also where it was received over a socket. */
function valueOf({ body }: VenueRecord): unknown {
  const value = jsonOf(body ?? '')
  const { result } = Object(value) as { result?: unknown }
  return result ?? value
}

const isError = (value: unknown): boolean => 'code' in (Object(value) as object)

function claimOfError(value: unknown): string {
  const answer = { ...failed({ status: 400, body: JSON.stringify(value) }) }
  return claimOfFailure(failureOf('it', answer, 0))
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

function claimOfPlaced(value: unknown, expected: Expected): string {
  if (isError(value)) return claimOfError(value)
  const sent = goldenExit({
    instrument: instrumentId(text(expected['instrument'])),
    clientOrderId: text(expected['clientOrderId']) as ClientOrderId,
    side: expected['side'] === 'SELL' ? 'long' : 'short',
    quantity: Number(expected['quantity']),
  })
  const answer = answers.placedOf(value, sent)
  if (answer.kind === 'acknowledged' && answer.order !== undefined)
    return `acknowledged:${answer.order.kind}`
  return answer.kind
}

function claimOfOrder(value: unknown, expected: Expected): string {
  if (isError(value)) return claimOfError(value)
  const clientOrderId = text(expected['clientOrderId'])
  const symbol = text(expected['instrument'])
  const state = answers.orderStateOf(value, { clientOrderId, symbol })
  if ('executed' in state) {
    expect(state.executed.quantity).to.equal(Number(expected['executed']))
    if (state.executed.price !== null)
      expect(state.executed.price).to.equal(Number(expected['average']))
  }
  return state.kind
}

/** Asserts the reading of a record, or of each of its rows. */
function assertRecord(
  record: VenueRecord,
  claim: (value: unknown, expected: Expected) => string,
): void {
  const value = valueOf(record)
  const { rows } = record.expect ?? {}
  if (rows === undefined || !Array.isArray(value)) {
    assertClaim(
      record,
      claimOf(() => claim(value, record.expect ?? {})),
    )
    return
  }
  for (const [index, row] of rows.entries()) {
    // The answer to a new order has the same row as a single order.
    const verdict = text(row['verdict'])
    const own = claimOf(() => claim(value[index], row)).replace(/^acknowledged:/, '')
    assertClaim({ id: `${record.id} ${index}`, verdict }, own)
  }
}

suite(`recorded answers of Binance USDⓈ-M${why}`, () => {
  const all = (what: string): VenueRecord[] => records!(what)

  it('to a new order', () => {
    for (const record of all('placeExit')) assertRecord(record, claimOfPlaced)
    expect(all('placeExit')).to.have.length.at.least(6)
  })

  it('to an order query', () => {
    for (const record of all('orderByClientId')) assertRecord(record, claimOfOrder)
    expect(all('orderByClientId')).to.have.length.at.least(15)
  })

  it('to a cancel', () => {
    for (const record of all('cancel')) assertRecord(record, claimOfOrder)
    expect(all('cancel')).to.have.length.at.least(7)
  })

  it('to the query for one holding', () => {
    for (const record of all('holding')) {
      const [row] = record.expect!.rows!
      const key = { instrument: instrumentId(text(row!['instrument'])) }
      if (record.verdict === 'sides') {
        for (const { side, quantity } of record.expect!.rows!) {
          const own = side === 'LONG' ? 'long' : 'short'
          const report = answers.holdingOf(valueOf(record), { ...key, side: own }, 'hedge')
          expect(report.kind, record.id).to.equal(Number(quantity) === 0 ? 'flat' : 'held')
        }
        continue
      }
      expect(answers.holdingOf(valueOf(record), key, 'one-way').kind).to.equal(record.verdict)
    }
    expect(all('holding')).to.have.length.at.least(6)
  })

  it('to the list of holdings', () => {
    const read = all('holdings').filter(({ request }) => /positionRisk/.test(request?.path ?? ''))
    for (const record of read) {
      const rows = record.expect!.rows!
      const isHedge = rows.some(({ side }) => side !== undefined)
      const list = answers.holdingsOf(valueOf(record), isHedge ? 'hedge' : 'one-way')
      const held = rows.filter(({ quantity }) => Number(quantity) !== 0)
      expect(
        list.map(({ instrument, quantity }) => [instrument, quantity]),
        record.id,
      ).to.deep.equal(held.map(({ instrument, quantity }) => [instrument, Number(quantity)]))
    }
    expect(read).to.have.length.at.least(2)
  })

  it('to the list of working orders', () => {
    for (const record of all('openOrders')) {
      const [row] = record.expect!.rows!
      expect(answers.openOrdersOf(valueOf(record))).to.deep.equal([
        { clientOrderId: row!['clientOrderId'], instrument: row!['instrument'], remaining: 0.4 },
      ])
    }
  })

  it('to the query for prices', () => {
    const read = all('quotes').filter(({ request }) =>
      /ticker\/(price|bookTicker)$/.test(request?.path ?? ''),
    )
    for (const record of read) {
      const [row] = record.expect!.rows!
      const instrument = instrumentId(text(row!['instrument']))
      const value = valueOf(record)
      const isBest = record.request!.path!.endsWith('bookTicker')
      const asked = isBest ? { last: [], best: value } : { last: value, best: [] }
      const [tick] = answers.quotesOf(asked, [instrument], () => expect.fail(record.id))
      expect(tick, record.id).to.include({ instrument, ts: Number(row!['ts']) })
      if (isBest) expect(tick).to.include({ bid: Number(row!['bid']), ask: Number(row!['ask']) })
      else expect(tick).to.include({ price: Number(row!['price']) })
    }
    expect(read).to.have.length.at.least(5)
  })

  it('to the queries for instruments, mode and permissions', () => {
    const by = (what: string, path: string): VenueRecord =>
      all(what).find(({ request }) => request?.path === path)!
    const [blz] = answers.instrumentsOf(valueOf(by('instruments', '/fapi/v1/exchangeInfo')))
    expect(blz).to.deep.equal({
      instrument: 'BLZUSDT',
      isTrading: true,
      multiplier: 1,
      currency: 'USDT',
      lot: 1,
      tickSize: 0.0001,
      minQuantity: 1,
      maxQuantity: 590_119,
      minNotional: 5,
      reduceOnlyExempt: true,
    })
    expect(answers.modeOf(valueOf(by('permissions', '/fapi/v1/positionSide/dual')))).to.equal(
      'hedge',
    )
    const rights = by('permissions', '/sapi/v1/account/apiRestrictions')
    expect(answers.permissionsOf(valueOf(rights))).to.include({
      trade: false,
      withdraw: false,
      isAddressBound: false,
    })
  })

  it('that are errors', () => {
    for (const record of all('error')) {
      const claim = claimOfFailure(failureOf('it', failed(record), 1_500_000_000_000))
      assertClaim(record, claim)
    }
    expect(all('error')).to.have.length.at.least(150)
  })

  it('claim no less than they prove', () => {
    const lesser = all('error').filter(record => {
      const claim = claimOfFailure(failureOf('it', failed(record), 0))
      const isOwnShape = !/^error-(ws|batch)/.test(record.id)
      return isOwnShape && claim === 'OutcomeUnknown' && !/nknown/.test(record.verdict)
    })
    expect(lesser.map(({ id }) => id)).to.deep.equal([])
  })
})
