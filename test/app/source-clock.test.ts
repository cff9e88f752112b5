import { expect } from 'chai'
import { SourceClock } from '../../src/app/source-clock.ts'
import type { InstrumentId } from '../../src/domain/ids.ts'
import type { ClockReading } from '../../src/domain/venue-facts.ts'

describe('the clock of a source', () => {
  let wall: number
  let reading: ClockReading | undefined
  let source: SourceClock
  /** The time by the service's clock of a price that the source stamps with 1,000,000. */
  const own = (): number => {
    source.cycle()
    return source.own({ instrument: 'ACME' as InstrumentId, ts: 1_000_000, price: 1 }).ts
  }

  beforeEach(() => {
    wall = 5_000_000
    reading = undefined
    source = new SourceClock({ now: () => wall, monotonic: () => 0 }, () => reading)
  })

  it('leaves times as they are before the first reading', () => {
    expect(own()).to.equal(1_000_000)
  })

  it('adds what the source is behind, less what may be an error of the measurement', () => {
    reading = { aheadMs: -60_000, errorMs: 500 }
    expect(own()).to.equal(1_059_500)
    expect(source.now()).to.equal(wall - 59_500)
  })

  it('takes off what the source is ahead: its prices do not seem younger than they are', () => {
    reading = { aheadMs: 20_000, errorMs: 500 }
    expect(own()).to.equal(980_500)
  })

  it('changes nothing for a small difference, nor for one that a cached time may have made', () => {
    reading = { aheadMs: -2_400, errorMs: 500 }
    expect(own()).to.equal(1_000_000)
    reading = { aheadMs: -3_600_000, errorMs: 500 }
    expect(own()).to.equal(1_000_000)
  })

  it('follows a clock of the service that is set after the reading', () => {
    reading = { aheadMs: -60_000, errorMs: 0 }
    expect(own()).to.equal(1_060_000)
    wall -= 60_000
    expect(own()).to.equal(1_000_000)
    wall -= 30_000
    expect(own()).to.equal(970_000)
  })

  it('gives copies of a tick the same time where a later reading differs by little', () => {
    reading = { aheadMs: -60_000, errorMs: 0 }
    expect(own()).to.equal(1_060_000)
    reading = { aheadMs: -60_400, errorMs: 0 }
    expect(own()).to.equal(1_060_000)
    reading = { aheadMs: -61_500, errorMs: 0 }
    expect(own()).to.equal(1_061_500)
  })
})
