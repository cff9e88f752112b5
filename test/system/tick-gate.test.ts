import { expect } from 'chai'
import { instrumentId } from '../../src/domain/ids.ts'
import { TickGate, type TickGateOptions } from '../../src/system/tick-gate.ts'

const ACME = instrumentId('ACME')

describe('TickGate', () => {
  const gateOf = (options: Partial<TickGateOptions>) => {
    const gate = new TickGate({ confirmMs: 1_000, ...options })
    const accept = (price: number, now: number, ts = now, instrument = ACME): number[] =>
      gate.accept({ instrument, ts, price }, now).map(tick => tick.price)
    return { gate, accept }
  }

  it('shows a price that is too old, and has nobody decide on it', () => {
    const { gate, accept } = gateOf({ maxTickAgeMs: 100 })
    expect(accept(10, 1_000, 899)).to.deep.equal([])
    expect([gate.tooOld, gate.oldPrice(ACME)]).to.deep.equal([1, { price: 10, ts: 899 }])
    expect(accept(11, 1_000, 900)).to.deep.equal([11])
    expect(gate.oldPrice(ACME)).to.equal(undefined)
  })

  it('tells how long a jump waits to be confirmed, each instrument for itself', () => {
    const { gate, accept } = gateOf({ maxJumpPct: 10 })
    const other = instrumentId('GLOBEX')
    accept(100, 0)
    accept(50, 0, 0, other)
    accept(200, 10)
    accept(5, 500, 500, other)
    expect(gate.unconfirmed(1_010)).to.deep.equal([])
    expect(gate.unconfirmed(1_011)).to.deep.equal([[ACME, 1_001]])
    expect(accept(199, 1_012)).to.deep.equal([200, 199])
    expect(gate.unconfirmed(1_501)).to.deep.equal([[other, 1_001]])
  })

  it('goes on waiting when a jump is followed by another one', () => {
    const { gate, accept } = gateOf({ maxJumpPct: 10 })
    accept(100, 0)
    accept(200, 10)
    accept(50, 2_000)
    expect([gate.bad, gate.unconfirmed(3_001)]).to.deep.equal([1, [[ACME, 1_001]]])
  })
})
