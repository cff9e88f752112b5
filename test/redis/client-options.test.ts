import { expect } from 'chai'
import { clientOptions } from '../../src/redis/client-options.ts'
import { redisAddress, redisSchema } from '../../src/redis/options.ts'

describe('the options of a Redis client', () => {
  const optionsOf = (given: object) => {
    const config = redisSchema.parse({ url: 'redis://127.0.0.1:6379', ...given })
    const hooks = { onRetry: () => undefined, replaces: () => false }
    return clientOptions({ config, address: redisAddress(config), random: () => 1 }, hooks)
  }

  it('bound connecting by connectTimeoutMs, and each command by commandTimeoutMs', () => {
    expect(optionsOf({ connectTimeoutMs: 70, commandTimeoutMs: 80 })).to.include({
      connectTimeout: 70,
      commandTimeout: 80,
    })
  })

  it('wait twice as long before each further attempt, and at most reconnectMaxMs', () => {
    const { retryStrategy } = optionsOf({ reconnectMaxMs: 300 })
    expect([1, 2, 3, 4, 5].map(retryStrategy)).to.deep.equal([50, 100, 200, 300, 300])
  })
})
