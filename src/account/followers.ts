import type { Decision } from '../domain/decision.ts'
import type { ExitOutcome } from '../domain/reason.ts'
import { tally } from '../domain/tally.ts'
import type { ExitFollower } from '../ports/telemetry.ts'
import type { AccountState } from './state.ts'

/**
 * The followers of exits, such as traces and histograms. They may run code of plugins, so their exceptions never
 * reach an exit.
 */
export class Followers {
  private readonly followers: readonly ExitFollower[]
  private readonly state: Pick<AccountState, 'counts' | 'openExits'>

  constructor(
    followers: readonly ExitFollower[],
    state: Pick<AccountState, 'counts' | 'openExits'>,
  ) {
    this.followers = followers
    this.state = state
  }

  /** Calls each follower, and counts its exceptions. */
  notify(call: (follower: ExitFollower) => void): void {
    for (const each of this.followers) {
      try {
        call(each)
      } catch {
        this.state.counts.followErrors++
      }
    }
  }

  /** An exit has ended without a known fill. */
  over({ positionId, reason }: Decision, outcome: ExitOutcome): void {
    const { counts, openExits } = this.state
    tally(counts.exitsEnded[outcome], reason)
    const record = openExits.get(positionId)
    this.notify(each => each.ended(positionId, { outcome }, record))
  }
}
