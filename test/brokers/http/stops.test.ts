import { expect } from 'chai'
import { httpBrokerSchema } from '../../../src/brokers/http.ts'
import type { ClientOrderId } from '../../../src/domain/order.ts'
import type { RestingStop, StopOrder } from '../../../src/domain/resting-stop.ts'
import { OutcomeUnknown } from '../../../src/errors.ts'
import { PLAIN } from '../../support/broker-server/script.ts'
import { anOrder, failure, stage } from '../../support/http-broker.ts'

const { signal } = new AbortController()
const ID = 'wkn1' as ClientOrderId
const restingStop: RestingStop = {
  kinds: ['stop-market', 'stop-limit'],
  reserves: false,
  amend: true,
  triggers: ['last'],
  expires: 'ever',
}
const aStop = (price: number, limit?: number): StopOrder => ({
  ...anOrder({ clientOrderId: ID, quantity: 5 }),
  trigger: { price, by: 'last', ...(limit !== undefined && { limit }) },
})

describe('a resting stop over HTTP', () => {
  const on = stage()
  const opened = () => on.open({ capabilities: { ...PLAIN.capabilities, restingStop } })

  it('is not offered where the configuration claims none', () => {
    const broker = on.open()
    expect(broker.placeStop).to.equal(undefined)
    expect(broker.amendStop).to.equal(undefined)
  })

  it('may rest where the answer to it is lost', async () => {
    await on.harm({ kind: 'reset', when: 'after' }, { on: 'stop' })
    const broker = opened()
    expect(await failure(broker.placeStop!(aStop(80), signal))).to.be.instanceOf(OutcomeUnknown)
    expect(await broker.orderByClientId(ID, signal)).to.have.property('kind', 'working')
  })

  it('keeps its trigger where the answer to a change is lost before the venue acts', async () => {
    const broker = opened()
    await broker.placeStop!(aStop(80), signal)
    await on.harm({ kind: 'reset', when: 'before' }, { on: 'amend' })
    expect(await failure(broker.amendStop!(aStop(85), signal))).to.be.instanceOf(OutcomeUnknown)
    await on.remote.script({ prices: { ACME: 84 } })
    expect(await broker.orderByClientId(ID, signal)).to.have.property('kind', 'working')
  })

  it('is refused where the price has met its trigger', async () => {
    const answer = await opened().placeStop!(aStop(90), signal)
    expect(answer).to.deep.include({ kind: 'rejected', code: 'would-trigger' })
  })

  it('is executed by the price that meets its last trigger, and stands in the list until then', async () => {
    const broker = opened()
    expect(await broker.placeStop!(aStop(80), signal)).to.have.property('kind', 'acknowledged')
    expect(await broker.amendStop!(aStop(85), signal)).to.have.property('kind', 'working')
    const [listed] = await broker.openOrders!(signal)
    expect(listed).to.deep.include({ clientOrderId: ID, remaining: -5 })
    await on.remote.script({ prices: { ACME: 85 } })
    expect(await broker.orderByClientId(ID, signal)).to.deep.include({
      kind: 'filled',
      executed: { quantity: 5, price: 85 },
    })
  })

  it('rests on as a limit order where the market has jumped over its limit', async () => {
    const broker = opened()
    await broker.placeStop!(aStop(80, 79), signal)
    await on.remote.script({ prices: { ACME: 70 } })
    expect(await broker.orderByClientId(ID, signal)).to.have.property('kind', 'working')
    expect(await broker.cancel(ID, signal)).to.have.property('kind', 'ended')
  })

  it('ends with the trading day where the venue keeps none for longer', async () => {
    const broker = opened()
    await broker.placeStop!(aStop(80), signal)
    await on.remote.script({ endStops: true })
    expect(await broker.orderByClientId(ID, signal)).to.have.property('kind', 'ended')
  })

  it('claims the weaker of each field that the configuration does not state', () => {
    const config = httpBrokerSchema.parse({
      url: 'https://bridge.example',
      token: 't',
      capabilities: {
        restingStop: { kinds: ['stop-market'], triggers: ['mark'], maxDistancePct: 20 },
      },
    })
    expect(config.capabilities.restingStop).to.deep.equal({
      kinds: ['stop-market'],
      triggers: ['mark'],
      maxDistancePct: 20,
      reserves: true,
      amend: false,
      expires: 'day',
    })
  })
})
