import type { Position } from '../domain/position.ts'

/**
 * Counts open positions with and without an account name. Where some name their account and others do not, two of
 * them may share a holding unnoticed: each would count the whole holding as its own.
 */
export class AccountNames {
  private named = 0
  private unnamed = 0

  add(position: Pick<Position, 'account'>): void {
    this.count(position, 1)
  }

  remove(position: Pick<Position, 'account'>): void {
    this.count(position, -1)
  }

  /** Whether a counted position names its account and this one does not, or the other way round. */
  differFrom({ account }: Pick<Position, 'account'>): boolean {
    return (account === undefined ? this.named : this.unnamed) > 0
  }

  private count({ account }: Pick<Position, 'account'>, by: 1 | -1): void {
    if (account === undefined) this.unnamed += by
    else this.named += by
  }
}
