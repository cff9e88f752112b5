import { expect } from 'chai'
import fc from 'fast-check'
import { holdingList, holdingReport, parse } from '../../../src/brokers/http/answers.ts'
import { exitAnswer, orderState } from '../../../src/brokers/shapes.ts'
import { OutcomeUnknown } from '../../../src/errors.ts'

const SHAPES = [exitAnswer, orderState, holdingReport, holdingList] as const

/** Fields of the protocol with values that are nearly valid. */
const field = fc.oneof(
  fc.constantFrom('acknowledged', 'duplicate', 'rejected', 'absent', 'unknown', 'flat', 'held'),
  fc.constantFrom('working', 'filled', 'ended', 'refused', 'ACME', 'wk1', '0', ''),
  fc.constantFrom<unknown>(0, -1, 2, 0.5, null, true, [], {}, 1e308),
  fc.constantFrom<unknown>(
    { quantity: 1, price: 9 },
    { quantity: 0, price: null },
    { quantity: 1 },
  ),
  fc.constantFrom<unknown>({ kind: 'filled', executed: { quantity: 1, price: 9 } }),
)
const nearAnswer = fc.dictionary(
  fc.constantFrom('kind', 'code', 'order', 'executed', 'quantity', 'ageMs', 'holdings', 'text'),
  field,
)
const anything = fc.oneof(
  nearAnswer.map(value => JSON.stringify(value)),
  fc.json(),
  fc.string(),
)

/** The parsed answer; undefined where it is invalid. */
function read(shape: (typeof SHAPES)[number], text: string): Record<string, unknown> | undefined {
  try {
    return parse<Record<string, unknown>>(shape, { what: 'a question', text })
  } catch (error) {
    expect(error).to.be.instanceOf(OutcomeUnknown)
    return undefined
  }
}

describe('the answers of a broker server', () => {
  it('prove only what they state explicitly, and anything else proves nothing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SHAPES), anything, (shape, text) => {
        const answer = read(shape, text)
        if (answer === undefined) return
        const said = JSON.parse(text) as Record<string, unknown>
        if (shape === holdingList) expect(said['holdings']).to.be.an('array')
        else expect(answer['kind']).to.equal(said['kind'])
        if (answer['kind'] === 'held')
          expect(answer['quantity']).to.equal(said['quantity']).and.not.equal(0)
        if (answer['kind'] === 'filled')
          expect(answer).to.have.nested.property('executed.quantity').above(0)
      }),
      { numRuns: 2000 },
    )
  })

  it('are about the requested thing, or prove nothing', () => {
    const text = '{"kind":"flat","instrument":"ACME"}'
    const about = { instrument: 'ACME' }
    const report = (more: Record<string, string>): unknown =>
      parse(holdingReport, {
        what: 'a question',
        text,
        about: { ...about, ...more },
      })
    expect(report({})).to.have.property('kind', 'flat')
    expect(() => report({ side: 'long' })).to.throw(OutcomeUnknown, 'side long')
    expect(() => report({ instrument: 'OTHER' })).to.throw(OutcomeUnknown, 'instrument OTHER')
  })

  it('name in the error where they are invalid', () => {
    const text = '{"holdings":[{"instrument":"ACME","quantity":"5"}]}'
    const list = (): unknown => parse(holdingList, { what: 'GET /v1/holdings', text })
    expect(list).to.throw(OutcomeUnknown, /GET \/v1\/holdings: holdings\.0\.quantity/)
  })

  it('may have unknown fields', () => {
    expect(read(holdingReport, '{"kind":"flat","venue":"X"}')).to.deep.equal({
      kind: 'flat',
      ageMs: 0,
    })
  })

  it('prove nothing where one field contradicts another', () => {
    const orders = [
      '{"kind":"rejected","code":"refused","executed":{"quantity":2,"price":9}}',
      '{"kind":"rejected","code":"refused","order":{"kind":"filled"}}',
      '{"kind":"absent","executed":{"quantity":0.1,"price":9}}',
      '{"kind":"filled","executed":{"quantity":0,"price":null}}',
    ]
    for (const text of orders) expect(read(orderState, text), text).to.equal(undefined)
    expect(read(exitAnswer, orders[1]!)).to.equal(undefined)
    expect(read(holdingReport, '{"kind":"flat","quantity":5}')).to.equal(undefined)
    expect(read(holdingReport, '{"kind":"flat","quantity":0}')).to.have.property('kind', 'flat')
    const none = '{"kind":"rejected","code":"refused","executed":{"quantity":0,"price":null}}'
    expect(read(orderState, none)).to.deep.equal({ kind: 'rejected', code: 'refused' })
  })

  it('prove nothing with a duplicate key, and may have ids of more digits than a double holds', () => {
    const texts = ['{"kind":"held","quantity":5,"kind":"flat"}', '{"kind":"flat","kind":"flat"}']
    for (const text of texts) expect(read(holdingReport, text), text).to.equal(undefined)
    const id = '{"kind":"flat","venueId":123456789012345678901}'
    expect(read(holdingReport, id)).to.have.property('kind', 'flat')
    const rows = '{"holdings":[{"instrument":"ACME","quantity":5,"quantity":0}]}'
    expect(read(holdingList, rows)).to.equal(undefined)
  })
})
