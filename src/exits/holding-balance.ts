import { sum } from '../domain/decimal.ts'
import { leftOf, restOf } from '../domain/units.ts'
import type { Share, Verdict } from './reconcile.ts'

/** Spare units of a holding, and units that positions own, by a report that no order of ours had disturbed. */
export interface CleanHolding {
  readonly spare: number
  readonly owned: number
}

/** Compares the last report of a holding with what its positions own. Changes itself. */
export class HoldingBalance {
  /** No less is held than is owned. */
  isWhole = false
  /** Less is held than is owned; orders under way may explain it. */
  isMissing = false
  isShort = false
  /** It is on the other side of zero. */
  isOversold = false
  /** Units that belong to no position, in the direction of its positions. */
  spare = 0
  /** Units that its positions own, less what was executed since the report. */
  owned = 0
  /**
   * The same as of the last report while no order of ours was under way, and less what was executed since;
   * undefined where positions have come or gone since.
   */
  clean: CleanHolding | undefined

  /** Positions have come or gone. */
  handsChanged(): void {
    this.clean = undefined
  }

  /** So many units were executed. */
  executed(units: number): void {
    this.owned = leftOf(this.owned, units)
    const { clean } = this
    if (clean !== undefined) this.clean = { ...clean, owned: leftOf(clean.owned, units) }
  }

  /** Takes the verdict on a report; a clean one was asked for late enough to show all that we executed. */
  judged(
    verdict: Verdict,
    { shares, quantity, isNamed, isClean }: JudgedReport & { readonly shares: readonly Share[] },
  ): void {
    this.owned = shares.reduce((all, each) => sum(all, each.owned), 0)
    if (isClean && shares.every(({ underWay }) => underWay === 0)) {
      const spare = restOf(Math.abs(quantity), this.owned)
      this.clean = verdict.isWhole ? { spare, owned: this.owned } : undefined
    }
    this.isShort = verdict.isShort
    this.isMissing = !verdict.isWhole
    this.spare = Math.abs(verdict.beyond)
    this.isWhole = verdict.isWhole && (isNamed || this.isWhole)
  }
}

/** Signed units by a report, whether by name, and whether it was asked for late enough after what we executed. */
export interface JudgedReport {
  readonly quantity: number
  readonly isNamed: boolean
  readonly isClean: boolean
}
