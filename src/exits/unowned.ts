import { difference, sum } from '../domain/decimal.ts'
import type { HoldingKey } from '../domain/holding.ts'
import { nameOf } from './holding-state.ts'
import type { Notice } from './notices.ts'

/** What to do with what no position owns: nothing, tell of it, or guard it by default rules. */
export type Adoption = 'off' | 'alert' | 'rules'

/** What the account holds beyond our positions: somebody else's, unless a person released it. */
export class Unowned {
  private readonly adopt: Adoption
  private readonly tell: (notice: Notice) => void
  private readonly released = new Map<string, number>()
  private readonly told = new Map<string, { readonly key: HoldingKey; readonly quantity: number }>()

  constructor(adopt: Adoption, tell: (notice: Notice) => void) {
    this.adopt = adopt
    this.tell = tell
  }

  /** What is nobody's at present, as far as it is told of. */
  all(): readonly { readonly key: HoldingKey; readonly quantity: number }[] {
    return [...this.told.values()].filter(({ quantity }) => quantity > 0)
  }

  /** So many units are nobody's on purpose. */
  release(key: HoldingKey, quantity: number): void {
    if (quantity <= 0) return
    const name = nameOf(key)
    this.released.set(name, sum(this.released.get(name) ?? 0, quantity))
  }

  /** So many units of a holding belong to no position; told of when they become more. */
  look(key: HoldingKey, beyond: number): void {
    if (this.adopt === 'off') return
    const name = nameOf(key)
    const quantity = Math.max(0, difference(beyond, this.released.get(name) ?? 0))
    const before = this.told.get(name)?.quantity ?? 0
    if (quantity === before) return
    this.told.set(name, { key, quantity })
    if (quantity > before) this.tell({ kind: 'holding-unowned', holding: key, quantity })
  }
}
