import { expect } from 'chai'
import { TickIntake, type TickIntakeOptions } from '../../src/account/tick-intake.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import { InstrumentTable, PLAIN_INSTRUMENT } from '../../src/domain/instrument.ts'

const ACME = instrumentId('ACME')

/** ACME, whose market is open in the first minute of each Thursday, as of 1970. */
function firstMinute(): InstrumentTable {
  const sessions = [{ open: 0, close: 1 }]
  const hours = { timezone: 'UTC', sessions, days: new Set([3]), exceptions: new Map<number, []>() }
  return new InstrumentTable([['ACME', { ...PLAIN_INSTRUMENT, hours }]])
}

describe('TickIntake', () => {
  const gateOf = (options: Partial<TickIntakeOptions>) => {
    const gate = new TickIntake({ confirmMs: 1_000, ...options })
    const accept = (price: number, now: number, ts = now, instrument = ACME): number[] =>
      gate.accept({ instrument, ts, price }, now).map(tick => tick.price)
    return { gate, accept }
  }

  it('shows a price that is too old, and lets no position decide by it', () => {
    const { gate, accept } = gateOf({ maxTickAgeMs: 100 })
    expect(accept(10, 1_000, 899)).to.deep.equal([])
    expect([gate.unevaluated.old, gate.shownPrice(ACME)]).to.deep.equal([
      1,
      { why: 'old', price: 10, ts: 899, at: 1_000 },
    ])
    expect(accept(11, 1_000, 900)).to.deep.equal([11])
    expect(gate.shownPrice(ACME)).to.equal(undefined)
  })

  it('measures how long each instrument waits for the confirmation of a jump', () => {
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

  it('keeps waiting when a jump is followed by another one', () => {
    const { gate, accept } = gateOf({ maxJumpPct: 10 })
    accept(100, 0)
    accept(200, 10)
    accept(50, 2_000)
    expect([gate.bad, gate.unconfirmed(3_001)]).to.deep.equal([1, [[ACME, 1_001]]])
  })

  it('shows a price from outside the hours of its market, and lets it decide nothing', () => {
    const gate = new TickIntake({ confirmMs: 1_000 }, firstMinute())
    const accept = (now: number) =>
      gate.accept({ instrument: ACME, ts: now, price: 10 }, now).length
    expect([accept(0), accept(59_999), accept(60_000), accept(86_400_000)]).to.deep.equal([
      1, 1, 0, 0,
    ])
    expect(gate.unevaluated.closed).to.equal(2)
    expect(gate.shownPrice(ACME)).to.include({ why: 'closed', price: 10 })
    expect(gate.outsideHours(86_400_000)).to.deep.equal([ACME])
    expect(gate.outsideHours(86_460_000)).to.deep.equal([])
    expect(accept(604_800_000)).to.equal(1)
    expect(gate.shownPrice(ACME)).to.equal(undefined)
  })

  it('counts a missed price of the hours for best prices, and lets it exit while it is young and they last', () => {
    const gate = new TickIntake({ confirmMs: 1_000, maxTickAgeMs: 20_000 }, firstMinute())
    const useOf = (ts: number, now: number) =>
      gate.useOfMissed({ instrument: ACME, ts, price: 10 }, now)
    expect(useOf(1_000, 21_000)).to.equal('exits')
    expect(useOf(1_000, 21_001), 'too old').to.equal('best-price')
    expect(useOf(59_999, 60_000), 'closed by now').to.equal('best-price')
    expect(useOf(60_000, 60_000), 'from outside the hours').to.equal('none')
    expect(useOf(-1, 0), 'from before they began').to.equal('none')
  })

  it('does not evaluate the first price whose time is ahead; later ones count as of their receipt', () => {
    const { gate, accept } = gateOf({ maxTickAgeMs: 100 })
    const ahead = 19_800_000
    expect(accept(10, 1_000, ahead)).to.deep.equal([])
    expect(gate.aheadBy()).to.deep.equal([[ACME, ahead - 1_000]])
    expect(accept(11, 1_100, ahead)).to.deep.equal([11])
    expect(accept(12, 1_200, 1_200)).to.deep.equal([12])
    expect(gate.aheadBy()).to.deep.equal([])
    expect(gate.unevaluated.ahead).to.equal(1)
  })
})
