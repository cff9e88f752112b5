import { writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { quote } from '../../src/brokers/http/answers.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import { InputError } from '../../src/errors.ts'
import { parseEntry } from '../../src/feeds/redis/entry.ts'
import { parseFields, parseMessage } from '../../src/feeds/redis/message.ts'
import { tickFile } from '../../src/feeds/tick-csv.ts'
import { BAD_NAMES } from '../support/bad-values.ts'
import { Folder } from '../support/cli.ts'

const TS = 1_732_000_000_123
const ID = `${TS}-0`

/** One price as its source writes it. */
interface Written {
  readonly instrument: string
  /** A number as it is written. */
  readonly price: string
  readonly bid?: string
}

describe('a price at each entrance', () => {
  let folder: Folder

  beforeEach(() => (folder = new Folder()))
  afterEach(() => folder.remove())

  async function fromCsv({ instrument, price, bid = '' }: Written): Promise<string> {
    const file = folder.file('ticks.csv', '')
    const name = `"${instrument.replaceAll('"', '""')}"`
    writeFileSync(file, `ts,instrument,price,bid\n${TS},${name},${price},${bid}\n`)
    try {
      for await (const batch of tickFile(file)) if (batch.length > 0) return 'taken'
    } catch (error) {
      if (error instanceof InputError) return error.message
      throw error
    }
    return 'nothing'
  }

  const json = ({ instrument, price, bid }: Written): string =>
    `{"instrument":${JSON.stringify(instrument)},"ts":${TS},"price":${price}${bid === undefined ? '' : `,"bid":${bid}`}}`

  const fields = ({ instrument, price, bid }: Written): string[] => [
    'instrument',
    instrument,
    'ts',
    String(TS),
    'price',
    price,
    ...(bid === undefined ? [] : ['bid', bid]),
  ]

  const outcome = (tick: unknown): string => (typeof tick === 'string' ? tick : 'taken')

  const DOORS: Readonly<Record<string, (written: Written) => string | Promise<string>>> = {
    'as a row of CSV': fromCsv,
    'as a message in JSON': written => outcome(parseMessage(json(written))),
    'as a message between bars': ({ instrument, price, bid }) =>
      outcome(
        parseMessage([TS, instrument, price, ...(bid === undefined ? [] : [bid, ''])].join('|')),
      ),
    'as an entry of a stream': written => outcome(parseEntry([ID, fields(written)], undefined)),
    'as a message in an entry': written =>
      outcome(parseEntry([ID, ['data', json(written)]], undefined)),
    'as an answer of a broker': written =>
      quote.safeParse(JSON.parse(json(written))).success ? 'taken' : 'refused',
  }

  for (const [door, ask] of Object.entries(DOORS)) {
    it(`is accepted ${door}`, async () => {
      expect(await ask({ instrument: 'BTC/USDT', price: '100.5', bid: '100' })).to.equal('taken')
    })

    for (const [what, instrument] of BAD_NAMES) {
      it(`is refused ${door} with an instrument that has ${what}`, async () => {
        const answer = await ask({ instrument, price: '100' })
        expect(answer).to.match(
          /^instrument$|^refused$|a string of 1 to 200 characters without control/,
        )
      })
    }

    for (const price of ['1e400', '-1e400', '9007199254740993', '1.1e15']) {
      it(`is refused ${door} with the price ${price}`, async () => {
        const answer = await ask({ instrument: 'ACME', price })
        expect(answer).to.match(/^price$|^refused$|a decimal number of at most 1000000000000000/)
      })
      it(`is refused ${door} with the bid ${price}`, async () => {
        const answer = await ask({ instrument: 'ACME', price: '100', bid: price })
        expect(answer).to.match(/^quote$|^refused$|a decimal number of at most 1000000000000000/)
      })
    }
  }

  it('is refused as a hash with an invalid figure; its key is named', () => {
    const hash = { ts: String(TS), ltp: '1e400' }
    expect(parseFields(hash, instrumentId('ACME'))).to.equal('price')
    expect(parseFields({ ...hash, ltp: '9007199254740993' }, instrumentId('ACME'))).to.equal(
      'price',
    )
  })

  it('is refused with a duplicate key or field', () => {
    const doubled = `{"instrument":"ACME","ts":${TS},"price":100,"price":90}`
    expect(parseMessage(doubled)).to.equal('syntax')
    expect(parseEntry([ID, ['data', doubled]], undefined)).to.equal('syntax')
    const entry = ['instrument', 'ACME', 'price', '100', 'price', '90']
    expect(parseEntry([ID, entry], undefined)).to.equal('syntax')
  })

  it('may have unknown fields with more digits than a double holds', () => {
    const text = `{"instrument":"ACME","ts":${TS},"price":100,"id":9007199254740993}`
    expect(outcome(parseMessage(text))).to.equal('taken')
  })
})
