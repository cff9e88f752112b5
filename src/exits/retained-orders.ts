import { sum } from '../domain/decimal.ts'
import type { Share } from './reconcile.ts'

/** Orders of released positions that may still be executed in one holding, by name. Changes itself. */
export class RetainedOrders {
  /** Undefined: none. Most holdings never have one. */
  private shareOf: Map<string, () => Share> | undefined

  get size(): number {
    return this.shareOf?.size ?? 0
  }

  add(name: string, share: () => Share): void {
    this.shareOf ??= new Map()
    this.shareOf.set(name, share)
  }

  remove(name: string): void {
    this.shareOf?.delete(name)
    if (this.shareOf?.size === 0) this.shareOf = undefined
  }

  /** What each of them has of the holding now. */
  shares(): readonly Share[] {
    return this.shareOf === undefined ? [] : [...this.shareOf.values()].map(share => share())
  }

  /** Units that they may still execute. */
  get underWay(): number {
    return this.shares()
      .map(({ underWay }) => underWay)
      .reduce(sum, 0)
  }
}
