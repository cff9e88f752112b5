import type { StoreEvents } from '../../ports/store.ts'
import { nextTurn } from '../../ports/turns.ts'
import type { RedisDatabase } from './database.ts'
import { codeOf, lost } from './errors.ts'
import { encodeBatch, type EncodedBatch } from './keys.ts'
import type { Lease } from './lease.ts'
import { mergeOutage, MOST_AT_ONCE, slices } from './merge.ts'
import type { OutageJournal } from './outage.ts'
import type { RedisPresence } from './presence.ts'

export interface RewriterDeps {
  readonly database: RedisDatabase
  readonly lease: Lease
  readonly presence: Pick<RedisPresence, 'hasLost'>
  events(): StoreEvents
}

/**
 * Writes to the server again what it has lost, or did not receive during an outage. Runs between commits,
 * or inside one: none is in flight meanwhile.
 */
export class RedisRewriter {
  private readonly deps: RewriterDeps

  constructor(deps: RewriterDeps) {
    this.deps = deps
  }

  /** Merges the writes of an outage into the server, which is then written to again. */
  async bringOver(outage: OutageJournal, token: string, isLost: boolean): Promise<void> {
    const { database, lease, events } = this.deps
    if (isLost) await this.keepWhole(outage)
    await mergeOutage({ outage, database, token, leaseMs: lease.leaseMs })
    if (isLost) events().changed?.('store-rewritten', {})
  }

  /** Rewrites what the server has lost, unless a commit has already done so. */
  async rewriteLost(token: string): Promise<void> {
    const { database, lease } = this.deps
    const sentAt = lease.instant()
    try {
      await database.claim({ token, leaseMs: lease.leaseMs })
      lease.renewed(sentAt)
    } catch (error) {
      if (codeOf(error) !== 'STORE_LOST') throw error
      await this.rewrite(token)
    }
  }

  /** Rewrites the whole state. @throws WatchkeeperError STORE_LOST where this process does not have it. */
  async rewrite(token: string): Promise<void> {
    const { database, lease, events } = this.deps
    const whole = await this.takeWhole()
    const sentAt = lease.instant()
    await database.claim({ token, leaseMs: lease.leaseMs, isAnew: true })
    lease.renewed(sentAt)
    for (const batch of slices(whole, MOST_AT_ONCE)) await database.commit([batch])
    await database.complete()
    events().changed?.('store-rewritten', {})
  }

  /** Makes the whole state durable on this machine first, where the server has lost it. */
  private async keepWhole(outage: OutageJournal): Promise<void> {
    if (outage.about?.isWhole === true) return
    const { database } = this.deps
    const { instance, epoch } = database.ownership!
    const whole = await this.takeWhole()
    for (const batch of slices(whole, MOST_AT_ONCE)) {
      await outage.keep([batch], database.lastSeq + 1, { instance, epoch, isWhole: false })
    }
    await outage.adopt({ instance, epoch, isWhole: true })
  }

  private async takeWhole(): Promise<EncodedBatch> {
    const { database, presence, events } = this.deps
    const { whole } = events()
    if (whole === undefined) throw lost(database.name)
    presence.hasLost()
    // Callers whose commit has just ended must have updated their state before it is read here.
    await nextTurn()
    return encodeBatch(whole())
  }
}
