import { expect } from 'chai'
import { InstrumentTerms } from '../../src/app/instrument-terms.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import { InstrumentTable, PLAIN_INSTRUMENT } from '../../src/domain/instrument.ts'
import type { VenueInstrument } from '../../src/domain/venue-facts.ts'
import { aPosition } from '../support/builders.ts'

const ACME = instrumentId('ACME')
const OTHER = instrumentId('OTHER')

const row = (lot: number, instrument = ACME): VenueInstrument => ({
  instrument,
  isTrading: true,
  multiplier: 1,
  lot,
  tickSize: 0.1,
  minQuantity: lot,
  maxQuantity: 100,
  minNotional: undefined,
  reduceOnlyExempt: true,
  currency: 'USD',
})

describe('InstrumentTerms', () => {
  let noted: unknown[]

  /** Of a service with one open position in ACME. */
  const open = (configured = new InstrumentTable()) => {
    noted = []
    const table = configured.with(new Map())
    const position = aPosition({ instrument: ACME })
    const registered = { position } as never
    const terms = new InstrumentTerms({
      instruments: table,
      configured,
      account: {
        note: (kind, detail) => void noted.push([kind, detail]),
        state: { positions: { open: new Map([[position.id, registered]]) } },
      },
    })
    return { terms, table }
  }

  it('keeps the lot of an instrument that a later list lacks, and reports once that it is lacking', () => {
    const { terms, table } = open()
    terms.take([row(1)])
    noted = []
    terms.take([row(1, OTHER)])
    terms.take([row(1, OTHER)])
    expect(table.of(ACME).lot).to.equal(1)
    expect(noted).to.deep.equal([['instrument-unlisted', { instrument: ACME }]])
    terms.take([row(1)])
    terms.take([row(1, OTHER)])
    expect(noted, 'it came back in between').to.have.length(2)
  })

  it('applies another lot, and reports it where a position is open', () => {
    const { terms, table } = open()
    terms.take([row(1), row(1, OTHER)])
    noted = []
    terms.take([row(10), row(5, OTHER)])
    expect([table.of(ACME).lot, table.of(OTHER).lot]).to.deep.equal([10, 5])
    const was = { lot: 1, minQuantity: 1 }
    expect(noted).to.deep.equal([
      ['instrument-changed', { instrument: ACME, was, is: { lot: 10, minQuantity: 10 } }],
    ])
  })

  it('leaves what the configuration states', () => {
    const { terms, table } = open(new InstrumentTable([['ACME', { ...PLAIN_INSTRUMENT, lot: 3 }]]))
    terms.take([row(10)])
    expect(table.of(ACME).lot).to.equal(3)
  })
})
