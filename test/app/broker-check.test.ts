import { chmodSync } from 'node:fs'
import { expect } from 'chai'
import { parse } from 'yaml'
import { checkBroker, type BrokerCheck } from '../../src/app/broker-check.ts'
import { tokenFrom } from '../../src/brokers/credentials.ts'
import { httpBrokerSchema } from '../../src/brokers/http.ts'
import { startBroker, type RemoteBroker } from '../support/broker-server/client.ts'
import { PLAIN, type Script } from '../support/broker-server/script.ts'
import { cliHere } from '../support/cli-here.ts'
import { Folder } from '../support/cli.ts'
import { needing } from '../support/needing.ts'
import { BRIDGE_TOKEN, PythonBridge } from '../support/python-bridge.ts'
import { until } from '../support/until.ts'

const token = tokenFrom(() => 'test-token')
const trade = { instrument: 'ACME', quantity: 1 }

describe('the check of a REST broker', () => {
  let server: RemoteBroker
  before(async () => (server = await startBroker({})))
  after(() => server.close())

  const begin = (script: Script = {}): Promise<unknown> =>
    server.script({
      fresh: true,
      clear: true,
      prices: { ACME: 90 },
      hands: [{ instrument: 'ACME', quantity: 5 }],
      set: PLAIN,
      ...script,
    })
  const check = (): Promise<BrokerCheck> => checkBroker({ url: server.url, token, trade })
  const brokenIn = ({ steps }: BrokerCheck): string[] =>
    steps.filter(({ outcome }) => outcome === 'broken').map(({ name }) => name)

  /** A server that announces more than it does. */
  const announcing = (claims: object) => ({
    faults: [
      {
        on: 'capabilities',
        times: 'always',
        harm: { kind: 'raw', text: JSON.stringify({ ...PLAIN.capabilities, ...claims }) },
      },
    ] as const,
  })

  it('claims no de-duplication where an order was executed twice', async () => {
    await begin({
      set: { ...PLAIN, capabilities: { ...PLAIN.capabilities, dedupe: 'never' } },
      ...announcing({ dedupe: 'always' }),
    })
    const result = await check()
    expect(brokenIn(result)).to.deep.equal(['makes no second order of an id whose order is filled'])
    expect(result.capabilities.dedupe).to.equal('never')
  })

  it('claims no reduce-only where an order went through zero', async () => {
    await begin({
      set: { ...PLAIN, capabilities: { ...PLAIN.capabilities, reduceOnly: false } },
      ...announcing({ reduceOnly: true }),
    })
    const result = await check()
    expect(brokenIn(result)).to.include('never goes through zero with reduceOnly')
    expect(result.capabilities.reduceOnly).to.equal(false)
  })

  it('claims no complete look-up where a filled order is not found', async () => {
    await begin({
      set: { ...PLAIN, capabilities: { ...PLAIN.capabilities, lookup: 'open-only' } },
      ...announcing({ lookup: 'complete' }),
    })
    const { capabilities } = await check()
    expect(capabilities.lookup).to.equal('open-only')
  })

  it('names a server that accepts any token, and one that lists what it does not hold', async () => {
    await begin({ set: { ...PLAIN, token: null } })
    expect(brokenIn(await check())).to.deep.equal(['refuses a wrong token with 401'])
    await begin({ faults: [{ on: 'holding', harm: { kind: 'patch', fields: { quantity: 4 } } }] })
    expect(brokenIn(await check())).to.include('says by name what it lists')
  })

  it('sends nothing without a trade, and claims nothing that only a trade proves', async () => {
    await begin()
    const { steps, capabilities } = await checkBroker({ url: server.url, token })
    expect(steps.map(({ outcome }) => outcome)).to.deep.equal(['kept', 'kept', 'kept', 'kept'])
    expect(capabilities).to.include({ dedupe: 'never', lookup: 'none', reduceOnly: false })
    expect((await server.requests()).filter(({ route }) => route === 'place')).to.deep.equal([])
  })

  it('tries no trade where too little is held', async () => {
    await begin({ hands: [{ instrument: 'ACME', quantity: 1.5 }] })
    const { steps } = await check()
    expect(steps.at(-1)).to.include({ outcome: 'not tried' })
  })

  it('claims a stream where it pushed what a trade has changed, and none that cannot be read', async () => {
    await begin()
    const result = await check()
    expect([brokenIn(result), result.stream]).to.deep.equal([[], true])
    // Often enough that one comes while a busy machine has the stream open.
    const odds = Array.from({ length: 30 }, (_, index) => ({
      afterMs: 100 + 100 * index,
      stream: { lines: ['{"kind":"order"'] },
    }))
    await begin({ steps: odds })
    const odd = await check()
    expect([brokenIn(odd), odd.stream]).to.deep.equal([['pushes what changes'], false])
  })

  it('trades the holding of one product where the broker keeps products apart', async () => {
    await begin({
      set: { ...PLAIN, capabilities: { ...PLAIN.capabilities, products: true } },
      hands: [
        { instrument: 'ACME', quantity: 5, product: 'margin' },
        { instrument: 'ACME', quantity: 1, product: 'delivery' },
      ],
    })
    const result = await check()
    expect(brokenIn(result)).to.deep.equal([])
    expect(result.capabilities.products).to.equal(true)
    expect(server.book().holdings.map(({ product }) => product)).to.deep.equal(['delivery'])
    await begin({ set: { ...PLAIN, capabilities: { ...PLAIN.capabilities, products: false } } })
  })

  it('claims a lag several times as long as the one that it has seen', async () => {
    await begin({ set: { ...PLAIN, lagMs: { order: 400, holding: 400, list: 400 } } })
    const isShown = async (): Promise<boolean> =>
      (await checkBroker({ url: server.url, token })).steps.at(-1)?.seen === '1 holdings'
    await until(isShown)
    const { capabilities } = await check()
    expect(capabilities.visibilityMs).to.be.at.least(2_000)
  })
})

describe('the address of watchkeeper broker check', () => {
  const run = (...args: string[]) =>
    cliHere(['broker', 'check', ...args], { env: { WATCHKEEPER_BROKER_TOKEN: 'test-token' } })

  it('is refused in one line where it is none, or would show the token on the way', async () => {
    for (const [url, expected] of [
      ['127.0.0.1:9000', 'error: expected an address such as https://bridge.example\n'],
      ['ftp://a.example', 'error: expected an address with https: or http:\n'],
      [
        'http://bridge.invalid',
        'error: found http://bridge.invalid, expected https, or --plain-http: the token can be read on the way\n',
      ],
    ] as const) {
      const { code, stdout, stderr } = await run(url)
      expect([code, stdout, stderr]).to.deep.equal([2, '', expected])
    }
  })

  it('is printed with plainHttp where that is accepted, and no answer is no accepted token', async () => {
    const { code, stdout } = await run('http://bridge.invalid', '--plain-http')
    expect(code).to.equal(1)
    expect(stdout).to.include('plainHttp: true').and.not.include('another token was accepted')
  })

  it('refuses a quantity of nothing', async () => {
    const { code, stderr } = await run('http://127.0.0.1:9', '--quantity', '1')
    expect(code).to.equal(2)
    expect(stderr).to.include('found --quantity without --trade')
  })
})

needing('python3').describe('watchkeeper broker check', () => {
  let bridge: PythonBridge
  before(async () => (bridge = await PythonBridge.start()))
  after(() => bridge.stop())

  const run = (...args: string[]) =>
    cliHere(['broker', 'check', bridge.url, ...args], {
      env: { WATCHKEEPER_BROKER_TOKEN: BRIDGE_TOKEN },
    })

  it('prints what the example bridge may claim, as the configuration takes it', async () => {
    await bridge.market('fresh')
    await bridge.market('price', { instrument: 'ACME', price: 90 })
    await bridge.market('deposit', { instrument: 'ACME', quantity: -5 })
    const { code, stdout, stderr } = await run('--trade', 'ACME', '--quantity', '1')
    expect([code, stderr]).to.deep.equal([0, ''])
    expect(stdout.match(/^kept/gm)).to.have.length(10)
    expect(stdout).to.match(/^  stream: true$/m)
    const { broker } = parse(stdout.slice(stdout.indexOf('broker:'))) as { broker: object }
    const { kind: _kind, ...section } = broker as { kind: string }
    const config = httpBrokerSchema.parse({ ...section, token: 'x' })
    expect(config.capabilities).to.include({
      dedupe: 'always',
      lookup: 'complete',
      reduceOnly: true,
    })
  })

  it('names the file of the token in what the configuration takes', async () => {
    const folder = new Folder()
    try {
      const tokenFile = folder.file('bridge.token', BRIDGE_TOKEN)
      chmodSync(tokenFile, 0o600)
      const { code, stdout } = await cliHere([
        'broker',
        'check',
        bridge.url,
        '--token-file',
        tokenFile,
      ])
      expect(code).to.equal(0)
      const { broker } = parse(stdout.slice(stdout.indexOf('broker:'))) as { broker: object }
      const { kind: _kind, ...section } = broker as { kind: string }
      expect(httpBrokerSchema.parse(section).tokenFile).to.equal(tokenFile)
    } finally {
      folder.remove()
    }
  })

  it('ends with 2 where it has no token, or no quantity to trade', async () => {
    expect((await cliHere(['broker', 'check', bridge.url])).code).to.equal(2)
    expect((await run('--trade', 'ACME')).code).to.equal(2)
  })
})
