import type { JournalLine } from '../../ports/journal-lines.ts'
import type { RedisDatabase } from './database.ts'
import { codeOf } from './errors.ts'
import { keyOf, type EncodedBatch } from './keys.ts'
import type { Lease } from './lease.ts'
import type { OutageJournal } from './outage.ts'
import type { RedisPresence } from './presence.ts'
import type { RedisRewriter } from './rewriter.ts'

/** Table number of exits in encoded rows. */
const EXITS = keyOf('exits')

export interface CommitsDeps {
  readonly database: RedisDatabase
  readonly lease: Pick<Lease, 'isHeld'>
  readonly presence: Pick<RedisPresence, 'isAway' | 'wentAway'>
  readonly rewriter: Pick<RedisRewriter, 'rewrite'>
  readonly outage: OutageJournal | undefined
  /** Starts a renewal: the server has lost the store. */
  onLost(): void
  /** An exit became durable. */
  onExits(): void
}

/** The numbered journal lines of each batch of a group. */
export type GroupLines = readonly (readonly JournalLine[])[]

/** Makes groups of writes durable: on the server, or on this machine while the server is away. */
export class RedisCommits {
  private readonly deps: CommitsDeps

  constructor(deps: CommitsDeps) {
    this.deps = deps
  }

  /** Commits batches, all or nothing, for the owner of `token`; the numbered journal lines of each. */
  async run(batches: readonly EncodedBatch[], token: string): Promise<GroupLines> {
    const { outage } = this.deps
    const lines = await (outage === undefined
      ? this.onServer(batches, token)
      : this.onServerOrHere(batches, outage))
    if (batches.some(({ rows }) => rows.some(([key]) => key === EXITS))) this.deps.onExits()
    return lines
  }

  private async onServer(batches: readonly EncodedBatch[], token: string): Promise<GroupLines> {
    const { database, lease, rewriter } = this.deps
    try {
      return await database.commit(batches)
    } catch (error) {
      // In the other cases a renewal rewrites the store.
      if (codeOf(error) !== 'STORE_LOST' || !lease.isHeld) throw error
      await rewriter.rewrite(token)
      return database.commit(batches)
    }
  }

  private async onServerOrHere(
    batches: readonly EncodedBatch[],
    outage: OutageJournal,
  ): Promise<GroupLines> {
    const { database, presence } = this.deps
    if (!presence.isAway) {
      try {
        return await database.commit(batches)
      } catch (error) {
        if (codeOf(error) === 'FENCED') throw error
        // The renewal rewrites what the server has lost: start it now.
        if (codeOf(error) === 'STORE_LOST') this.deps.onLost()
        // The server may have executed the commit: repeated, it writes the same numbers and rows.
        presence.wentAway(error)
      }
    }
    const { instance, epoch } = database.ownership!
    const isWhole = outage.about?.isWhole === true
    await outage.keep(batches, database.lastSeq + 1, { instance, epoch, isWhole })
    return database.number(batches)
  }
}
