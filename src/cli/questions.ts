import { createInterface, type Interface } from 'node:readline'
import { UsageError } from '../errors.ts'
import type { CommandContext } from './command.ts'

const isTerminal = (stdin: CommandContext['stdin']): boolean =>
  'isTTY' in stdin && stdin.isTTY === true

/** Asks a person questions, one line each; answers may also come from a pipe. */
export class Questions {
  private readonly context: CommandContext
  private lines: Interface | undefined
  private answers: AsyncIterator<string> | undefined

  constructor(context: CommandContext) {
    this.context = context
  }

  /**
   * Asks one question; an empty answer means `usual`.
   *
   * @throws UsageError where no answer comes.
   */
  async ask(question: string, usual?: string): Promise<string> {
    this.lines ??= createInterface({ input: this.context.stdin })
    this.answers ??= this.lines[Symbol.asyncIterator]()
    this.context.stderr.write(`${question}${usual === undefined ? '' : ` [${usual}]`}: `)
    const { value, done } = await this.answers.next()
    // A terminal shows the line that a person types, with its end.
    if (done === true || !isTerminal(this.context.stdin)) this.context.stderr.write('\n')
    if (done === true) throw new UsageError(`no answer to: ${question}`)
    const answer = value.trim()
    if (answer !== '') return answer
    if (usual === undefined) throw new UsageError(`no answer to: ${question}`)
    return usual
  }

  close(): void {
    this.lines?.close()
  }
}
