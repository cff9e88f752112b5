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
  /** Where writes go while the server is away; without it they fail then. */
  readonly outage?: OutageJournal | undefined
  /**
   * Keeps on this machine how far the server has come: now and then, and before an exit is sent that
   * was just made durable.
   */
  readonly onReached?: (() => void) | undefined
  /** Called when it is closed. */
  readonly onClosed?: () => void
}

/** Rows and lines of one commit: the server serves nobody else while it takes them. */
const MOST_AT_ONCE = 1_000
/** Rows and lines that may wait for it. */
const MOST_WAITING = 100_000
/** Rows of exits, as they are encoded. */
const EXITS = keyOf('exits')
/** Longest wait for an orderly end of the ownership, ms. */
const RELEASE_MS = 2_000

/** State in a Redis server. One commit is under way at a time; what comes meanwhile is the next one. */
export class RedisStore implements OwnedStore {
  events: StoreEvents = {}
  doubt: string | undefined
  readonly lease: Lease
  /** How the server could lose what it acknowledged. */
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

  /** Also brings over what an earlier process has kept here while the server was away. */
  async claim(
    token: string,
    leaseMs = this.lease.leaseMs,
    expected?: ClaimRequest['expected'],
  ): Promise<void> {
    const sentAt = this.lease.instant()
    const claimed = await this.database.claim({ token, leaseMs, expected })
    if (expected !== undefined && isOlder(claimed, expected)) {
      this.doubt = 'its server has less than it had acknowledged'
    }
    this.lease.renewed(sentAt)
    this.token = token
    const { outage } = this.options
    if (outage !== undefined) await mergeOutage({ outage, database: this.database, token, leaseMs })
    else if (claimed.isIncomplete) throw incomplete(this.database.name)
  }

  /** From now on renews the claim, until it is closed. */
  goOn(): void {
    this.renewals ??= setInterval(() => this.renewSoon(), Math.max(10, this.lease.renewMs))
  }

  async write(batch: Batch): Promise<readonly JournalLine[]> {
    return this.group.write(encodeBatch(batch))
  }

  rows<Value>(table: Table): Promise<ReadonlyMap<string, Value>> {
    return this.database.rows(table)
  }

  /** Throws where the server is away: what waits for it here is not there. */
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

  /** A later process compares with what this one has settled. */
  settle(): Promise<void> {
    this.doubt = undefined
    this.reached()
    return Promise.resolve()
  }

  private reached(): void {
    if (this.doubt === undefined) this.options.onReached?.()
  }

  /**
   * A store that was lost belongs to whoever still holds its lease. Without one this process waits for
   * the length of a lease: another owner, if there is one, comes first then.
   */
  private assertMayRewrite(error: unknown): void {
    const { outage, clock } = this.options
    if (outage !== undefined || this.lease.isHeld) return
    this.lostSince ??= clock.monotonic()
    if (clock.monotonic() - this.lostSince < this.lease.leaseMs) throw error
  }

  private failed(error: unknown): void {
    const code = codeOf(error)
    // Once owned, a store that another one owns is lost for good.
    if (code === 'FENCED' || code === 'STORE_OWNED') {
      this.isFenced = true
      clearInterval(this.renewals)
      this.events.fenced?.(fenced())
      return
    }
    this.presence.wentAway(error)
  }

  /** Brings over what was kept here; from then on the server is written to again. */
  private async bringOver(outage: OutageJournal, isLost: boolean): Promise<void> {
    const token = this.token!
    if (isLost) await this.keepWhole(outage)
    await mergeOutage({ outage, database: this.database, token, leaseMs: this.lease.leaseMs })
    if (isLost) this.events.changed?.('store-rewritten', {})
  }

  /** What the server has lost is first of all durable here. */
  private async keepWhole(outage: OutageJournal): Promise<void> {
    if (outage.about?.isWhole === true) return
    const { instance, epoch } = this.database.ownership!
    const whole = await this.takeWhole()
    for (const batch of slices(whole, MOST_AT_ONCE)) {
      await outage.keep([batch], this.database.lastSeq + 1, { instance, epoch, isWhole: false })
    }
    await outage.adopt({ instance, epoch, isWhole: true })
  }

  /** A commit may have seen to it meanwhile. */
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
    // Whoever waits for a commit that has just ended must have taken note of it.
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
        // What the server has lost is seen to by the renewal, which this brings forward.
        if (codeOf(error) === 'STORE_LOST') this.renewSoon()
        // The server may have taken it all the same: the numbers and rows are the same again.
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
      // Else the renewals look after it.
      if (codeOf(error) !== 'STORE_LOST' || !this.lease.isHeld) throw error
      await this.rewrite()
      return this.database.commit(batches)
    }
  }

  private async release(): Promise<void> {
    try {
      await this.database.release()
    } catch {
      // Its lease ends by itself, or another process has it already.
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
