import type { InstrumentTable } from '../../domain/instrument.ts'
import type { PositionView } from '../../ports/control/positions.ts'
import type { ViewFrame, ViewLevels, ViewPrice, ViewRow, ViewSeries } from '../../ports/view.ts'

/** A row with the versions at which it was added and at which its levels last changed. */
interface Row {
  readonly fixed: Omit<ViewRow, 'levels'>
  readonly since: number
  levels: ViewLevels
  changed: number
}

interface Series {
  readonly shape: ViewSeries
  readonly since: number
  price: number | null
  at: number | null
  changed: number
  /** A position that shows the price of this series. */
  shownBy: string
}

/** Removals that are stored for lagging clients; a client farther behind starts anew. */
const MOST_GONE = 2_000
/** Times of receipt are computed from ages: a smaller difference is no new tick, ms. */
const SAME_TICK_MS = 20

/** Every open position in columns of fixed and changing values, with the version of each change. */
export class ViewRows {
  private readonly rows = new Map<string, Row>()
  private readonly byKey = new Map<string, number>()
  private readonly series: Series[] = []
  private gone: { readonly row: number; readonly version: number }[] = []
  private nextRow = 0
  /** Clients with an older version cannot be sent all removals. */
  private floor = 0
  private readonly instruments: InstrumentTable

  constructor(instruments: InstrumentTable) {
    this.instruments = instruments
  }

  get size(): number {
    return this.rows.size
  }

  has(id: string): boolean {
    return this.rows.has(id)
  }

  ids(): IterableIterator<string> {
    return this.rows.keys()
  }

  /** Instrument and side of a row, for the exit of its position. */
  about(id: string): (Pick<ViewRow, 'side'> & { readonly instrument: string }) | undefined {
    const row = this.rows.get(id)
    if (row === undefined) return undefined
    return { side: row.fixed.side, instrument: this.series[row.fixed.series]!.shape.instrument }
  }

  /** One position of each series: its view has the price of the series. */
  *pricedBy(): Iterable<string> {
    for (const { shownBy } of this.series) if (this.rows.has(shownBy)) yield shownBy
  }

  /** Updates a position as of `now` (epoch ms). */
  take(view: PositionView, version: number, now: number): void {
    const series = this.seriesOf(view, version)
    this.priced(series, view, { version, now })
    const known = this.rows.get(view.id)
    if (known !== undefined && !isSame(known.fixed, view, series)) this.remove(view.id, version)
    const row = this.rows.get(view.id)
    if (row === undefined) {
      const fixed = fixedOf(view, this.nextRow++, series)
      const levels = levelsOf(view, fixed.row)
      this.rows.set(view.id, { fixed, levels, since: version, changed: version })
      return
    }
    const levels = levelsOf(view, row.fixed.row)
    if (levels.every((value, index) => value === row.levels[index])) return
    row.levels = levels
    row.changed = version
  }

  /** Removes a position that is closed. */
  remove(id: string, version: number): void {
    const row = this.rows.get(id)
    if (row === undefined) return
    this.rows.delete(id)
    this.gone.push({ row: row.fixed.row, version })
    if (this.gone.length <= MOST_GONE) return
    const dropped = this.gone.splice(0, MOST_GONE / 2)
    this.floor = dropped.at(-1)!.version
  }

  /** Whether the changes since a client's `version` are still known. */
  reaches(version: number): boolean {
    return version >= this.floor
  }

  /** Everything that changed after `from`. */
  since(from: number): Pick<ViewFrame, 'prices' | 'levels' | 'series' | 'rows' | 'gone'> {
    const levels: ViewLevels[] = []
    const rows: ViewRow[] = []
    for (const row of this.rows.values()) {
      if (row.changed <= from) continue
      if (row.since > from) rows.push({ ...row.fixed, levels: row.levels })
      else levels.push(row.levels)
    }
    const series = this.series.flatMap(({ since, shape }, index): [number, ViewSeries][] =>
      since > from ? [[index, shape]] : [],
    )
    const gone = this.gone.filter(({ version }) => version > from).map(({ row }) => row)
    return {
      ...some('prices', this.pricesSince(from)),
      ...some('levels', levels),
      ...some('series', series),
      ...some('rows', rows),
      ...some('gone', gone),
    }
  }

  /** Rows above number `after`, at most `limit`, with all series and their prices. */
  page(
    after: number,
    limit: number,
  ): { rows: ViewRow[]; next: number | null; series: ViewSeries[]; prices: ViewPrice[] } {
    const rows: ViewRow[] = []
    let hasMore = false
    for (const { fixed, levels } of this.rows.values()) {
      if (fixed.row <= after) continue
      if (rows.length === limit) {
        hasMore = true
        break
      }
      rows.push({ ...fixed, levels })
    }
    return {
      rows,
      next: hasMore ? rows.at(-1)!.row : null,
      series: this.series.map(({ shape }) => shape),
      prices: this.pricesSince(-1),
    }
  }

  private pricesSince(from: number): ViewPrice[] {
    return this.series.flatMap(({ price, at, changed }, index): ViewPrice[] =>
      changed > from ? [[index, price, at]] : [],
    )
  }

  private seriesOf({ id, instrument, side, priceSource }: PositionView, version: number): number {
    const source = priceSource === 'trade' ? 'trade' : side === 'long' ? 'bid' : 'ask'
    const key = `${source} ${instrument}`
    const known = this.byKey.get(key)
    if (known !== undefined) {
      const series = this.series[known]!
      if (!this.rows.has(series.shownBy)) series.shownBy = id
      return known
    }
    const { currency = null, tickSize = null } = this.instruments.of(instrument)
    const index = this.series.length
    const shape = { instrument, source, currency, tickSize } as const
    this.byKey.set(key, index)
    this.series.push({
      shape,
      since: version,
      price: null,
      at: null,
      changed: version,
      shownBy: id,
    })
    return index
  }

  private priced(
    index: number,
    { lastPrice, priceAgeMs }: PositionView,
    { version, now }: { readonly version: number; readonly now: number },
  ): void {
    if (lastPrice === null) return
    const series = this.series[index]!
    const at = Math.round(now - (priceAgeMs ?? 0))
    const moved = at - (series.at ?? -Infinity)
    if (moved < -SAME_TICK_MS) return
    if (series.price === lastPrice && moved <= SAME_TICK_MS) return
    series.price = lastPrice
    series.at = at
    series.changed = version
  }
}

const some = <Key extends string, Item>(
  key: Key,
  items: readonly Item[],
): Partial<Record<Key, readonly Item[]>> =>
  items.length === 0 ? {} : ({ [key]: items } as Record<Key, readonly Item[]>)

function fixedOf(view: PositionView, row: number, series: number): Omit<ViewRow, 'levels'> {
  const { id, side, entryPrice, multiplier, openedAt, account, underlying, contract } = view
  return {
    row,
    id,
    series,
    side,
    entryPrice,
    multiplier,
    isInverse: contract === 'inverse',
    openedAt,
    account: account ?? null,
    underlying: underlying ?? null,
  }
}

/** Whether a view is of the position that a row was made from: an id may be reused. */
const isSame = (fixed: Omit<ViewRow, 'levels'>, view: PositionView, series: number): boolean =>
  fixed.series === series &&
  fixed.side === view.side &&
  fixed.openedAt === view.openedAt &&
  fixed.entryPrice === view.entryPrice &&
  fixed.multiplier === view.multiplier &&
  fixed.isInverse === (view.contract === 'inverse')

const levelsOf = (view: PositionView, row: number): ViewLevels => [
  row,
  view.state,
  view.best,
  view.stop,
  view.target,
  view.quantity,
  view.unguardedBy ?? null,
  view.reason ?? null,
  view.exitable?.state ?? null,
  view.exitable?.why ?? null,
  view.layer ?? null,
]
