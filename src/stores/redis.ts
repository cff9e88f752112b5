import type { JournalLine, JournalQuery } from '../ports/journal-lines.ts'
import type {
  Batch,
  OwnedStore,
  Prune,
  Snapshot,
  StoreEvents,
  StoreStatus,
  Table,
} from '../ports/store.ts'
import { isOlder, type ClaimRequest } from './redis/claim.ts'
import { RedisCommits, type GroupLines } from './redis/commits.ts'
import type { RedisDatabase } from './redis/database.ts'
import { codeOf, fenced, incomplete, storeAway } from './redis/errors.ts'
import { GroupCommit } from './redis/group-commit.ts'
import { encodeBatch, type EncodedBatch } from './redis/keys.ts'
import { Lease, type LeaseClock } from './redis/lease.ts'
import { mergeOutage, MOST_AT_ONCE } from './redis/merge.ts'
import type { OutageJournal } from './redis/outage.ts'
import { RedisPresence } from './redis/presence.ts'
import { release } from './redis/release.ts'
import { RedisRewriter } from './redis/rewriter.ts'

export interface RedisStoreOptions {
  readonly database: RedisDatabase
  readonly leaseMs: number
  readonly clock: LeaseClock
  /** Where writes go while the server is unreachable; undefined: such writes fail. */
  readonly outage?: OutageJournal | undefined
  /**
   * Stores on this machine how far the server has come: now and then, and after each commit that
   * makes an exit durable, before the exit is sent.
   */
  readonly onReached?: (() => void) | undefined
  /** Called when the store is closed. */
  readonly onClosed?: () => void
}

/** Most rows and lines that may wait for the server. */
const MOST_WAITING = 100_000

/**
 * State in a Redis server. One commit is in flight at a time; writes that arrive meanwhile form the
 * next commit.
 */
export class RedisStore implements OwnedStore {
  events: StoreEvents = {}
  staleReason: string | undefined
  readonly lease: Lease
  /** How the server could lose writes that it has acknowledged. */
  risks: readonly string[] = []
  private readonly options: RedisStoreOptions
  private readonly database: RedisDatabase
  private readonly group: GroupCommit<EncodedBatch, readonly JournalLine[]>
  private token: string | undefined
  private readonly presence: RedisPresence
  private readonly rewriter: RedisRewriter
  private readonly commits: RedisCommits
  private renewals: NodeJS.Timeout | undefined
  private renewing: Promise<void> | undefined
  private lostSince: number | undefined
  private isFenced = false
  private hasEnded = false

  constructor(options: RedisStoreOptions) {
    const { database, leaseMs, clock, outage } = options
    this.options = options
    this.database = database
    this.lease = new Lease(leaseMs, clock)
    const events = (): StoreEvents => this.events
    this.presence = new RedisPresence(() => clock.monotonic(), events)
    const shared = { database, lease: this.lease, presence: this.presence }
    this.rewriter = new RedisRewriter({ ...shared, events })
    this.commits = new RedisCommits({
      ...shared,
      outage,
      rewriter: this.rewriter,
      onLost: () => this.renewSoon(),
      onExits: () => this.reached(),
    })
    this.group = new GroupCommit({
      commit: batches => this.commit(batches),
      sizeOf: ({ rows, lines }) => rows.length + lines.length,
      mostAtOnce: MOST_AT_ONCE,
      mostWaiting: MOST_WAITING,
      refusal: () => storeAway(this.database.name, `${MOST_WAITING} rows wait for it`),
    })
  }

  /** Claims the store, and merges what an earlier process has stored here during an outage. */
  async claim(
    token: string,
    leaseMs = this.lease.leaseMs,
    expected?: ClaimRequest['expected'],
  ): Promise<void> {
    const sentAt = this.lease.instant()
    const claimed = await this.database.claim({ token, leaseMs, expected })
    if (expected !== undefined && isOlder(claimed, expected)) {
      this.staleReason = 'its server has less than it had acknowledged'
    }
    this.lease.renewed(sentAt)
    this.token = token
    const { outage } = this.options
    if (outage !== undefined) await mergeOutage({ outage, database: this.database, token, leaseMs })
    else if (claimed.isIncomplete) throw incomplete(this.database.name)
  }

  /** Starts to renew the claim, until the store is closed. */
  goOn(): void {
    this.renewals ??= setInterval(() => this.renewSoon(), Math.max(10, this.lease.renewMs))
  }

  async write(batch: Batch): Promise<readonly JournalLine[]> {
    return this.group.write(encodeBatch(batch))
  }

  rows<Value>(table: Table): Promise<ReadonlyMap<string, Value>> {
    return this.database.rows(table)
  }

  /** @throws where the server is unreachable: the rows of an outage are not part of a backup. */
  async snapshot(): Promise<Snapshot> {
    if (this.presence.isAway) throw storeAway(this.database.name, 'a backup needs the server')
    return this.database.snapshot()
  }

  journal(query: JournalQuery): Promise<readonly JournalLine[]> {
    return this.database.journal(query)
  }

  async prune(which: Prune): Promise<number> {
    if (this.token === undefined) throw fenced()
    return !this.presence.isAway ? this.database.prune(which) : 0
  }

  async close(): Promise<void> {
    if (this.hasEnded) return
    this.hasEnded = true
    clearInterval(this.renewals)
    await this.renewing
    await this.group.idle()
    this.lease.end()
    await release(this.database)
    await this.options.outage?.close()
    this.options.onClosed?.()
  }

  /** Whether this process may act on what it has read, at this moment. */
  get isOurs(): boolean {
    return !this.isFenced && (this.options.outage !== undefined || this.lease.isHeld)
  }

  status(): StoreStatus {
    const { outage } = this.options
    const lost = outage?.lost ?? []
    return {
      ...(lost.length > 0 && { lost }),
      place: this.database.name,
      isOurs: this.isOurs,
      risks: this.risks,
      ...(outage === undefined && { leaseLeftMs: this.lease.leftMs }),
      ...this.presence.status(outage?.size ?? 0),
    }
  }

  private renewSoon(): void {
    this.renewing ??= this.renew()
      .catch((error: unknown) => this.failed(error))
      .finally(() => (this.renewing = undefined))
  }

  private async renew(): Promise<void> {
    const { token } = this
    if (this.hasEnded || token === undefined) return
    const sentAt = this.lease.instant()
    let isLost = false
    try {
      await this.database.claim({ token, leaseMs: this.lease.leaseMs })
      this.lostSince = undefined
      this.lease.renewed(sentAt)
    } catch (error) {
      if (codeOf(error) !== 'STORE_LOST') throw error
      isLost = true
      this.assertMayRewrite(error)
    }
    const { outage } = this.options
    if (outage === undefined) {
      if (isLost) await this.group.between(() => this.rewriter.rewriteLost(token))
    } else if (isLost || this.presence.isAway) {
      await this.group.between(() => this.rewriter.bringOver(outage, token, isLost))
    }
    this.presence.cameBack()
    this.reached()
  }

  /** Accepts the present state; a later process compares with it. */
  settle(): Promise<void> {
    this.staleReason = undefined
    this.reached()
    return Promise.resolve()
  }

  private reached(): void {
    if (this.staleReason === undefined) this.options.onReached?.()
  }

  /**
   * Only the holder of the lease rewrites a store that the server has lost. A process without a
   * lease first waits for the length of one: another owner, if there is one, comes first.
   */
  private assertMayRewrite(error: unknown): void {
    const { outage, clock } = this.options
    if (outage !== undefined || this.lease.isHeld) return
    this.lostSince ??= clock.monotonic()
    if (clock.monotonic() - this.lostSince < this.lease.leaseMs) throw error
  }

  private failed(error: unknown): void {
    const code = codeOf(error)
    // Once owned, a store that another process owns is lost for good.
    if (code === 'FENCED' || code === 'STORE_OWNED') {
      this.isFenced = true
      clearInterval(this.renewals)
      this.events.fenced?.(fenced())
      return
    }
    this.presence.wentAway(error)
  }

  private async commit(batches: readonly EncodedBatch[]): Promise<GroupLines> {
    if (this.token === undefined) throw fenced()
    return this.commits.run(batches, this.token)
  }
}
