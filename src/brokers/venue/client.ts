import type { ClockReading } from '../../domain/venue-facts.ts'
import type { LimitUse } from '../../domain/venue.ts'
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

/** The value of a successful answer, or the failure that any other answer proves. */
export type Answer =
  | { readonly kind: 'answer'; readonly value: unknown }
  | ({ readonly kind: 'failure' } & Failure)

/**
 * Reads a venue's answers. `what` names the request in messages, `now` is epoch ms at the venue.
 */
export type Judge = (what: string, answer: RawAnswer, now: number) => Answer

/** Reads from the headers of an answer how much of each limit is used; `now` is epoch ms at the venue. */
export type LimitReader = (
  request: VenueRequest,
  answer: RawAnswer,
  now: number,
) => readonly LimitUse[]

/** Sends requests to a venue and reads what the answers prove. */
export class VenueClient {
  readonly line: VenueLine
  /** Called with how much of its limits the venue reports as used. */
  onLimitUse: (use: LimitUse) => void = () => undefined
  private readonly judge: Judge
  private readonly limits: LimitReader
  private readonly monotonic: () => number
  private bannedUntil = -Infinity

  constructor(
    dialect: Dialect,
    judge: Judge,
    options: LineOptions,
    limits: LimitReader = () => [],
  ) {
    this.line = new VenueLine(dialect, options)
    this.judge = judge
    this.limits = limits
    this.monotonic = options.monotonic ?? (() => performance.now())
  }

  /** Sends one request. Throws as `exchange` does. */
  async ask(request: VenueRequest, signal: AbortSignal): Promise<Answer> {
    const raw = await this.line.ask(request, signal)
    for (const use of this.limits(request, raw, this.line.time.at())) this.onLimitUse(use)
    const answer = this.judge(`${request.method} ${request.path}`, raw, this.line.time.at())
    if (answer.kind === 'failure' && answer.meaning === 'clock') this.line.time.distrust()
    if (answer.kind === 'failure' && answer.meaning === 'banned')
      this.bannedUntil = this.monotonic() + (answer.retryAfterMs ?? 0)
    return answer
  }

  /** Whether the venue has banned this machine's address, as far as it has said so. */
  get isBanned(): boolean {
    return this.monotonic() < this.bannedUntil
  }

  /** The value of an answer; throws the error of the port that a failure proves. */
  async question(request: VenueRequest, signal: AbortSignal): Promise<unknown> {
    const answer = await this.ask(request, signal)
    if (answer.kind === 'failure') throw errorOf(answer)
    return answer.value
  }

  /** Reads the venue's clock anew. */
  async time(signal: AbortSignal): Promise<ClockReading> {
    await this.line.syncTime(signal)
    return this.line.time.reading()
  }
}

/**
 * The answer that the failure of a new order proves: a rejection or a duplicate.
 *
 * @throws the error of the port where it proves neither.
 */
export function refusedOf(failure: Failure): ExitAnswer {
  if (failure.meaning === 'duplicate') return { kind: 'duplicate' }
  const code = rejectionOf(failure)
  if (code === undefined) throw errorOf(failure)
  return { kind: 'rejected', code, text: failure.message }
}

/**
 * Throws where the failure of a cancel proves that the venue may not have seen it. Any other
 * failure, a refusal too, leaves the state of the order open: it may have ended before.
 */
export function assertCancelled(answer: Answer): void {
  if (answer.kind === 'answer') return
  const error = errorOf(answer)
  if (!(error instanceof OutcomeUnknown)) throw error
}
