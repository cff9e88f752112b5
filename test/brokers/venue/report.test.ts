import { expect } from 'chai'
import { binanceSchema } from '../../../src/brokers/venue/binance/options.ts'
import { measured, readReport, type VenueReport } from '../../../src/brokers/venue/report.ts'
import type { Capabilities } from '../../../src/ports/broker.ts'
import { Folder } from '../../support/cli.ts'

const DECLARED: Capabilities = {
  dedupe: 'open-only',
  lookup: 'complete',
  deadline: 'ignored',
  reduceOnly: true,
  holdings: 'net',
  visibilityMs: 10_000,
  clientOrderIdLength: 36,
  styles: ['market'],
  limits: [],
}

const REPORT: VenueReport = {
  version: 1,
  venue: 'binance',
  environment: 'testnet',
  positionMode: 'one-way',
  instrument: 'BTCUSDT',
  at: '2026-01-01T00:00:00.000Z',
  clockOffsetMs: 3,
  answerMs: 40,
  flatIsProved: true,
  unknownIdIsAbsent: true,
  usedIdRefused: { whileOpen: true, afterFill: true },
  foundById: { afterFill: true, afterCancel: true },
  reduceOnlyOvershoots: false,
  lateOrderRefused: true,
  visibility: { orders: 1_000, medianMs: 90, p999Ms: 400 },
  notes: [],
}

const HERE = { environment: 'testnet', positionMode: 'one-way' } as const
const LIVE = { environment: 'live', positionMode: 'one-way' } as const

describe('a report of an account at a venue', () => {
  const by = (
    but: Partial<VenueReport>,
    account: { environment: string; positionMode: 'one-way' | 'hedge' } = HERE,
  ) => measured(DECLARED, { ...REPORT, ...but }, account)

  it('lowers what the venue was found not to keep, also for an account elsewhere at the venue', () => {
    for (const account of [HERE, LIVE]) {
      const used = { whileOpen: false, afterFill: false }
      expect(by({ usedIdRefused: used }, account).dedupe).to.equal('never')
      expect(by({ reduceOnlyOvershoots: true }, account).reduceOnly).to.equal(false)
      const found = { afterFill: false, afterCancel: false }
      expect(by({ foundById: found }, account).lookup).to.equal('open-only')
      expect(by({ lateOrderRefused: false }, account).deadline).to.equal('ignored')
      const slow = { orders: 20, medianMs: 100, p999Ms: 9_000 }
      expect(by({ visibility: slow }, account).visibilityMs).to.equal(27_000)
    }
  })

  it('shortens the visibility only by a thousand orders, on the network where they were sent', () => {
    expect(by({}).visibilityMs).to.equal(1_200)
    expect(by({ visibility: { ...REPORT.visibility, orders: 999 } }).visibilityMs).to.equal(10_000)
    expect(by({}, LIVE).visibilityMs).to.equal(10_000)
    expect(by({}, { ...HERE, positionMode: 'hedge' }).visibilityMs).to.equal(10_000)
  })

  it('raises the deadline on the network where it was kept, and nowhere else', () => {
    expect(by({}).deadline).to.equal('kept')
    expect(by({}, LIVE).deadline).to.equal('ignored')
    expect(by({ lateOrderRefused: null }).deadline).to.equal('ignored')
  })

  it('never takes a refusal right after a fill for one that lasts', () => {
    expect(by({}).dedupe).to.equal('open-only')
  })

  it('changes nothing where nothing was measured', () => {
    const nothing: Partial<VenueReport> = {
      usedIdRefused: { whileOpen: null, afterFill: null },
      foundById: { afterFill: null, afterCancel: null },
      reduceOnlyOvershoots: null,
      lateOrderRefused: null,
      visibility: { orders: 0, medianMs: null, p999Ms: null },
    }
    expect(by(nothing)).to.deep.equal(DECLARED)
  })

  describe('as a file', () => {
    let folder: Folder
    beforeEach(() => (folder = new Folder()))
    afterEach(() => folder.remove())

    const section = (file: string) =>
      binanceSchema.safeParse({
        kind: 'binance',
        environment: 'testnet',
        key: 'key',
        secret: 'secret',
        report: file,
      })

    it('decides the capabilities of the account that names it', () => {
      const file = folder.file(
        'report.json',
        JSON.stringify({ ...REPORT, reduceOnlyOvershoots: true }),
      )
      expect(readReport(file)).to.include({ venue: 'binance' })
      expect(section(file).data!.capabilities).to.include({ reduceOnly: false })
    })

    it('is a fault of the configuration where it is missing, damaged, or of another venue', () => {
      const faults = [
        folder.file('cut.json', JSON.stringify(REPORT).slice(0, -9)),
        folder.file('empty.json', '{}'),
        folder.file('more.json', JSON.stringify({ ...REPORT, more: 1 })),
        folder.file('bybit.json', JSON.stringify({ ...REPORT, venue: 'bybit' })),
        `${folder.path}/none.json`,
      ]
      for (const file of faults) {
        const { error } = section(file)
        expect(error?.issues[0]?.path, file).to.deep.equal(['report'])
        expect(error?.issues[0]?.message).to.include('watchkeeper venue test')
      }
    })
  })
})
