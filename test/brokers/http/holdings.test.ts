import { expect } from 'chai'
import { instrumentId } from '../../../src/domain/ids.ts'
import { OutcomeUnknown } from '../../../src/errors.ts'
import { PLAIN, type Harm } from '../../support/broker-server/script.ts'
import { ACME, anOrder, failure, stage } from '../../support/http-broker.ts'

const { signal } = new AbortController()

describe('holdings over HTTP', () => {
  const on = stage()

  it('returns the listed holdings, also an empty or partial list', async () => {
    await on.remote.handTrade({ instrument: 'OTHER', quantity: -3 })
    const broker = on.open()
    expect(await broker.holdings(signal)).to.have.length(2)
    await on.harm({ kind: 'rows', change: 'half' })
    expect(await broker.holdings(signal)).to.have.length(1)
    await on.harm({ kind: 'rows', change: 'empty' })
    expect(await broker.holdings(signal)).to.deep.equal([])
    expect(await broker.holding({ instrument: ACME }, signal)).to.include({ kind: 'held' })
  })

  const BROKEN: Readonly<Record<string, Harm>> = {
    'that is missing': { kind: 'rows', change: 'missing' },
    'with a broken row': { kind: 'rows', change: 'malformed' },
    'that has a holding twice': { kind: 'rows', change: 'twice' },
    'that is null': { kind: 'raw', text: '{"holdings":null}' },
    'with a side that contradicts its quantity': {
      kind: 'raw',
      text: '{"holdings":[{"instrument":"ACME","side":"long","quantity":-5}]}',
    },
  }
  for (const [name, harmDone] of Object.entries(BROKEN)) {
    it(`treats everything as unknown for a list ${name}`, async () => {
      await on.harm(harmDone, { on: 'holdings' })
      expect(await failure(on.open().holdings(signal))).to.be.instanceOf(OutcomeUnknown)
    })
  }

  it('treats everything as unknown for a list without the fields that the venue distinguishes', async () => {
    for (const holdings of ['sides', 'tickets'] as const) {
      const broker = on.open({ capabilities: { ...PLAIN.capabilities, holdings } })
      expect(await failure(broker.holdings(signal))).to.be.instanceOf(OutcomeUnknown)
    }
    const separate = on.open({ capabilities: { ...PLAIN.capabilities, products: true } })
    expect(await failure(separate.holdings(signal))).to.be.instanceOf(OutcomeUnknown)
  })

  it('keeps the holdings of two products of one instrument apart, in lists, questions and orders', async () => {
    const FUT = instrumentId('FUT')
    await on.remote.handTrade(
      { instrument: FUT, quantity: 3, product: 'margin' },
      { instrument: FUT, quantity: 4, product: 'delivery' },
    )
    await on.remote.price(FUT, 10)
    const broker = on.open({ capabilities: { ...PLAIN.capabilities, products: true } })
    // The other holdings of the account have no product, at a venue that separates holdings by it.
    await on.harm({
      kind: 'raw',
      text: '{"holdings":[{"instrument":"FUT","quantity":3,"product":"margin"},{"instrument":"FUT","quantity":4,"product":"delivery"}]}',
    })
    const listed = await broker.holdings(signal)
    expect(listed.map(({ product, quantity }) => [product, quantity])).to.deep.equal([
      ['margin', 3],
      ['delivery', 4],
    ])
    const held = async (product: string) =>
      broker.holding({ instrument: FUT, product }, signal).then(report => Object(report).quantity)
    expect([await held('margin'), await held('delivery')]).to.deep.equal([3, 4])
    await broker.placeExit(anOrder({ instrument: FUT, quantity: 3, product: 'margin' }), signal)
    expect([await held('margin'), await held('delivery')]).to.deep.equal([undefined, 4])
    expect(await broker.holding({ instrument: FUT }, signal)).to.deep.equal({ kind: 'unknown' })
  })

  for (const beyond of ['1e999', '-1.7e308', '1.1e15']) {
    it(`drops a row of ${beyond} units, counts it, and keeps the others`, async () => {
      const rows = `{"instrument":"ACME","quantity":${beyond}},{"instrument":"OTHER","quantity":3}`
      await on.harm({ kind: 'raw', text: `{"holdings":[${rows}]}` }, { on: 'holdings' })
      const broker = on.open()
      const listed = await broker.holdings(signal)
      expect(listed.map(({ instrument }) => instrument)).to.deep.equal(['OTHER'])
      expect(broker.oddities.amounts).to.equal(1)
    })

    it(`treats a holding of ${beyond} units as unknown`, async () => {
      const text = `{"instrument":"ACME","kind":"held","quantity":${beyond}}`
      await on.harm({ kind: 'raw', text }, { on: 'holding' })
      const broker = on.open()
      const report = await broker.holding({ instrument: ACME }, signal)
      expect([report, broker.oddities.amounts]).to.deep.equal([{ kind: 'unknown' }, 1])
    })
  }

  it('keeps a holding whose entry price is impossible, without the price', async () => {
    const text = '{"holdings":[{"instrument":"ACME","quantity":5,"entryPrice":1e300}]}'
    await on.harm({ kind: 'raw', text })
    const [row] = await on.open().holdings(signal)
    expect(row).to.deep.equal({ instrument: ACME, quantity: 5, ageMs: 0 })
  })

  it('takes what floating-point error leaves of a holding for flat, whatever its sign', async () => {
    const sides = { capabilities: { ...PLAIN.capabilities, holdings: 'sides' } as const }
    const key = { instrument: ACME, side: 'short' } as const
    const fields = '"instrument":"ACME","side":"short","quantity":5.6e-17'
    await on.harm({ kind: 'raw', text: `{"kind":"held",${fields}}` }, { on: 'holding' })
    expect(await on.open(sides).holding(key, signal)).to.deep.equal({ kind: 'flat', ageMs: 0 })
    await on.harm({ kind: 'raw', text: `{"holdings":[{${fields}}]}` }, { on: 'holdings' })
    expect(await on.open(sides).holdings(signal)).to.deep.equal([])
  })

  it('drops rows of closed holdings', async () => {
    const text = '{"holdings":[{"instrument":"ACME","quantity":0}]}'
    await on.harm({ kind: 'raw', text })
    expect(await on.open().holdings(signal)).to.deep.equal([])
  })

  const NO_ANSWER: Readonly<Record<string, string>> = {
    'a quantity of 0 that is held': '{"instrument":"ACME","kind":"held","quantity":0}',
    'a flat holding of another name': '{"instrument":"OTHER","kind":"flat"}',
    'a flat holding without a name': '{"kind":"flat"}',
    'no kind': '{"instrument":"ACME","quantity":0}',
    'an age before its time': '{"instrument":"ACME","kind":"flat","ageMs":-1}',
  }
  for (const [name, text] of Object.entries(NO_ANSWER)) {
    it(`does not take for flat: ${name}`, async () => {
      await on.harm({ kind: 'raw', text }, { on: 'holding' })
      const error = await failure(on.open().holding({ instrument: ACME }, signal))
      expect(error).to.be.instanceOf(OutcomeUnknown)
    })
  }

  it('treats a side as unknown when the answer is about the other side', async () => {
    const text = '{"instrument":"ACME","side":"long","kind":"held","quantity":-5}'
    await on.harm({ kind: 'raw', text }, { on: 'holding' })
    const broker = on.open({ capabilities: { ...PLAIN.capabilities, holdings: 'sides' } })
    const key = { instrument: ACME, side: 'long' } as const
    expect(await failure(broker.holding(key, signal))).to.be.instanceOf(OutcomeUnknown)
  })

  it('reports when the venue does not know', async () => {
    await on.harm({ kind: 'patch', fields: { kind: 'unknown' } }, { on: 'holding' })
    const report = await on.open().holding({ instrument: ACME }, signal)
    expect(report).to.deep.equal({ kind: 'unknown' })
  })

  it('takes the age of an answer from the server, whatever the clocks say', async () => {
    const broker = on.open({ now: () => 1_000_000 })
    await on.harm({ kind: 'patch', fields: { ageMs: 250 } }, { on: 'holding' })
    const report = await broker.holding({ instrument: ACME }, signal)
    expect(report).to.deep.equal({ kind: 'held', quantity: 5, ageMs: 250 })
    expect(await broker.holdings(signal)).to.deep.equal([
      { instrument: ACME, quantity: 5, ageMs: 0 },
    ])
  })
})
