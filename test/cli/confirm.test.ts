import { PassThrough } from 'node:stream'
import { expect } from 'chai'
import { confirm } from '../../src/cli/confirm.ts'
import { UsageError } from '../../src/errors.ts'

describe('The confirmation of a command', () => {
  const answered = async (answer: string): Promise<unknown> => {
    const stdin = Object.assign(new PassThrough(), { isTTY: true })
    const stderr = new PassThrough()
    const asked = confirm({ stdin, stderr, stdout: stderr, env: {} }, 'Orders leave.').then(
      () => 'confirmed',
      (error: unknown) => error,
    )
    stdin.end(answer)
    return asked
  }

  it('names the answer that it got where that is another word', async () => {
    const error = await answered('y\n')
    expect(error).to.be.instanceOf(UsageError)
    expect((error as Error).message).to.equal('found "y", expected yes: nothing was done')
  })

  it('takes the word, with blanks around it', async () => {
    expect(await answered(' yes \n')).to.equal('confirmed')
  })
})
