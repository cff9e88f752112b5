import type { InstrumentId } from '../../domain/ids.ts'
import type { RedisConnection } from '../../redis/connection.ts'
import { RedisError, redisError } from '../../redis/errors.ts'
import type { Intake } from './intake.ts'
import { parseFields } from './message.ts'
import type { RedisName } from './name.ts'

export interface HashesDeps {
  readonly connection: RedisConnection
  readonly hash: RedisName
  readonly intake: Intake
}

const FIELDS = ['ltp', 'ts', 'bid', 'ask'] as const
/** Bounds one batch: parsing more answers at once would block the event loop for too long. */
const HASHES_AT_ONCE = 1_000

/**
 * Reads last prices from hashes, for instruments whose prices are not pushed. One round at a time.
 */
export class Hashes {
  /** Error of the last round; undefined after a success. */
  trouble: RedisError | undefined
  private readonly deps: HashesDeps
  private round: Promise<void> | undefined

  constructor(deps: HashesDeps) {
    this.deps = deps
  }

  /** Reads the hashes of these instruments, unless a round is running. */
  poll(instruments: readonly InstrumentId[]): void {
    if (instruments.length === 0 || !this.deps.connection.isUp) return
    this.round ??= this.read(instruments)
      .then(
        () => (this.trouble = undefined),
        (error: unknown) => (this.trouble = redisError(error)),
      )
      .then(() => (this.round = undefined))
  }

  /** Resolves when no round is running. */
  async idle(): Promise<void> {
    await this.round
  }

  private async read(instruments: readonly InstrumentId[]): Promise<void> {
    for (let from = 0; from < instruments.length; from += HASHES_AT_ONCE) {
      await this.readSome(instruments.slice(from, from + HASHES_AT_ONCE))
    }
  }

  private async readSome(instruments: readonly InstrumentId[]): Promise<void> {
    const { connection, hash } = this.deps
    const answers = await connection.pipeline(pipeline => {
      for (const instrument of instruments) pipeline.hmget(hash.of(instrument), ...FIELDS)
    })
    for (const [index, answer] of answers.entries()) this.take(instruments[index]!, answer)
  }

  private take(instrument: InstrumentId, answer: unknown): void {
    const { hash, intake } = this.deps
    if (answer instanceof RedisError) {
      if (answer.code !== 'REDIS_WRONG_TYPE') throw answer
      return intake.pulled('type', hash.of(instrument))
    }
    const [ltp, ts, bid, ask] = answer as readonly (string | null)[]
    // No hash, no new price: the age of the last one shows it.
    if (ltp === null && ts === null) return
    const fields = { ltp: ltp ?? undefined, ts: ts ?? undefined, bid: bid ?? undefined }
    const found = parseFields({ ...fields, ask: ask ?? undefined }, instrument)
    intake.pulled(found, `${hash.of(instrument)} ${JSON.stringify(answer)}`)
  }
}
