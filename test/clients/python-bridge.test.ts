import { expect } from 'chai'
import { tokenFrom } from '../../src/brokers/credentials.ts'
import type { AccountHint } from '../../src/domain/account-hint.ts'
import { OutcomeUnknown, Unauthorized } from '../../src/errors.ts'
import type { Capabilities } from '../../src/ports/broker.ts'
import { brokerContract } from '../contracts/broker-contract.ts'
import { ACME, anHttpBroker, anOrder, failure } from '../support/http-broker.ts'
import { needing } from '../support/needing.ts'
import { BRIDGE_TOKEN, PythonBridge } from '../support/python-bridge.ts'
import { until } from '../support/until.ts'

const { signal } = new AbortController()

/** What the bridge says of itself. */
const CAPABILITIES: Capabilities = {
  dedupe: 'always',
  lookup: 'complete',
  reduceOnly: true,
  holdings: 'net',
  visibilityMs: 0,
  clientOrderIdLength: 36,
  styles: ['market', 'marketable-limit'],
  limits: [{ name: 'all', groups: ['orders', 'account', 'quotes'], perSecond: 100 }],
}

needing('python3').describe('the example bridge in Python', () => {
  let bridge: PythonBridge
  before(async () => (bridge = await PythonBridge.start()))
  after(() => bridge.stop())

  it('does nothing without the token, and answers nothing that is no request', async () => {
    const { broker, deposit, fills, close } = await bridge.venue(CAPABILITIES)
    await deposit(ACME, 'long', 5)
    const stranger = anHttpBroker(bridge.url, { token: tokenFrom(() => 'another') })
    expect(await failure(stranger.placeExit(anOrder(), signal))).to.be.instanceOf(Unauthorized)
    const bad = anOrder({ quantity: -1 })
    expect(await failure(broker.placeExit(bad, signal))).to.be.instanceOf(OutcomeUnknown)
    expect(await fills()).to.deep.equal([])
    await stranger.close()
    await close()
  })

  it('says what it can prove, what it trades, and what the account permits', async () => {
    const broker = anHttpBroker(bridge.url, {
      instruments: true,
      account: true,
      token: tokenFrom(() => BRIDGE_TOKEN),
    })
    await bridge.market('fresh')
    await bridge.market('price', { instrument: 'ACME', price: 90 })
    expect(await broker.announced(signal)).to.deep.equal(CAPABILITIES)
    const [acme] = await broker.instruments!(signal)
    expect(acme).to.include({ instrument: 'ACME', isTrading: true, multiplier: 1 })
    expect(await broker.positionMode!(signal)).to.equal('one-way')
    expect((await broker.permissions!(signal)).trade).to.equal(true)
    await broker.close()
  })

  it('pushes what changes at the account, and says its time', async () => {
    await bridge.market('fresh')
    const broker = anHttpBroker(bridge.url, {
      stream: true,
      time: true,
      token: tokenFrom(() => BRIDGE_TOKEN),
    })
    const hints: AccountHint[] = []
    broker.streamHints!(hint => void hints.push(hint))
    await until(() => hints.some(({ kind }) => kind === 'up'))
    await bridge.market('deposit', { instrument: 'ACME', quantity: 5 })
    await bridge.market('price', { instrument: 'ACME', price: 90 })
    await broker.placeExit(anOrder(), signal)
    const order = { kind: 'order', instrument: 'ACME', clientOrderId: anOrder().clientOrderId }
    await until(() => hints.filter(({ kind }) => kind === 'holding').length >= 2)
    await until(() => hints.some(({ kind }) => kind === 'order'))
    expect(hints).to.deep.include(order)
    const { aheadMs, errorMs } = await broker.time!(signal)
    expect(Math.abs(aheadMs)).to.be.at.most(errorMs + 2)
    await broker.close()
  })

  it('refuses an order that arrives after its deadline', async () => {
    await bridge.market('fresh')
    await bridge.market('price', { instrument: 'ACME', price: 90 })
    await bridge.market('deposit', { instrument: 'ACME', quantity: 5 })
    const order = {
      clientOrderId: 'wklate',
      instrument: 'ACME',
      action: 'sell',
      side: 'long',
      quantity: 2,
      type: 'market',
      reduceOnly: true,
    }
    const response = await fetch(`${bridge.url}/v1/orders`, {
      method: 'POST',
      headers: { authorization: `Bearer ${BRIDGE_TOKEN}`, 'expires-at': '1' },
      body: JSON.stringify(order),
    })
    expect(await response.json()).to.include({ kind: 'rejected', code: 'refused' })
    expect(await bridge.market('fills')).to.deep.equal([])
  })

  describe('keeps the contract of brokers:', () => {
    brokerContract({ capabilities: CAPABILITIES, open: () => bridge.venue(CAPABILITIES) })
  })
})
