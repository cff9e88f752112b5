import { expect } from 'chai'
import { httpBrokerSchema } from '../../../src/brokers/http.ts'

const given = (fields: Record<string, unknown>) =>
  httpBrokerSchema.safeParse({ url: 'https://bridge.example', token: 'x', ...fields })

describe('the options of a broker over HTTP', () => {
  const REFUSED: Readonly<Record<string, Record<string, unknown>>> = {
    'an address that is none': { url: 'bridge' },
    'an address of another kind': { url: 'ftp://bridge.example' },
    'an address with a password': { url: 'https://me:secret@bridge.example' },
    'an address with a question': { url: 'https://bridge.example/?v=1' },
    'a token that travels unencrypted': { url: 'http://bridge.example' },
    'no token': { token: undefined },
    'two tokens': { tokenFile: '/run/token' },
    'a token beside a command': { tokenCommand: ['print-token'] },
    'an end without a token': {
      token: undefined,
      tokenFile: '/run/token',
      tokenExpiresAt: '2026-11-29T03:00:00Z',
    },
    'an end that is no time': { tokenExpiresAt: 'tomorrow' },
    'a look-up that keeps nothing': {
      capabilities: { lookup: 'complete', lookupKeeps: '0ms' },
    },
    'a look-up that ends at no time': {
      capabilities: { lookup: 'complete', lookupKeeps: '25:00 UTC' },
    },
    'a horizon without a look-up': { capabilities: { lookupKeeps: 'ever' } },
    'a horizon before an order shows': {
      capabilities: { lookup: 'complete', visibilityMs: 5000, lookupKeeps: '5s' },
    },
    'an unknown capability': { capabilities: { dedupe: 'mostly' } },
    'no time to connect in': { connectTimeoutMs: 0 },
    'answers without a bound': { answerBytes: Infinity },
    'a name that is misspelt': { conectTimeoutMs: 5 },
  }
  for (const [name, fields] of Object.entries(REFUSED)) {
    it(`refuse ${name}, and do not show secrets`, () => {
      const { error } = given(fields)
      expect(error?.issues).to.have.length(1)
      expect(JSON.stringify(error!.issues)).to.not.include('me:secret')
    })
  }

  it('take a horizon, a deadline and products as the venue has them', () => {
    const claimed = { lookup: 'complete', deadline: 'kept', products: true }
    for (const [lookupKeeps, horizon] of [
      ['ever', 'ever'],
      ['90d', { ms: 7_776_000_000 }],
      ['6000ms', { ms: 6_000 }],
      ['15:30 Asia/Kolkata', { until: '15:30', timezone: 'Asia/Kolkata' }],
    ] as const) {
      const { data } = given({ capabilities: { ...claimed, lookupKeeps } })
      expect(data?.capabilities).to.deep.include({ ...claimed, lookupKeeps: horizon })
    }
  })

  it('name the path of every limit that cannot be kept', () => {
    const limits = [
      { name: 'a', groups: ['orders'], perSecond: 0 },
      { name: 'a', groups: ['account', 'orders'] },
      { name: 'c', groups: ['quotes'], perMinute: -1 },
    ]
    const paths = given({ capabilities: { limits } }).error!.issues.map(({ path }) =>
      path.join('.'),
    )
    expect(paths).to.have.members([
      'capabilities.limits.0.perSecond',
      'capabilities.limits.1.name',
      'capabilities.limits.1.groups.1',
      'capabilities.limits.2.perMinute',
    ])
    const odd = given({
      capabilities: { limits: [{ name: 'a', groups: ['trades'], perHour: 100, perDay: 0.5 }] },
    })
    expect(odd.error!.issues.map(({ path }) => path.slice(3))).to.deep.equal([
      ['groups', 0],
      ['perDay'],
    ])
  })

  it('claim no capability that is not stated', () => {
    expect(given({}).data?.capabilities).to.deep.equal({
      dedupe: 'never',
      lookup: 'none',
      reduceOnly: false,
      holdings: 'net',
      visibilityMs: 5_000,
      clientOrderIdLength: 36,
      styles: ['market'],
      limits: [{ name: 'all', groups: ['orders', 'account', 'quotes'] }],
    })
    expect(given({}).data).to.include({ openOrders: false, plainHttp: false })
    const { data } = given({ capabilities: { dedupe: 'always' } })
    expect(data?.capabilities).to.include({ dedupe: 'always', lookup: 'none' })
  })

  it('accept an unencrypted address on this machine, and elsewhere only with plainHttp', () => {
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      expect(given({ url: `http://${host}:9000/venue` }).success, host).to.equal(true)
    }
    expect(given({ url: 'http://bridge:9000', plainHttp: true }).success).to.equal(true)
    expect(given({ url: 'http://127.evil.example' }).success).to.equal(false)
  })
})
