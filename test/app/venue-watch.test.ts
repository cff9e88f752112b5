import { expect } from 'chai'
import { VenueWatch } from '../../src/app/venue-watch.ts'
import type { Permissions, PositionMode } from '../../src/brokers/venue/account.ts'
import type { VenueInstrument } from '../../src/brokers/venue/instrument.ts'
import { AccessDrill } from '../../src/calls/access-drill.ts'
import { instrumentId, positionId, type PositionId } from '../../src/domain/ids.ts'
import { InstrumentTable, PLAIN_INSTRUMENT } from '../../src/domain/instrument.ts'
import { OutcomeUnknown } from '../../src/errors.ts'
import type { Registered } from '../../src/ports/state-repository.ts'
import { aPosition } from '../support/builders.ts'

const ACME = instrumentId('ACME')
const MINUTE_MS = 60_000
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
  let withdraw: boolean | undefined
  let positions: Map<PositionId, Registered>
  let asked: string[]
  let noted: string[]
  let table: InstrumentTable
  let access: AccessDrill
  let watch: VenueWatch

  const answered = <T>(what: string, value: T | undefined): Promise<T> => {
    asked.push(what)
    return value === undefined ? Promise.reject(new OutcomeUnknown('away')) : Promise.resolve(value)
  }
  const open = (configured = new InstrumentTable()): void => {
    table = new InstrumentTable()
    access = new AccessDrill({
      broker: {
        positionMode: () => answered('mode', mode),
        instruments: () => answered('instruments', facts),
        ...(withdraw !== undefined && { permissions: () => answered('permissions', rights()) }),
      },
      monotonic: () => now,
    })
    watch = new VenueWatch({
      access,
      positionMode: 'one-way',
      instruments: table,
      configured,
      account: { note: kind => void noted.push(kind), state: { positions: { open: positions } } },
    })
  }
  const rights = (): Permissions => ({
    trade: true,
    withdraw,
    isAddressBound: true,
    expiresAt: undefined,
  })
  /** Runs the account's cycles for so long, one each minute. */
  const after = async (ms: number): Promise<void> => {
    for (const end = now + ms; now < end;) {
      now += MINUTE_MS
      await access.cycle()
      watch.cycle()
    }
  }

  beforeEach(() => {
    now = 0
    mode = 'one-way'
    facts = [instrument(1)]
    asked = []
    noted = []
    withdraw = undefined
    positions = new Map()
    open()
  })

  it('fails while the account is in the other mode, and journals each change once', async () => {
    await after(3 * MINUTE_MS)
    expect(watch.troubles()).to.deep.equal([])
    mode = 'hedge'
    await after(3 * MINUTE_MS)
    expect(watch.troubles().map(({ what }) => what)).to.deep.equal([
      'the account is in hedge mode, and broker.positionMode is one-way: the venue refuses every exit',
    ])
    mode = undefined
    await after(3 * MINUTE_MS)
    expect(watch.troubles()).to.have.length(1)
    mode = 'one-way'
    await after(3 * MINUTE_MS)
    expect(watch.troubles()).to.deep.equal([])
    expect(noted).to.deep.equal(['position-mode-changed', 'position-mode-restored'])
  })

  it('warns while the key may withdraw, and journals each change to that once', async () => {
    withdraw = false
    open()
    await after(4 * MINUTE_MS)
    expect(watch.withdrawalTroubles()).to.deep.equal([])
    withdraw = true
    await after(8 * MINUTE_MS)
    expect(watch.withdrawalTroubles()).to.have.length(1)
    expect(noted).to.deep.equal(['key-may-withdraw'])
    withdraw = false
    await after(4 * MINUTE_MS)
    expect(watch.withdrawalTroubles()).to.deep.equal([])
  })

  it('names a position whose multiplier is 1 where a contract is worth something else', async () => {
    positions.set(positionId('p1'), { position: aPosition({ instrument: ACME }) } as Registered)
    await after(4 * MINUTE_MS)
    expect([watch.multiplierTroubles(), noted]).to.deep.equal([[], []])
    facts = [{ ...instrument(1), multiplier: 0.01 }]
    await after(2 * HOUR_MS)
    expect(watch.multiplierTroubles()[0]?.what).to.include('p1').and.include('0.01')
    expect(noted).to.deep.equal(['multiplier-unlike'])
    positions.set(positionId('p1'), {
      position: aPosition({ instrument: ACME, multiplier: 0.01 }),
    } as Registered)
    expect(watch.multiplierTroubles()).to.deep.equal([])
    // The venue changes the size of its contracts.
    facts = [{ ...instrument(1), multiplier: 0.001 }]
    await after(2 * HOUR_MS)
    const changed = 'p1: its multiplier is 0.01, and a contract is worth 0.001'
    expect(watch.multiplierTroubles()[0]?.what).to.include(changed)
    expect(noted).to.have.length(2)
    open(new InstrumentTable([['ACME', { ...PLAIN_INSTRUMENT, multiplier: 2 }]]))
    await after(4 * MINUTE_MS)
    expect(watch.multiplierTroubles()).to.deep.equal([])
  })

  it('has each question asked by the drill alone: one a minute, instruments once an hour', async () => {
    await after(2 * HOUR_MS)
    expect(asked).to.have.length(120)
    expect(asked.filter(each => each === 'instruments')).to.have.length(2)
  })

  it('takes new specifications, and keeps what the configuration states of an instrument', async () => {
    open(new InstrumentTable([['ACME', { ...PLAIN_INSTRUMENT, tickSize: 0.5 }]]))
    await after(3 * MINUTE_MS)
    expect(table.of(ACME)).to.include({ lot: 1, tickSize: 0.5, maxQuantity: 100 })
    facts = [instrument(10)]
    await after(HOUR_MS + MINUTE_MS)
    expect(table.of(ACME)).to.include({ lot: 10, tickSize: 0.5 })
  })

  it('keeps the old specifications where the venue does not answer, or lists nothing', async () => {
    await after(3 * MINUTE_MS)
    for (const nothing of [undefined, []]) {
      facts = nothing
      await after(2 * HOUR_MS)
      expect(table.of(ACME).lot).to.equal(1)
    }
  })
})
