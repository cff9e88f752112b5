import { expect } from 'chai'
import { watchFrames } from '../../src/cli/watch.ts'
import { WatchkeeperError } from '../../src/errors.ts'
import { cliHere } from '../support/cli-here.ts'

const CLEAR = '\u001B[2J'
const HOME = '\u001B[H'

type Step = readonly string[] | Error

describe('status --watch', () => {
  /** What is written while the reads give these steps, one after the other; the last one ends the watch. */
  async function written(
    steps: readonly Step[],
    terminal: { readonly isTTY?: boolean; readonly rows?: number } = {},
  ): Promise<string> {
    const ended = new AbortController()
    let text = ''
    let read = 0
    const stdout = { ...terminal, write: (more: string) => ((text += more), true) }
    await watchFrames(
      { stdout, env: { NO_COLOR: '1' } },
      {
        everyMs: 1,
        signal: ended.signal,
        read: () => {
          const step = steps[read++]!
          if (read === steps.length) ended.abort()
          return step instanceof Error ? Promise.reject(step) : Promise.resolve(step)
        },
      },
    )
    return text
  }

  const silence = new WatchkeeperError('NO_SERVICE', 'no service at here')

  it('ends with the error where the service refuses the token', async () => {
    const refusal = new WatchkeeperError('BAD_TOKEN', 'no')
    const error = await written([['a'], refusal, ['b']]).catch((thrown: unknown) => thrown)
    expect(error).to.equal(refusal)
  })

  it('keeps the last frame with its time while no service answers, and goes on by itself', async () => {
    const [first, second, third] = (await written([['a'], silence, ['b']])).split('\n\n')
    const at = first!.split('\n')[0]
    expect(first!.split('\n')[1]).to.equal('a')
    expect(second).to.equal(`no service at here; what follows is of ${at}\na`)
    expect(third!.split('\n')[1]).to.equal('b')
    expect(await written([silence])).to.equal('no service at here\n\n')
  })

  it('draws frames over each other on a terminal, within its height', async () => {
    const text = await written([['1', '2', '3', '4', '5'], ['6']], { isTTY: true, rows: 4 })
    const [empty, first, second] = text.split(HOME)
    expect(empty).to.equal(CLEAR)
    expect(first!.split('\n')).to.have.length(4)
    expect(first).to.include('2\u001B[K\n').and.not.include('3\u001B')
    expect(second).to.include('6\u001B[K\n\u001B[J')
  })

  it('is refused with JSON, and with a pause that is none', async () => {
    for (const args of [
      ['--watch', '--json'],
      ['--watch', '0'],
      ['--watch', '3601'],
    ]) {
      expect((await cliHere(['status', ...args])).code, args.join(' ')).to.equal(2)
    }
  })
})
