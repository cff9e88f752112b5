import type { HoldingKey, HoldingReport } from '../domain/holding.ts'
import type { PositionId } from '../domain/ids.ts'
import type { EndedOrders } from './ended-orders.ts'
import type { ExitTable } from './exit-table.ts'
import type { Faults } from './faults.ts'
import type { HoldingBook } from './holding-book.ts'
import type { HoldingGroup } from './holding-group.ts'
import { otherLockHolder } from './neighbours.ts'
import type { Notice } from './notices.ts'
import { isHoldingEvidence, type ExitSettings } from './settings.ts'
import type { Asked } from './surroundings.ts'

interface ReportDeps {
  readonly exits: ExitTable
  readonly holdings: HoldingBook
  readonly late: EndedOrders
  readonly faults: Faults
  readonly settings: ExitSettings
  notify(notice: Notice): void
  /** Units of an open position that are not executed. */
  unitsOf(id: PositionId): number
}

/** Takes what the venue reports of holdings, and books what positions have lost by it. */
export class HoldingReports {
  private readonly deps: ReportDeps

  constructor(deps: ReportDeps) {
    this.deps = deps
  }

  /** Takes a report on a holding; gives the affected exits that can still make progress. */
  take(key: HoldingKey, report: HoldingReport, asked: Asked): Iterable<PositionId> {
    const { exits, holdings, faults } = this.deps
    exits.settleLocks(asked.now)
    const { group, lost } = holdings.take(key, report, asked)
    for (const [id, quantity] of lost) {
      faults.alone(`loss of ${id}`, () => this.lose(id, quantity, asked.now), undefined)
    }
    return group === undefined ? [] : this.affectedBy(group, lost)
  }

  /** The exits that a report lets make progress, and those whose record it has changed. */
  private *affectedBy(
    group: HoldingGroup,
    lost: ReadonlyMap<PositionId, number>,
  ): Iterable<PositionId> {
    const { exits, settings } = this.deps
    const { readers, lockedBy } = group
    const changed = lockedBy === undefined ? lost.keys() : new Set([...lost.keys(), lockedBy])
    for (const id of changed) if (exits.record(id) !== undefined) yield id
    const isEvidence = isHoldingEvidence(settings.capabilities)
    yield* readers.ids(() => !isEvidence || group.lockedBy === undefined)
  }

  private lose(id: PositionId, quantity: number, now: number): void {
    const { exits, holdings, late, notify, unitsOf } = this.deps
    holdings.lose(id, quantity)
    const lockHolder = otherLockHolder(holdings, id)
    const by = { kind: 'released', quantity } as const
    if (lockHolder !== undefined) exits.happened(lockHolder, { kind: 'drifted', by, at: now })
    const isExiting = exits.record(id) !== undefined
    exits.happened(id, { kind: 'shrunk', by: quantity, at: now })
    const left = unitsOf(id)
    const key = holdings.keyOf(id)
    const takenBy = key === undefined ? [] : late.attributeLoss(key, quantity, now)
    const notice = { positionId: id, lost: quantity, ...(takenBy.length > 0 && { takenBy }) }
    if (left > 0) notify({ kind: 'position-shrunk', ...notice, left })
    else if (!isExiting) notify({ kind: 'position-gone', ...notice })
  }
}
