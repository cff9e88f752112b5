import { placesOf, profitAt, STOP, TARGET } from '../live/figures.ts'
import type { Row, Series } from '../live/store.ts'
import { priceText } from '../text.ts'

/** Offset of a mark of so many px, whose middle stands at a place from 0 to 1; an unknown one stands outside. */
const at = (place: number | null, px: number): string =>
  place === null
    ? '-99px'
    : `calc(${(place * 100).toFixed(2)}% + ${((place - 0.5) * px).toFixed(2)}px)`

/**
 * Stop, entry, price and target of a position on one line; the worse prices are on the left. One element, whose marks
 * are backgrounds: a list redraws some 40 of these in every frame that it scrolls.
 */
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
  // Of a background, 100 % is where its end touches the end of the box.
  const left = size < 1 ? from / (1 - size) : 0
  // The order of the images in the style sheet.
  const marks = {
    backgroundPositionX: [
      at(now, 12),
      at(best, 8),
      at(target, 3),
      at(stop, 3),
      at(entry, 2),
      `${(left * 100).toFixed(2)}%`,
      '0',
    ].join(),
    backgroundSize: `12px 12px,8px 4px,3px 14px,3px 14px,2px 14px,${(size * 100).toFixed(2)}% 4px,100% 4px`,
  }
  return (
    <div
      class="scale"
      role="img"
      aria-label={label}
      title={label}
      data-gain={isGain}
      style={marks}
    />
  )
}
