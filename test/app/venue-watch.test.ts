import { expect } from 'chai'
import { VenueWatch } from '../../src/app/venue-watch.ts'
import type { PositionMode } from '../../src/brokers/venue/account.ts'
import type { VenueInstrument } from '../../src/brokers/venue/instrument.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import { InstrumentTable, PLAIN_INSTRUMENT } from '../../src/domain/instrument.ts'
import { OutcomeUnknown } from '../../src/errors.ts'

const ACME = instrumentId('ACME')
const HOUR_MS = 3_600_000

const instrument = (lot: number): VenueInstrument => ({
  instrument: ACME,
  isTrading: true,
  multiplier: 1,
  lot,
  tickSize: 0.1,
  minQuantity: lot,
  maxQuantity: 100,
  minNotional: undefined,
  reduceOnlyExempt: true,
  currency: 'USDT',
})

describe('VenueWatch', () => {
  let now: number
  let mode: PositionMode | undefined
  let facts: readonly VenueInstrument[] | undefined
  let asked: string[]
  let noted: string[]
  let table: InstrumentTable
  let watch: VenueWatch

  const answered = <T>(what: string, value: T | undefined): Promise<T> => {
    asked.push(what)
    return value === undefined ? Promise.reject(new OutcomeUnknown('away')) : Promise.resolve(value)
  }
  const open = (configured = new InstrumentTable()): void => {
    table = new InstrumentTable()
    watch = new VenueWatch({
      venue: {
        positionMode: () => answered('mode', mode),
        instruments: () => answered('instruments', facts),
      },
      positionMode: 'one-way',
      instruments: table,
      configured,
      callTimeoutMs: 1_000,
      system: { note: kind => void noted.push(kind) },
      clock: { now: () => now, monotonic: () => now },
    })
  }
  const after = async (ms: number): Promise<void> => {
    now += ms
    watch.cycle()
    await watch.idle()
  }

  beforeEach(() => {
    now = 0
    mode = 'one-way'
    facts = [instrument(1)]
    asked = []
    noted = []
    open()
  })

  it('fails while the account is in the other mode, and journals each change once', async () => {
    await after(60_000)
    expect(watch.troubles()).to.deep.equal([])
    mode = 'hedge'
    await after(60_000)
    await after(60_000)
    expect(watch.troubles().map(({ what }) => what)).to.deep.equal([
      'the account is in hedge mode, and broker.positionMode is one-way: the venue refuses every exit',
    ])
    mode = undefined
    await after(60_000)
    expect(watch.troubles()).to.have.length(1)
    mode = 'one-way'
    await after(60_000)
    expect(watch.troubles()).to.deep.equal([])
    expect(noted).to.deep.equal(['position-mode-changed', 'position-mode-restored'])
  })

  it('asks for the mode once a minute, however short the cycles are', async () => {
    for (let times = 0; times < 240; times++) await after(500)
    expect(asked).to.deep.equal(['mode', 'mode'])
  })

  it('reads the instruments once a day, and keeps what the configuration states of one', async () => {
    open(new InstrumentTable([['ACME', { ...PLAIN_INSTRUMENT, tickSize: 0.5 }]]))
    facts = [instrument(10)]
    await after(23 * HOUR_MS)
    expect(table.of(ACME).lot).to.equal(undefined)
    await after(HOUR_MS)
    expect(table.of(ACME)).to.include({ lot: 10, tickSize: 0.5, maxQuantity: 100 })
    await after(HOUR_MS)
    expect(asked.filter(each => each === 'instruments')).to.have.length(1)
  })

  it('asks for the instruments again in a minute where the venue does not answer, and keeps the old ones', async () => {
    await after(24 * HOUR_MS)
    facts = undefined
    await after(24 * HOUR_MS)
    expect(table.of(ACME).lot).to.equal(1)
    facts = [instrument(10)]
    await after(60_000)
    expect(table.of(ACME).lot).to.equal(10)
  })
})
