import type { HoldingKey } from '../domain/holding.ts'
import type { PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import type { HoldingChange } from './events.ts'
import type { Notice } from './notices.ts'
import type { Share } from './reconcile.ts'

/** What a holding needs of its account to take a report. */
export interface Surroundings {
  readonly apartMs: number
  shareOf(position: Position): Share
  notify(notice: Notice): void
  /** Others have changed a holding that is the evidence for this exit, as of `at` (epoch ms). */
  drifted(id: PositionId, by: HoldingChange, at: number): void
  /** Orders of open exits that are over may be executed late: they are followed from `at` (epoch ms) on. */
  followOverOrders(at: number): void
  /** Whether an order of ours that was over may have taken what a holding lacks since `since`. */
  mayExplain(key: HoldingKey, asked: { since: number; at: number }): boolean
  /** So many signed units of a holding belong to no position. */
  beyond(key: HoldingKey, quantity: number): void
}

/** When a report was asked for and when it came (epoch ms), and whether it was asked for by name. */
export interface Asked {
  readonly askedAt: number
  readonly isNamed: boolean
  readonly now: number
}
