import { createInterface, type Interface } from 'node:readline'
import { onItsLines } from '../domain/plain-text.ts'
import { UsageError } from '../errors.ts'
import type { CommandContext } from './command.ts'

const isTerminal = (stdin: CommandContext['stdin']): boolean =>
  'isTTY' in stdin && stdin.isTTY === true

/** Times that a person is asked the same question. */
const MOST_TIMES = 3

/** A question whose answer is read. */
export interface Question<Value> {
  readonly text: string
  /** What an empty answer means; absent: it is no answer. */
  readonly usual?: string
  /** The answer where a flag has it: nothing is asked. */
  readonly given?: string | undefined
  /** @throws UsageError for a wrong answer; it says what is expected. */
  read(answer: string): Value | Promise<Value>
}

/** Asks a person questions, one line each; answers may also come from a pipe. */
export class Questions {
  private readonly context: CommandContext
  private lines: Interface | undefined
  private answers: AsyncIterator<string> | undefined
  private isOver = false

  constructor(context: CommandContext) {
    this.context = context
  }

  /**
   * The answer of a person, who is asked again after a wrong one at a terminal, `MOST_TIMES` in all.
   *
   * @throws UsageError where no right answer comes.
   */
  async answer<Value>({ text, usual, given, read }: Question<Value>): Promise<Value> {
    if (given !== undefined) return read(given)
    for (let times = 1; ; times++) {
      try {
        return await read(await this.ask(text, usual))
      } catch (error) {
        const isAskedAgain = isTerminal(this.context.stdin) && !this.isOver && times < MOST_TIMES
        if (!isAskedAgain || !(error instanceof UsageError)) throw error
        this.context.stderr.write(`${onItsLines(error.message)}\n`)
      }
    }
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
    this.isOver = done === true
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
