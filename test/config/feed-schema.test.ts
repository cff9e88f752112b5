import { expect } from 'chai'
import { feedSchema } from '../../src/config/feed-schema.ts'

const pathsOf = (given: unknown): string[] =>
  (feedSchema.safeParse(given).error?.issues ?? []).map(({ path }) => path.join('.'))

describe('the section of prices', () => {
  it('requires a server where the prices come from Redis, and reports all faults at once', () => {
    expect(pathsOf({ kind: 'redis', pollMs: 'x' })).to.have.members(['pollMs', 'redis.url'])
    const redis = {
      push: 'none',
      hash: false,
      channel: '<instrument>/<instrument>',
      pullAfterMs: 0,
    }
    expect(pathsOf({ kind: 'redis', redis })).to.have.members([
      'redis.url',
      'redis.push',
      'redis.channel',
      'redis.pullAfterMs',
    ])
    expect(pathsOf({ kind: 'redis', redis: { host: 'a', hash: 'tick' } })).to.deep.equal([
      'redis.hash',
    ])
  })

  it('requires only a server', () => {
    expect(pathsOf({ kind: 'redis', redis: { url: 'redis://127.0.0.1' } })).to.deep.equal([])
    expect(pathsOf({})).to.deep.equal([])
  })
})
