import { expect } from 'chai'
import { redisError } from '../../src/redis/errors.ts'

const reply = (message: string): Error => Object.assign(new Error(message), { name: 'ReplyError' })

describe('an error answer of Redis', () => {
  for (const [text, code] of [
    ['LOADING Redis is loading the dataset in memory', 'REDIS_BUSY'],
    ['BUSY Redis is busy running a script', 'REDIS_BUSY'],
    ['NOPERM this user has no permissions', 'REDIS_AUTH'],
    ['ERR invalid password', 'REDIS_AUTH'],
    ["OOM command not allowed when used memory > 'maxmemory'.", 'REDIS_OOM'],
    ['MISCONF Redis is configured to save RDB snapshots', 'REDIS_READONLY'],
    ['WRONGTYPE Operation against a key', 'REDIS_WRONG_TYPE'],
    ['ERR unknown command', 'REDIS_ERROR'],
  ] as const) {
    it(`is ${code}: ${text}`, () => expect(redisError(reply(text)).code).to.equal(code))
  }

  it('of an aborted transaction is that of its command', () => {
    const previousErrors = [reply('OOM command not allowed')]
    const aborted = Object.assign(reply('EXECABORT Transaction discarded'), { previousErrors })
    expect(redisError(aborted).code).to.equal('REDIS_OOM')
  })
})
