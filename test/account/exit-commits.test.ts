import { expect } from 'chai'
import { ExitCommits } from '../../src/account/exit-commits.ts'
import { WriteQueue, type AccountChange } from '../../src/account/write-queue.ts'
import { positionId } from '../../src/domain/ids.ts'
import { WatchkeeperError } from '../../src/errors.ts'
import type { ExitRecord } from '../../src/exits/record.ts'

const FULL = new WatchkeeperError('STORE_FULL', 'no room')

const recordOf = (name: string): ExitRecord =>
  ({ positionId: positionId(name), generation: 1 }) as ExitRecord

describe('ExitCommits', () => {
  let queue: WriteQueue
  let commits: ExitCommits
  /** Positions of the exits in each commit that was tried. */
  let tried: string[][]
  /** What commits of so many exits throw. */
  let failureOf: (count: number) => Error | undefined

  beforeEach(() => {
    queue = new WriteQueue()
    tried = []
    failureOf = () => undefined
    commits = new ExitCommits({
      queue,
      drainSoon: () => undefined,
      keep: async ({ exits = [] }: AccountChange) => {
        tried.push(exits.map(each => each.positionId))
        await new Promise(setImmediate)
        const failure = failureOf(exits.length)
        if (failure !== undefined) throw failure
      },
    })
  })

  const namesOf = (count: number): string[] =>
    Array.from({ length: count }, (_, index) => `p${index}`)

  /** The outcome of each exit: `durable`, or the message of its error. */
  const saveAll = (names: readonly string[], refused?: string): Promise<string[]> =>
    Promise.all(
      names.map(name =>
        commits
          .run({ record: recordOf(name), lines: () => linesOf(name, refused) }, [])
          .then(() => 'durable')
          .catch((error: Error) => error.message),
      ),
    )

  const linesOf = (name: string, refused?: string) => {
    if (name === refused) throw new Error('not open any more')
    return [{ at: 1, kind: 'exit-intended' as const, positionId: positionId(name) }]
  }

  it('refuses only the exit whose position is closed when its commit begins', async () => {
    const outcomes = await saveAll(namesOf(5), 'p3')
    expect(outcomes).to.deep.equal([
      'durable',
      'durable',
      'durable',
      'not open any more',
      'durable',
    ])
    expect(tried.flat()).to.deep.equal(['p0', 'p1', 'p2', 'p4'])
  })

  it('rejects every exit of a commit that fails, and commits each alone the next time', async () => {
    failureOf = count => (count > 1 ? new Error('cannot be encoded') : undefined)
    const outcomes = await saveAll(namesOf(5))
    expect(outcomes.slice(2)).to.deep.equal(Array(3).fill('cannot be encoded'))
    tried = []
    expect(await saveAll(['p2', 'p3', 'p4'])).to.deep.equal(Array(3).fill('durable'))
    expect(tried).to.deep.equal([['p2'], ['p3'], ['p4']])
  })

  it('commits each alone at once where the disk has no room for all, until one finds none', async () => {
    let room = 3
    failureOf = count => (count > 1 || room-- <= 0 ? FULL : undefined)
    const outcomes = await saveAll(namesOf(6))
    expect(outcomes).to.deep.equal([...Array(3).fill('durable'), ...Array(3).fill('no room')])
    expect(tried).to.deep.equal([['p0'], ['p1'], ['p2', 'p3', 'p4', 'p5'], ['p2'], ['p3']])
  })

  it('puts the states back that a failed commit was to replace', async () => {
    failureOf = () => FULL
    const earlier = recordOf('p0')
    await commits.run({ record: recordOf('p0'), lines: () => [] }, [earlier]).catch(() => undefined)
    expect(queue.take().exits).to.deep.equal([earlier])
  })

  it('commits the first exit at once, and those that come meanwhile together', async () => {
    await saveAll(namesOf(120))
    expect(tried.map(each => each.length)).to.deep.equal([1, 1, 50, 50, 18])
    expect(tried.flat()).to.deep.equal(namesOf(120))
  })
})
