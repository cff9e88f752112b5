import type { Position } from '../domain/position.ts'

/**
 * Counts positions by whether they name their account. Where some do and others do not, nothing shows
 * whether two of them are parts of one holding: each would count all of it as its own.
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

  /** Whether one of them names its account and this position does not, or the other way round. */
  differFrom({ account }: Pick<Position, 'account'>): boolean {
    return (account === undefined ? this.named : this.unnamed) > 0
  }

  private count({ account }: Pick<Position, 'account'>, by: 1 | -1): void {
    if (account === undefined) this.unnamed += by
    else this.named += by
  }
}
