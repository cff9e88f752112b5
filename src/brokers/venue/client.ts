import { OutcomeUnknown } from '../../errors.ts'
import type { ExitAnswer } from '../../ports/broker.ts'
import {
  VenueLine,
  type Dialect,
  type LineOptions,
  type RawAnswer,
  type VenueRequest,
} from './line.ts'
import { errorOf, rejectionOf, type Failure } from './meaning.ts'

/** The value of an answer that says yes, or what any other one proves. */
export type Answer =
  { readonly kind: 'answer'; readonly value: unknown } | ({ readonly kind: 'failure' } & Failure)

/** How a venue's answers are read. `what` names the request, `now` is epoch ms at the venue. */
export type Judge = (what: string, answer: RawAnswer, now: number) => Answer

/** Asks a venue, and reads what its answers prove. */
export class VenueClient {
  readonly line: VenueLine
  private readonly judge: Judge

  constructor(dialect: Dialect, judge: Judge, options: LineOptions) {
    this.line = new VenueLine(dialect, options)
    this.judge = judge
  }

  /** Asks once. Throws as `exchange` does. */
  async ask(request: VenueRequest, signal: AbortSignal): Promise<Answer> {
    const raw = await this.line.ask(request, signal)
    const answer = this.judge(`${request.method} ${request.path}`, raw, this.line.time.at())
    if (answer.kind === 'failure' && answer.meaning === 'clock') this.line.time.doubt()
    return answer
  }

  /** The value of an answer; throws an error of the port where there is none. */
  async question(request: VenueRequest, signal: AbortSignal): Promise<unknown> {
    const answer = await this.ask(request, signal)
    if (answer.kind === 'failure') throw errorOf(answer)
    return answer.value
  }

  /** How far the venue's clock is ahead of ours, ms. */
  async clockOffsetMs(signal: AbortSignal): Promise<number> {
    await this.line.syncTime(signal)
    return this.line.time.offsetMs ?? 0
  }
}

/** What the failure of a new order is; throws where it is neither a rejection nor a duplicate. */
export function refusedOf(failure: Failure): ExitAnswer {
  if (failure.meaning === 'duplicate') return { kind: 'duplicate' }
  const code = rejectionOf(failure)
  if (code === undefined) throw errorOf(failure)
  return { kind: 'rejected', code, text: failure.message }
}

/**
 * Throws where the answer to a cancel says that it may not have been asked at all. Any other one, a
 * refusal too, leaves the question how the order stands: it may have been over before.
 */
export function assertCancelled(answer: Answer): void {
  if (answer.kind === 'answer') return
  const error = errorOf(answer)
  if (!(error instanceof OutcomeUnknown)) throw error
}
