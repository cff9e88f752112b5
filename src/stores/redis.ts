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
import type { RedisDatabase } from './redis/database.ts'
import { codeOf, fenced, incomplete, lost, storeAway } from './redis/errors.ts'
import { GroupCommit } from './redis/group-commit.ts'
import { encodeBatch, keyOf, type EncodedBatch } from './redis/keys.ts'
import { Lease, type LeaseClock } from './redis/lease.ts'
import { mergeOutage, slices } from './redis/merge.ts'
import type { OutageJournal } from './redis/outage.ts'
import { RedisPresence } from './redis/presence.ts'

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

/** Most rows and lines of one commit: the server serves no other client while it executes it. */
const MOST_AT_ONCE = 1_000
/** Most rows and lines that may wait for the server. */
const MOST_WAITING = 100_000
/** Table number of exits in encoded rows. */
const EXITS = keyOf('exits')
/** Longest wait for the release of the ownership, ms. */
const RELEASE_MS = 2_000

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
  private renewals: NodeJS.Timeout | undefined
  private renewing: Promise<void> | undefined
  private lostSince: number | undefined
  private isFenced = false
  private hasEnded = false

  constructor(options: RedisStoreOptions) {
    this.options = options
    this.database = options.database
    this.lease = new Lease(options.leaseMs, options.clock)
    this.presence = new RedisPresence(
      () => options.clock.monotonic(),
      () => this.events,
    )
    this.group = new GroupCommit({
      commit: batches => this.committed(batches),
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
    await within(RELEASE_MS, this.release())
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
    if (this.hasEnded || this.token === undefined) return
    const sentAt = this.lease.instant()
    let isLost = false
    try {
      await this.database.claim({ token: this.token, leaseMs: this.lease.leaseMs })
      this.lostSince = undefined
      this.lease.renewed(sentAt)
    } catch (error) {
      if (codeOf(error) !== 'STORE_LOST') throw error
      isLost = true
      this.assertMayRewrite(error)
    }
    const { outage } = this.options
    if (outage === undefined) {
      if (isLost) await this.group.between(() => this.rewriteLost())
    } else if (isLost || this.presence.isAway) {
      await this.group.between(() => this.bringOver(outage, isLost))
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

  /** Merges the writes of an outage into the server, which is then written to again. */
  private async bringOver(outage: OutageJournal, isLost: boolean): Promise<void> {
    const token = this.token!
    if (isLost) await this.keepWhole(outage)
    await mergeOutage({ outage, database: this.database, token, leaseMs: this.lease.leaseMs })
    if (isLost) this.events.changed?.('store-rewritten', {})
  }

  /** Makes the whole state durable on this machine first, where the server has lost it. */
  private async keepWhole(outage: OutageJournal): Promise<void> {
    if (outage.about?.isWhole === true) return
    const { instance, epoch } = this.database.ownership!
    const whole = await this.takeWhole()
    for (const batch of slices(whole, MOST_AT_ONCE)) {
      await outage.keep([batch], this.database.lastSeq + 1, { instance, epoch, isWhole: false })
    }
    await outage.adopt({ instance, epoch, isWhole: true })
  }

  /** Rewrites what the server has lost, unless a commit has already done so. */
  private async rewriteLost(): Promise<void> {
    const sentAt = this.lease.instant()
    try {
      await this.database.claim({ token: this.token!, leaseMs: this.lease.leaseMs })
      this.lease.renewed(sentAt)
    } catch (error) {
      if (codeOf(error) !== 'STORE_LOST') throw error
      await this.rewrite()
    }
  }

  private async rewrite(): Promise<void> {
    const whole = await this.takeWhole()
    const { leaseMs } = this.lease
    const sentAt = this.lease.instant()
    await this.database.claim({ token: this.token!, leaseMs, isAnew: true })
    this.lease.renewed(sentAt)
    for (const batch of slices(whole, MOST_AT_ONCE)) await this.database.commit([batch])
    await this.database.complete()
    this.events.changed?.('store-rewritten', {})
  }

  private async takeWhole(): Promise<EncodedBatch> {
    if (this.events.whole === undefined) throw lost(this.database.name)
    this.presence.hasLost()
    // Callers whose commit has just ended must have updated their state before it is read here.
    await new Promise(resolve => setImmediate(resolve))
    return encodeBatch(this.events.whole())
  }

  private async committed(
    batches: readonly EncodedBatch[],
  ): Promise<readonly (readonly JournalLine[])[]> {
    const lines = await this.commit(batches)
    if (batches.some(({ rows }) => rows.some(([key]) => key === EXITS))) this.reached()
    return lines
  }

  private async commit(
    batches: readonly EncodedBatch[],
  ): Promise<readonly (readonly JournalLine[])[]> {
    if (this.token === undefined) throw fenced()
    const { outage } = this.options
    if (outage === undefined) return this.onServer(batches)
    if (!this.presence.isAway) {
      try {
        return await this.database.commit(batches)
      } catch (error) {
        if (codeOf(error) === 'FENCED') throw error
        // The renewal rewrites what the server has lost: start it now.
        if (codeOf(error) === 'STORE_LOST') this.renewSoon()
        // The server may have executed the commit: repeated, it writes the same numbers and rows.
        this.presence.wentAway(error)
      }
    }
    const { instance, epoch } = this.database.ownership!
    const isWhole = outage.about?.isWhole === true
    await outage.keep(batches, this.database.lastSeq + 1, { instance, epoch, isWhole })
    return this.database.number(batches)
  }

  private async onServer(
    batches: readonly EncodedBatch[],
  ): Promise<readonly (readonly JournalLine[])[]> {
    try {
      return await this.database.commit(batches)
    } catch (error) {
      // In the other cases a renewal rewrites the store.
      if (codeOf(error) !== 'STORE_LOST' || !this.lease.isHeld) throw error
      await this.rewrite()
      return this.database.commit(batches)
    }
  }

  private async release(): Promise<void> {
    try {
      await this.database.release()
    } catch {
      // The lease ends by itself, or another process already owns the store.
    }
  }
}

/** Resolves when `promise` does, or after `ms`. */
async function within(ms: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>(resolve => (timer = setTimeout(resolve, ms)))
  await Promise.race([promise, late])
  clearTimeout(timer)
}
