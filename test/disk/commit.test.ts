import { expect } from 'chai'
import type { RootDatabase } from 'lmdb'
import { commit } from '../../src/disk/commit.ts'

/** An environment that loses its transaction so many times, each before anything was done. */
const losing = (times: number): RootDatabase<unknown, string> => {
  let left = times
  return {
    childTransaction: (act: () => unknown) =>
      left-- > 0
        ? Promise.reject(new Error('Invalid argument: No transaction to renew'))
        : Promise.resolve(act()),
    flushed: Promise.resolve(true),
  } as unknown as RootDatabase<unknown, string>
}

describe('commit', () => {
  it('tries again where lmdb has lost its transaction before anything was done', async () => {
    let acts = 0
    await commit(losing(2), () => ++acts)
    expect(acts).to.equal(1)
  })

  it('gives up after some attempts, with the error', async () => {
    const error = await commit(losing(3), () => 1).catch((each: unknown) => each)
    expect(error).to.have.property('message').that.includes('No transaction to renew')
  })

  it('does not repeat what failed by itself', async () => {
    let acts = 0
    const error = await commit(losing(0), () => {
      acts++
      throw new Error('mine')
    }).catch((each: unknown) => each)
    expect([acts, (error as Error).message]).to.deep.equal([1, 'mine'])
  })
})
