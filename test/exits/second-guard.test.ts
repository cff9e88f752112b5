import { expect } from 'chai'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { newExit } from '../../src/exits/attempts.ts'
import { clientOrderId } from '../../src/exits/client-order-id.ts'
import { idsOf, SecondGuard } from '../../src/exits/second-guard.ts'
import { aDecision, aPosition } from '../support/builders.ts'
import { settingsOf } from '../support/exits.ts'

const P1 = { storeId: 's1', account: '', positionId: positionId('p1'), generation: 1, attempt: 2 }
const HOUR = 3_600_000
const ACME = instrumentId('ACME')
const OF = { positionId: P1.positionId, generation: 1, instrument: ACME }
const ended = (now: number) => ({ of: OF, now })

describe('SecondGuard', () => {
  let guard: SecondGuard
  beforeEach(() => (guard = new SecondGuard()))

  /** The orders of a second guard in a list that was asked for at `askedAt`. */
  const seen = (askedAt: number, ...ids: (string | null)[]): readonly string[] => {
    guard.check(new Set(ids), [], { askedAt, idLength: 26 })
    return guard.secondGuardOrders
  }

  it('leaves the orders of others alone', () => {
    expect(seen(0, null, 'abc', 'wk-mine')).to.deep.equal([])
  })

  it('knows its own orders for as long as a list may show them', () => {
    guard.remember(idsOf(P1, 26), ended(0))
    expect(seen(5, clientOrderId(P1), clientOrderId({ ...P1, attempt: 1 }))).to.deep.equal([])
  })

  it('knows an order that arrives late, whatever was said of it before', () => {
    guard.remember(idsOf(P1, 26), ended(0))
    expect(seen(20)).to.deep.equal([])
    expect(seen(HOUR - 1, clientOrderId(P1))).to.deep.equal([])
    expect(seen(HOUR)).to.deep.equal([])
    expect(seen(HOUR + 1, clientOrderId(P1))).to.deep.equal([clientOrderId(P1)])
  })

  it('does not take another generation of the same position for its own', () => {
    guard.remember(idsOf(P1, 26), ended(0))
    const other = clientOrderId({ ...P1, generation: 2 })
    expect(seen(5, other)).to.deep.equal([other])
  })

  it('does not take an order of another store for its own', () => {
    guard.remember(idsOf(P1, 26), ended(0))
    const other = clientOrderId({ ...P1, storeId: 's2' })
    expect(seen(5, other)).to.deep.equal([other])
  })

  it('knows the present order of an exit under the id that it was sent with', () => {
    const position = aPosition({ id: P1.positionId })
    const record = newExit(
      { position, generation: 1, decision: aDecision(position), at: 0 },
      settingsOf({ clientOrderIdLength: 20 }, { storeId: 's1' }),
    )
    // The setting of the length was changed while the order works.
    guard.check(new Set([record.order.clientOrderId]), [record], { askedAt: 5, idLength: 26 })
    expect(guard.secondGuardOrders).to.deep.equal([])
  })
})
