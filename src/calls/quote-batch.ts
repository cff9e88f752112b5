import type { InstrumentId } from '../domain/ids.ts'
import type { Tick } from '../domain/tick.ts'

export interface QuoteBatchOptions {
  /** Makes one call when it is due; `key` is its slot in the lane. */
  submit(
    key: string,
    run: (signal: AbortSignal) => Promise<readonly Tick[]>,
  ): Promise<readonly Tick[]>
  /** The venue's quote query. */
  ask(instruments: readonly InstrumentId[], signal: AbortSignal): Promise<readonly Tick[]>
}

/** Most instruments in one query, unless one caller names more. */
const MOST = 50

interface Question {
  readonly names: Set<InstrumentId>
  isClosed: boolean
  answer: Promise<readonly Tick[]>
}

/**
 * Merges price queries that wait at the same time into one: an instrument occurs once, and each
 * caller gets the prices that it asked for.
 */
export class QuoteBatch {
  private readonly options: QuoteBatchOptions
  private last: Question | undefined
  private count = 0

  constructor(options: QuoteBatchOptions) {
    this.options = options
  }

  /** Rejects as the call does, for all callers that joined it. */
  async quotes(instruments: readonly InstrumentId[]): Promise<readonly Tick[]> {
    const question = this.join(instruments) ?? this.begin(instruments)
    const wanted = new Set(instruments)
    const ticks = await question.answer
    return ticks.filter(({ instrument }) => wanted.has(instrument))
  }

  /** Adds instruments to the query that still waits, and gives it; undefined where they do not fit. */
  private join(instruments: readonly InstrumentId[]): Question | undefined {
    const { last } = this
    if (last === undefined || last.isClosed) return undefined
    const more = instruments.filter(name => !last.names.has(name))
    if (last.names.size + more.length > MOST) return undefined
    for (const name of more) last.names.add(name)
    return last
  }

  private begin(instruments: readonly InstrumentId[]): Question {
    const { submit, ask } = this.options
    const names = new Set(instruments)
    const question: Question = { names, isClosed: false, answer: Promise.resolve([]) }
    const close = (): void => void (question.isClosed = true)
    question.answer = submit(`quotes ${this.count++}`, signal => {
      close()
      return ask([...names], signal)
    })
    // A query that was returned unsent also accepts no more callers.
    question.answer.catch(close)
    this.last = question
    return question
  }
}
