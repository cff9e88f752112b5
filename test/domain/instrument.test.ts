import { expect } from 'chai'
import { instrumentId } from '../../src/domain/ids.ts'
import { InstrumentTable, PLAIN_INSTRUMENT } from '../../src/domain/instrument.ts'

describe('InstrumentTable', () => {
  const spec = (multiplier: number) => ({ ...PLAIN_INSTRUMENT, multiplier })
  const table = new InstrumentTable([
    ['NIFTY24*CE', spec(25)],
    ['NIFTY*', spec(50)],
    ['A.B(C)', spec(3)],
  ])
  const multiplierOf = (name: string): number => table.of(instrumentId(name)).multiplier

  it('takes the first pattern that fits the whole name', () => {
    expect(multiplierOf('NIFTY24NOV24500CE')).to.equal(25)
    expect(multiplierOf('NIFTY24NOV24500PE')).to.equal(50)
    expect(multiplierOf('XNIFTY')).to.equal(1)
  })

  it('reads everything but the star as it is written', () => {
    expect(multiplierOf('A.B(C)')).to.equal(3)
    expect(multiplierOf('AxB(C)')).to.equal(1)
  })
})
