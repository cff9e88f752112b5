import { expect } from 'chai'
import { InputError } from '../../src/errors.ts'
import { redisAddress, redisName, redisSchema } from '../../src/redis/options.ts'

/** The faults, as `path: expected`. */
function faults(given: unknown): string[] {
  const result = redisSchema.safeParse(given)
  return (result.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)
}

describe('the settings of a Redis server', () => {
  it('require an address or a host, and report that together with other faults', () => {
    expect(faults({ port: 0 })).to.have.length(2)
    expect(faults({ port: 'x' })).to.have.length(2)
    expect(faults({})).to.deep.equal(['url: an address such as redis://127.0.0.1:6379, or a host'])
  })

  it('refuse an invalid address, and settings that contradict one', () => {
    expect(faults({ url: 'localhost' })).to.have.length(1)
    expect(faults({ url: 'http://localhost' })).to.deep.equal([
      'url: an address with redis: or rediss:',
    ])
    expect(faults({ url: 'redis://localhost/prices' })).to.have.length(1)
    expect(faults({ url: 'redis://localhost?db=1' })).to.have.length(1)
    expect(faults({ url: 'redis://localhost', port: 6379, db: 1 })).to.have.length(2)
  })

  it('refuse a password in the address, and two of them', () => {
    expect(faults({ url: 'redis://:secret@localhost' })[0]).to.include('without a password')
    expect(faults({ host: 'a', password: 'b', passwordFile: 'c' })).to.have.length(1)
  })

  it('name the file of the password where it cannot be read', () => {
    const config = redisSchema.parse({ host: 'a', passwordFile: '/none/password' })
    expect(() => redisAddress(config)).to.throw(
      InputError,
      'redis.passwordFile: found /none/password, which cannot be read (ENOENT)',
    )
  })

  it('describe the same server in either form', () => {
    const here = { host: '::1', port: 6390, db: 2, tls: true, username: 'bot' }
    const byUrl = redisAddress(redisSchema.parse({ url: 'rediss://bot@[::1]:6390/2' }))
    expect(byUrl).to.deep.equal({ ...here, password: undefined })
    const byHost = redisAddress(redisSchema.parse({ ...here, password: 'secret' }))
    expect(byHost).to.deep.equal({ ...here, password: 'secret' })
    expect(redisName(byHost)).to.equal('rediss://[::1]:6390/2')
    const plain = redisAddress(redisSchema.parse({ url: 'redis://localhost' }))
    expect(redisName(plain)).to.equal('redis://localhost:6379/0')
  })
})
