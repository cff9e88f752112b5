import { expect } from 'chai'
import { GroupCommit } from '../../../src/stores/redis/group-commit.ts'

describe('GroupCommit', () => {
  let groups: number[][]
  let failing: Error | undefined
  let group: GroupCommit<number, string>

  beforeEach(() => {
    groups = []
    failing = undefined
    group = new GroupCommit({
      commit: async items => {
        groups.push([...items])
        await new Promise(resolve => setImmediate(resolve))
        if (failing !== undefined) throw failing
        return items.map(item => `written ${item}`)
      },
      sizeOf: item => item,
      mostAtOnce: 5,
      mostWaiting: 20,
      refusal: () => new Error('too much waits'),
    })
  })

  it('commits the writes of one event turn together, and gives each its own result', async () => {
    expect(await Promise.all([1, 2].map(item => group.write(item)))).to.deep.equal([
      'written 1',
      'written 2',
    ])
    expect(groups).to.deep.equal([[1, 2]])
  })

  it('keeps order and size of the groups, and commits an oversized item alone', async () => {
    await Promise.all([3, 2, 1, 9, 4].map(item => group.write(item)))
    expect(groups).to.deep.equal([[3, 2], [1], [9], [4]])
  })

  it('rejects every item of a group that failed, and continues with the next', async () => {
    failing = new Error('no room')
    const results = await Promise.allSettled([1, 2].map(item => group.write(item)))
    expect(results.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected'])
    failing = undefined
    expect(await group.write(3)).to.equal('written 3')
  })

  it('refuses items beyond the bound of waiting ones', async () => {
    const waiting = [9, 9].map(item => group.write(item))
    const refused = await group.write(9).catch((error: Error) => error.message)
    expect(refused).to.equal('too much waits')
    await Promise.all(waiting)
  })

  it('commits nothing while another action runs in between', async () => {
    const first = group.write(1)
    const between = group.between(async () => {
      const before = groups.length
      await new Promise(resolve => setTimeout(resolve, 20))
      return groups.length - before
    })
    await first
    const second = group.write(2)
    expect(await between).to.equal(0)
    expect(await second).to.equal('written 2')
  })

  it('continues after an action in between has failed', async () => {
    const failed = await group.between(() => Promise.reject(new Error('it failed'))).catch(String)
    expect(failed).to.include('it failed')
    expect(await group.write(1)).to.equal('written 1')
    await group.idle()
  })
})
