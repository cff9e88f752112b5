import { expect } from 'chai'
import { quoteDialectsOf } from '../../../src/brokers/venue/public.ts'
import type { StreamMessage } from '../../../src/brokers/venue/stream/dialect.ts'
import type { VenueKind } from '../../../src/domain/venue-kind.ts'
import { countCase } from './cases.ts'
import { mutantsOf } from './mutations.ts'
import { recordsOf, type VenueRecord } from './records.ts'
import { SPEECH } from './stream-speech.ts'

/** Fields that a message cannot lack, by the path of its connection. */
const NEEDED: Readonly<Record<VenueKind, Readonly<Record<string, readonly string[]>>>> = {
  binance: {
    '/public/stream': ['data', 'e', 'T', 's', 'b', 'a'],
    '/market/stream': ['data', 'e', 'T', 's', 'p'],
  },
  bybit: { '/v5/public/linear': ['topic', 'type', 'ts', 'data', 'symbol', 'lastPrice'] },
  okx: { '/ws/v5/public': ['arg', 'channel', 'instId', 'data', 'ts'] },
}

/** Messages of the public streams of a venue: those that it documents, and damaged ones. */
export function streamRecords(kind: VenueKind, folder: string): void {
  const dialects = quoteDialectsOf({ kind, environment: 'demo', streamUrl: 'ws://venue' })
  const records = recordsOf(folder)

  /** What the connection for a message makes of it. */
  const read = (text: string): StreamMessage => {
    const all = dialects.map(dialect => dialect.read(text))
    return all.find(message => message.kind === 'quote') ?? all[0]!
  }

  describe(`public streams of ${kind}`, () => {
    it('prove nothing by a damaged message', () => {
      let count = 0
      for (const [path, needed] of Object.entries(NEEDED[kind])) {
        const dialect = dialects.find(({ url }) => url.endsWith(path))!
        const quote = { name: 'ACME', price: 100, ts: Date.now(), isFirst: true }
        const [text] = SPEECH[kind].quote(path, quote) as [string]
        expect(dialect.read(text).kind).to.equal('quote')
        for (const mutant of mutantsOf(JSON.parse(text) as unknown, needed)) {
          const message = dialect.read(mutant.text)
          const isOwn = message.kind === 'quote' && message.part.instrument === 'ACME'
          expect(isOwn, `${path} ${mutant.how}`).to.equal(false)
          countCase('mutated', mutant.text)
          count++
        }
      }
      expect(count).to.be.greaterThan(30)
    })

    it('prove nothing by a price that is below 0, no number, or an exponent', () => {
      for (const path of Object.keys(NEEDED[kind])) {
        const dialect = dialects.find(({ url }) => url.endsWith(path))!
        for (const odd of ['-5', '1e3', '0x10', ' 1', '1,5', 'NaN', 'Infinity', '1'.repeat(40)]) {
          const quote = { name: 'ACME', price: 100, ts: Date.now(), isFirst: true }
          const [text] = SPEECH[kind].quote(path, quote) as [string]
          const message = dialect.read(text.replaceAll('"100"', JSON.stringify(odd)))
          expect(message.kind, `${path} ${odd}`).to.equal('odd')
        }
      }
    })

    if (records === undefined) {
      it('read documented messages (no recorded answers: folder of venues not found)')
      return
    }

    it('read documented prices as what they are, or not at all', () => {
      let count = 0
      for (const record of records('stream-quote').filter(isPrice)) {
        const message = read(record.body!)
        const [row] = record.expect!.rows!
        // Records of other products stand among them.
        if (message.kind !== 'quote' || /-[CP]$/.test(String(row!['instrument']))) continue
        count++
        const { instrument, ts, figures } = message.part
        const { price = null, bid = null, ask = null } = figures
        expect({ instrument, ts }, record.id).to.deep.equal({
          instrument: row!['instrument'],
          ts: Number(row!['ts']),
        })
        for (const [name, found] of Object.entries({ price, bid, ask }))
          expect(found, `${record.id} ${name}`).to.equal(
            row![name] == null ? null : Number(row![name]),
          )
      }
      expect(count).to.be.at.least(kind === 'okx' ? 1 : 2)
    })

    it('read what is no price as none', () => {
      const others = ['stream-quote', 'stream-order', 'stream-position'].flatMap(records)
      const rest = others.filter(each => !isPrice(each) && each.body !== null)
      for (const record of rest) {
        const { kind: claim } = read(record.body!)
        expect(claim, record.id).to.not.equal('quote')
        if (record.verdict === 'session') expect(claim, record.id).to.not.equal('closing')
      }
      expect(rest.length).to.be.at.least(10)
    })
  })
}

const isPrice = ({ what, verdict }: VenueRecord): boolean =>
  what === 'stream-quote' && verdict === 'quotes'
