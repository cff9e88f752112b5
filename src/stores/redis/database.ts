import { randomUUID } from 'node:crypto'
import { WatchkeeperError } from '../../errors.ts'
import type { JournalLine } from '../../ports/journal-lines.ts'
import type { Prune } from '../../ports/store.ts'
import { canSee, isAlive, thisProcess, type Owner } from '../owner.ts'
import type { Claimed, ClaimRequest } from './claim.ts'
import { fenced, lost, newer, StoreOwned, wrongType } from './errors.ts'
import type { EncodedBatch } from './keys.ts'
import { RedisReader, type RedisReaderOptions } from './reader.ts'
import { CLAIM, COMMIT, COMPLETE, PRUNE, RELEASE, type Script } from './scripts.ts'

/** Schema of the data under the keys. 2: best prices are also stored as extremes of instruments. */
export const REDIS_SCHEMA = 2
/** Lines that one step of pruning deletes. */
const PRUNED_AT_ONCE = 250
const HIGHEST = Number.MAX_SAFE_INTEGER

export interface RedisDatabaseOptions extends RedisReaderOptions {
  /** True: an owner whose process is seen to run keeps the store beyond its lease. */
  readonly outlivesLease: boolean
  /** Replicas that must have a write before it counts as durable; 0: none. */
  readonly waitReplicas: number
  readonly waitMs: number
}

/**
 * The commands of one store. One write at a time: the caller passes them in the order of their
 * numbers.
 */
export class RedisDatabase extends RedisReader {
  private readonly settings: RedisDatabaseOptions
  private claimed: Claimed | undefined
  private token = ''
  /** Number of the last line that was written. */
  lastSeq = 0
  private writes = 0
  private acked = 0
  private ackedSeq = 0

  constructor(options: RedisDatabaseOptions) {
    super(options)
    this.settings = options
  }

  /** How far the server has come, as it has acknowledged. */
  get reached(): { readonly writes: number; readonly seq: number } {
    return { writes: this.acked, seq: this.ackedSeq }
  }

  /** The present ownership; undefined before the first claim. */
  get ownership(): Claimed | undefined {
    return this.claimed
  }

  /** @throws WatchkeeperError STORE_OWNED, STORE_NEWER, FENCED, STORE_LOST, STORE_FAILED. */
  async claim(request: ClaimRequest): Promise<Claimed> {
    const { token, leaseMs, isAnew = false, instance: its, expected } = request
    const dead = await this.deadToken(token)
    const before = this.token === token ? this.claimed : undefined
    const answer = await this.script(CLAIM, [
      token,
      JSON.stringify(thisProcess(token)),
      leaseMs,
      REDIS_SCHEMA,
      before?.instance ?? its ?? randomUUID(),
      dead,
      before === undefined ? '' : this.acked,
      before?.epoch ?? expected?.epoch ?? 0,
      isAnew ? '1' : '0',
      this.lastSeq,
      expected?.instance ?? '',
    ])
    const [, instance = '', epoch = '0', lastSeq = '0', incomplete, owner, writes] = answer
    if (before === undefined || before.epoch !== Number(epoch)) {
      this.token = token
      this.writes = 0
      this.acked = 0
      this.lastSeq = this.ackedSeq = Number(lastSeq)
    }
    this.claimed = {
      instance,
      epoch: Number(epoch),
      lastSeq: Number(lastSeq),
      isIncomplete: incomplete === '1',
      before: { epoch: Number(owner), writes: Number(writes) },
    }
    return this.claimed
  }

  /** Writes batches, all or nothing; returns their lines, numbered from `first`. */
  async commit(
    batches: readonly EncodedBatch[],
    first = this.lastSeq + 1,
  ): Promise<readonly (readonly JournalLine[])[]> {
    if (this.claimed === undefined) throw fenced()
    const rows = batches.flatMap(batch => batch.rows)
    const lines = batches.flatMap(batch => batch.lines)
    this.writes++
    await this.script(COMMIT, [
      this.token,
      this.writes,
      this.acked,
      this.claimed.epoch,
      first,
      rows.length,
      lines.length,
      ...rows.flat(),
      ...lines.flat(),
    ])
    await this.assertCopied()
    this.acked = this.writes
    if (lines.length > 0) this.lastSeq = this.ackedSeq = first + lines.length - 1
    return numbered(batches, first)
  }

  /** Numbers the lines of batches that are stored elsewhere for now. */
  number(batches: readonly EncodedBatch[]): readonly (readonly JournalLine[])[] {
    const lines = numbered(batches, this.lastSeq + 1)
    this.lastSeq += lines.flat().length
    return lines
  }

  /** Deletes old lines in steps; returns how many. */
  async prune({ keep, olderThan }: Prune): Promise<number> {
    let total = 0
    for (;;) {
      const most = Math.min(keep, HIGHEST)
      const [, count] = await this.script(PRUNE, [this.token, most, olderThan, PRUNED_AT_ONCE])
      if (Number(count) === 0) return total
      total += Number(count)
    }
  }

  /** Marks the store as complete after what the server had lost was rewritten. */
  async complete(lastSeq = this.lastSeq): Promise<void> {
    await this.script(COMPLETE, [this.token, lastSeq])
    this.lastSeq = lastSeq
  }

  /** Deletes rows and lines of a claimed store; it counts as incomplete until `complete`. */
  async empty(leaseMs: number): Promise<void> {
    const { token } = this
    // Claim without a known ownership: the present content is given up.
    this.forget()
    await this.claim({ token, leaseMs, isAnew: true })
    const { meta, journal, index } = this.keys
    await this.run(client => client.unlink(journal, index))
    await this.run(client => client.hdel(meta, 'first-seq', 'last-seq'))
    this.lastSeq = 0
  }

  /** Deletes everything under the keys. */
  async wipe(): Promise<void> {
    await this.run(client => client.unlink(...this.keys.all))
  }

  /** Forgets the ownership. */
  forget(): void {
    this.claimed = undefined
    this.token = ''
    this.lastSeq = 0
  }

  async release(): Promise<void> {
    if (this.claimed !== undefined) await this.script(RELEASE, [this.token])
  }

  /**
   * The token of an owner whose process has visibly ended.
   *
   * @throws WatchkeeperError where it visibly runs.
   */
  private async deadToken(token: string): Promise<string> {
    const text = await this.run(client => client.hget(this.keys.meta, 'owner'))
    const owner = text === null ? undefined : (JSON.parse(text) as Owner)
    if (owner === undefined || owner.token === token || !canSee(owner)) return ''
    if (!isAlive(owner)) return owner.token
    if (this.settings.outlivesLease) throw new StoreOwned(owner, 0)
    return ''
  }

  private async assertCopied(): Promise<void> {
    const { waitReplicas, waitMs } = this.settings
    if (waitReplicas === 0) return
    const count = await this.run(client => client.wait(waitReplicas, waitMs))
    if (count >= waitReplicas) return
    const text = `the store at ${this.name} was written, but only ${count} of ${waitReplicas} replicas have it`
    throw new WatchkeeperError('STORE_FAILED', text)
  }

  private async script(script: Script, args: readonly (string | number)[]): Promise<string[]> {
    const { all } = this.keys
    const answer = await this.run(async client => {
      try {
        return await client.call('EVALSHA', [script.sha, all.length, ...all, ...args])
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
        return client.call('EVAL', [script.text, all.length, ...all, ...args])
      }
    })
    return this.checked(answer as string[])
  }

  private checked(answer: string[]): string[] {
    const [word, ...detail] = answer
    switch (word) {
      case 'OK':
        return answer
      case 'FENCED':
        throw fenced()
      case 'OWNED':
        throw new StoreOwned(JSON.parse(detail[0]!) as Owner, Number(detail[1]))
      case 'NEWER':
        throw newer(detail[0]!, REDIS_SCHEMA)
      case 'LOST':
        throw lost(this.name)
      case 'TYPE':
        throw wrongType(detail, this.name)
      default:
        throw new WatchkeeperError('STORE_FAILED', `the store answered ${word}`)
    }
  }
}

/** The lines of each batch, numbered from `first`. */
function numbered(
  batches: readonly EncodedBatch[],
  first: number,
): readonly (readonly JournalLine[])[] {
  let seq = first
  return batches.map(({ given }) => given.map(line => ({ ...line, seq: seq++ }) as JournalLine))
}
