import { sum } from '../domain/decimal.ts'
import type { Share } from './reconcile.ts'

/** Orders of released positions that may still be executed in one holding, by name. Changes itself. */
export class RetainedOrders {
  private readonly shareOf = new Map<string, () => Share>()

  get size(): number {
    return this.shareOf.size
  }

  add(name: string, share: () => Share): void {
    this.shareOf.set(name, share)
  }

  remove(name: string): void {
    this.shareOf.delete(name)
  }

  /** What each of them has of the holding now. */
  shares(): readonly Share[] {
    return [...this.shareOf.values()].map(share => share())
  }

  /** Units that they may still execute. */
  get underWay(): number {
    return this.shares()
      .map(({ underWay }) => underWay)
      .reduce(sum, 0)
  }
}
