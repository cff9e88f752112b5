import { expect } from 'chai'
import { httpSchema } from '../../src/config/http-schema.ts'
import { serveHttp, type HttpServer } from '../../src/http/server.ts'
import { ask, type Answer } from '../support/http.ts'
import { ServedAccounts } from '../support/served-accounts.ts'

describe('the API of several accounts', () => {
  let accounts: ServedAccounts
  let server: HttpServer

  beforeEach(async () => {
    accounts = await new ServedAccounts().open()
    const config = httpSchema.parse({ port: 0 })
    server = await serveHttp({ control: accounts.control(), config })
  })

  afterEach(async () => {
    await server.close()
    await accounts.stop()
  })

  const get = (path: string): Promise<Answer> => ask(server.port, path)
  const report = (path: string, account?: string): Promise<Answer> =>
    ask(server.port, path, { method: 'POST', body: { amount: -5, ...(account && { account }) } })

  /** The realised sums of an account. */
  const sumsOf = async (account: string): Promise<unknown> =>
    (await get(`/api/accounts/${account}/portfolio`)).json['realised']

  it('counts a realised sum in the account that its body names', async () => {
    expect((await report('/api/portfolio/realised', 'bolt')).status).to.equal(200)
    expect((await report('/api/portfolio/realised', 'bolt/A1')).status).to.equal(200)
    expect(await sumsOf('bolt')).to.deep.equal([{ amount: -5 }, { amount: -5, account: 'A1' }])
    expect(await sumsOf('acme')).to.deep.equal([])
  })

  it('refuses a realised sum of no account, of an unknown one, and of another than the address', async () => {
    const codes = [
      await report('/api/portfolio/realised'),
      await report('/api/portfolio/realised', 'bold'),
      await report('/api/accounts/acme/portfolio/realised', 'bolt'),
    ].map(({ json }) => json['code'])
    expect(codes).to.deep.equal(['ACCOUNT_REQUIRED', 'ACCOUNT_UNKNOWN', 'BAD_INPUT'])
    expect([await sumsOf('acme'), await sumsOf('bolt')]).to.deep.equal([[], []])
  })

  it('refuses a list of an unknown account', async () => {
    for (const list of ['positions', 'positions?state=closed', 'exits']) {
      const path = `/api/${list}${list.includes('?') ? '&' : '?'}account=`
      expect((await get(`${path}bold`)).json).to.include({
        code: 'ACCOUNT_UNKNOWN',
        detail: 'no account "bold": expected one of acme, bolt: did you mean bolt?',
      })
      expect((await get(`${path}bolt`)).status).to.equal(200)
    }
  })

  it('names an unknown path as it was asked for', async () => {
    expect((await get('/api/accounts/acme/accounts')).json['detail']).to.equal(
      'nothing answers at /api/accounts/acme/accounts: /openapi.json lists the paths',
    )
    expect((await get('/api/accounts/acme/gatewey')).json['detail']).to.equal(
      'nothing answers at /api/accounts/acme/gatewey: did you mean /api/accounts/acme/gateway?',
    )
    expect((await get('/api/accounts/all/positions')).json['detail']).to.contain(
      'nothing answers at /api/accounts/all/positions',
    )
  })
})
