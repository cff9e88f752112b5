import { placesOf, profitAt, STOP, TARGET } from '../live/figures.ts'
import type { Row, Series } from '../live/store.ts'
import { priceText } from '../text.ts'

/** A share of the width as a place. */
const at = (place: number) => ({ left: `${(place * 100).toFixed(2)}%` })

/** Stop, entry, price and target of a position on one line; the worse prices are on the left. */
export function Scale({ row, series }: { readonly row: Row; readonly series: Series }) {
  const { price, tickSize } = series
  const { now, entry, best, stop, target } = placesOf(row, price)
  const isGain = price !== null && profitAt(row, price) >= 0
  const label = [
    `stop ${priceText(row.levels[STOP], tickSize)}`,
    `entry ${priceText(row.entryPrice, tickSize)}`,
    `now ${priceText(price, tickSize)}`,
    `target ${priceText(row.levels[TARGET], tickSize)}`,
  ].join(', ')
  const from = Math.min(entry, now ?? entry)
  const size = Math.abs((now ?? entry) - entry)
  return (
    <div class="scale" role="img" aria-label={label} title={label} data-gain={isGain}>
      {now !== null && (
        <i class="way" style={{ ...at(from), width: `${(size * 100).toFixed(2)}%` }} />
      )}
      {stop !== null && <i class="stop" style={at(stop)} />}
      <i class="entry" style={at(entry)} />
      <i class="best" style={at(best)} />
      {target !== null && <i class="target" style={at(target)} />}
      {now !== null && <i class="now" style={at(now)} />}
    </div>
  )
}
