import { expect } from 'chai'
import fc from 'fast-check'
import { instrumentId } from '../../../src/domain/ids.ts'
import { MALFORMED, parseFields, parseMessage } from '../../../src/feeds/redis/message.ts'

const TS = 1_732_000_000_123
const ACME = instrumentId('ACME')

describe('a message with a price', () => {
  const cases: [text: string, fault: string][] = [
    ['', 'syntax'],
    ['price', 'syntax'],
    ['{"ts":', 'syntax'],
    [`${TS}|ACME`, 'syntax'],
    [`${TS}|ACME|100|99`, 'syntax'],
    [`${TS}||100`, 'instrument'],
    [`{"ts":${TS},"price":100}`, 'instrument'],
    [`{"ts":${TS},"price":100,"instrument":7}`, 'instrument'],
    [`{"ts":${TS},"price":100,"instrument":"${'x'.repeat(201)}"}`, 'instrument'],
    [`{"ts":${TS},"instrument":"ACME"}`, 'price'],
    [`${TS}|ACME|NaN`, 'price'],
    [`${TS}|ACME|Infinity`, 'price'],
    [`${TS}|ACME|1e999`, 'price'],
    [`${TS}|ACME|1.1e15`, 'price'],
    [`{"ts":${TS},"price":-1e16,"instrument":"ACME"}`, 'price'],
    [`${TS}|ACME|0x10`, 'price'],
    [`${TS}|ACME|`, 'price'],
    [`{"ts":${TS},"price":null,"instrument":"ACME"}`, 'price'],
    [`{"ts":${TS},"price":[100],"instrument":"ACME"}`, 'price'],
    [`${Math.floor(TS / 1000)}|ACME|100`, 'time'],
    [`${TS * 1000}|ACME|100`, 'time'],
    [`NaN|ACME|100`, 'time'],
    [`{"instrument":"ACME","price":100}`, 'time'],
    [`${TS}|ACME|100|x|101`, 'quote'],
    [`${TS}|ACME|100|99|1.7e308`, 'quote'],
    [`{"ts":${TS},"price":100,"instrument":"ACME","ask":"NaN"}`, 'quote'],
  ]
  for (const [text, fault] of cases) {
    it(`is no tick but a fault of its ${fault}: ${text.slice(0, 60) || 'empty'}`, () => {
      expect(parseMessage(text)).to.equal(fault)
    })
  }

  it('comes as fields between bars, with or without a quote', () => {
    expect(parseMessage(`${TS}|ACME|100.5`)).to.deep.equal({
      instrument: ACME,
      ts: TS,
      price: 100.5,
    })
    expect(parseMessage(`${TS}|ACME|100.5|100|101`)).to.deep.equal({
      instrument: ACME,
      ts: TS,
      price: 100.5,
      bid: 100,
      ask: 101,
    })
    expect(parseMessage(`${TS}|ACME|100.5||101`)).to.deep.equal({
      instrument: ACME,
      ts: TS,
      price: 100.5,
      ask: 101,
    })
  })

  it('is read from JSON, its numbers as numbers or as text, its time also as a date', () => {
    const tick = { instrument: ACME, ts: TS, price: 100.5, bid: 100, size: 3 }
    expect(parseMessage(JSON.stringify({ ...tick, ask: null, note: 'more' }))).to.deep.equal(tick)
    const { price: _price, ...rest } = tick
    const asText = { ...rest, ltp: '100.5', bid: '100', ts: new Date(TS).toISOString() }
    expect(parseMessage(JSON.stringify(asText))).to.deep.equal(tick)
  })

  it('may have a quote and no trade yet', () => {
    expect(parseMessage(`{"ts":${TS},"instrument":"ACME","bid":99}`)).to.deep.equal({
      instrument: ACME,
      ts: TS,
      price: NaN,
      bid: 99,
    })
    expect(parseMessage(`{"ts":${TS},"instrument":"ACME","bid":0}`)).to.equal('price')
  })

  it('leaves it to the tick filter whether an instrument may trade at 0 or below', () => {
    expect(parseMessage(`${TS}|ACME|-37.63`)).to.deep.include({ price: -37.63 })
    expect(parseMessage(`${TS}|ACME|0`)).to.deep.include({ price: 0 })
  })

  it('takes its instrument from the channel, and may name no other', () => {
    const tick = { instrument: ACME, ts: TS, price: 100 }
    expect(parseMessage(`${TS}||100`, ACME)).to.deep.equal(tick)
    expect(parseMessage(`{"ts":${TS},"price":100}`, ACME)).to.deep.equal(tick)
    expect(parseMessage(`${TS}|ACME|100`, ACME)).to.deep.equal(tick)
    expect(parseMessage(`${TS}|OTHER|100`, ACME)).to.equal('instrument')
    expect(parseFields({ ts: String(TS), ltp: '100' }, ACME)).to.deep.equal(tick)
    expect(parseFields({ ts: String(TS) }, ACME)).to.equal('price')
  })

  it('is a good tick or a known fault, whatever its text, and never a crash', () => {
    const part = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.constantFrom(String(TS), 'ACME', '', '100', 'NaN', '{', '[]', '\u0000', '__proto__'),
    )
    const field = fc.oneof(part, fc.double(), fc.jsonValue(), fc.constantFrom(TS, 100, 'ACME'))
    const object = fc.record(
      { instrument: field, ts: field, price: field, ltp: field, bid: field, ask: field },
      { requiredKeys: [] },
    )
    const text = fc.oneof(
      fc.array(part, { maxLength: 6 }).map(parts => parts.join('|')),
      object.map(each => JSON.stringify(each)),
      fc.tuple(object, fc.nat(60)).map(([each, to]) => JSON.stringify(each).slice(0, to)),
      fc.string({ unit: 'binary' }),
      fc.integer({ min: 1, max: 1e6 }).map(price => `${TS}|ACME|${price}`),
    )
    let ticks = 0
    fc.assert(
      fc.property(text, fc.constantFrom(undefined, ACME), (given, instrument) => {
        const found = parseMessage(given, instrument)
        if (typeof found === 'string') {
          expect(MALFORMED).to.include(found)
          return
        }
        ticks++
        const isQuoted = [found.bid, found.ask].some(side => side !== undefined && side > 0)
        expect(Number.isFinite(found.price) || (Number.isNaN(found.price) && isQuoted)).to.equal(
          true,
        )
        expect(found.ts).to.be.within(1e11, 1e14)
        expect(found.instrument).to.be.a('string').with.length.above(0)
        for (const side of [found.bid, found.ask, found.size]) {
          expect(side === undefined || Number.isFinite(side)).to.equal(true)
        }
      }),
      { numRuns: 5_000 },
    )
    expect(ticks).to.be.greaterThan(0)
  })
})
