import { createInterface } from 'node:readline/promises'
import { UsageError } from '../errors.ts'
import type { CommandContext } from './command.ts'

/**
 * Asks a person whether to continue.
 *
 * @throws UsageError without a terminal, or where the answer is another than `word`.
 */
export async function confirm(
  { stdin, stderr }: CommandContext,
  question: string,
  word = 'yes',
): Promise<void> {
  if ((stdin as { isTTY?: boolean }).isTTY !== true) {
    throw new UsageError(`${question} There is no terminal to ask: pass --yes`)
  }
  const lines = createInterface({ input: stdin })
  stderr.write(`${question} Type ${word} to go on: `)
  const answer = await new Promise<string>(resolve => {
    lines.once('line', resolve)
    lines.once('close', () => resolve(''))
  })
  lines.close()
  if (answer.trim() === word) return
  throw new UsageError(`found ${JSON.stringify(answer)}, expected ${word}: nothing was done`)
}
