import type { PortfolioView } from '../../ports/control/portfolio.ts'
import type {
  ViewExit,
  ViewFrame,
  ViewLevels,
  ViewPage,
  ViewPrice,
  ViewRow,
  ViewSeries,
  ViewStatus,
} from '../../ports/view.ts'
import { History } from './history.ts'

/** A position as the page knows it. */
export interface Row extends Omit<ViewRow, 'levels'> {
  levels: ViewLevels
}

/** A price series with its last price; `at` is the time of the tick, epoch ms of the service. */
export interface Series extends ViewSeries {
  price: number | null
  at: number | null
}

/** Everything that the service has sent, as of the last frame. */
export class LiveStore {
  epoch = ''
  version = -1
  /** When the service made the last frame, epoch ms of its clock. */
  at = 0
  readonly rows = new Map<number, Row>()
  series: Series[] = []
  status: ViewStatus | undefined
  day: PortfolioView | undefined
  exits: readonly ViewExit[] = []
  readonly history = new History()

  /** Starts anew from the pages of one view, in their order. */
  load(pages: readonly ViewPage[]): void {
    const first = pages[0]!
    const last = pages.at(-1)!
    if (this.epoch !== first.epoch) this.history.clear()
    this.epoch = first.epoch
    // Later pages may have newer rows; the frames between them contain the same changes.
    this.version = first.version
    this.rows.clear()
    this.series = last.series.map(series => ({ ...series, price: null, at: null }))
    this.priced(last.prices)
    for (const page of pages) for (const row of page.rows) this.rows.set(row.row, { ...row })
    this.status = last.status
    this.day = last.day ?? undefined
    this.exits = last.exits
    this.at = last.at
  }

  /** Applies a frame; false where it does not follow the present state. */
  apply(frame: ViewFrame): boolean {
    if (frame.epoch !== this.epoch || frame.from > this.version) return false
    if (frame.version <= this.version) return true
    for (const [index, series] of frame.series ?? []) {
      this.series[index] ??= { ...series, price: null, at: null }
    }
    this.at = frame.at
    this.priced(frame.prices ?? [])
    for (const row of frame.rows ?? []) this.rows.set(row.row, { ...row })
    for (const levels of frame.levels ?? []) {
      const row = this.rows.get(levels[0])
      if (row !== undefined) row.levels = levels
    }
    for (const row of frame.gone ?? []) this.rows.delete(row)
    this.status = frame.status ?? this.status
    this.day = frame.day ?? this.day
    this.exits = frame.exits ?? this.exits
    this.version = frame.version
    return true
  }

  /** The row of a position id. */
  rowOf(id: string): Row | undefined {
    for (const row of this.rows.values()) if (row.id === id) return row
    return undefined
  }

  /**
   * The id of a position as the rows have it, `account/position` in a service with several accounts; `account` as lines
   * of the journal and closed positions have it.
   */
  idOf(positionId: string, account: unknown): string {
    const [first] = this.rows.values()
    if (typeof account !== 'string' || !first?.id.startsWith(`${nameOf(first.account)}/`)) {
      return positionId
    }
    return `${nameOf(account)}/${positionId}`
  }

  /** Why no exit order of a position could leave, whatever it is itself; null: one could. */
  blockedBy({ account }: Pick<Row, 'account'>): string | null {
    const { status } = this
    if (status === undefined) return null
    return status.blockedBy[0] ?? status.blockedAccounts[nameOf(account)]?.[0] ?? null
  }

  private priced(prices: readonly ViewPrice[]): void {
    for (const [index, price, at] of prices) {
      const series = this.series[index]
      if (series === undefined) continue
      series.price = price
      series.at = at
      if (price !== null && at !== null) this.history.add(index, at, price)
    }
  }
}

/** Name of an account, without the part of it. */
export const nameOf = (account: string | null): string => (account ?? '').split('/')[0]!
