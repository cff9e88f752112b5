import { expect } from 'chai'
import { checkConfig } from '../../src/app/config-check.ts'
import { serviceSchema } from '../../src/config/schema.ts'
import type { InputError } from '../../src/errors.ts'

const ALL = { name: 'all', groups: ['orders', 'account', 'quotes'], perSecond: 10 }

const account = (gateway: object, limit: object = ALL): object => ({
  broker: {
    kind: 'http',
    url: 'http://127.0.0.1:9',
    token: 'a-test-token-0123456',
    capabilities: { dedupe: 'always', limits: [limit] },
  },
  gateway,
})

const configOf = (accounts: object) => serviceSchema.parse({ feed: { kind: 'poll' }, accounts })

const faultsOf = (accounts: object): readonly [string, string][] => {
  try {
    checkConfig(configOf(accounts))
  } catch (error) {
    return (error as InputError).faults.map(({ path, found }) => [path, found])
  }
  return []
}

describe('limits that accounts share', () => {
  it('are faults where an account has none of that name, or has it by other numbers', () => {
    const limits = { shared: 'office' }
    const a = account({ limits })
    expect(faultsOf({ a, b: account({ limits: { ...limits, names: ['al'] } }) })).to.deep.equal([
      ['accounts.b.gateway.limits.names[0]', '"al", which the broker has no limit of'],
    ])
    const wrong = [
      account({ limits }, { ...ALL, perSecond: 20 }),
      account({ limits, throttle: { maxRate: 7 } }),
    ]
    for (const b of wrong) {
      const [[path, found] = [], ...others] = faultsOf({ a, b })
      expect([path, others]).to.deep.equal(['accounts.b.gateway.limits', []])
      expect(found).to.contain(
        '"all" shared as "office" with other numbers than those of the account a',
      )
    }
  })

  it('are a warning where one account alone shares them', () => {
    const limits = { shared: 'office' }
    const [a, b] = [account({ limits }), account({})]
    expect(checkConfig(configOf({ a, b }))).to.deep.equal([
      'accounts.a.gateway.limits.shared: no other account shares office',
    ])
    expect(checkConfig(configOf({ a, b: a }))).to.deep.equal([])
  })
})
