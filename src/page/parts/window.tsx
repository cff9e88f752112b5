import { useComputed, type Signal } from '@preact/signals'
import type { Line } from '../live/order.ts'
import { revision, serviceNow, store } from '../state.ts'
import { ageText } from '../text.ts'
import { PositionRow } from './row.tsx'

/** Lines rendered beyond both edges of the window. */
const MARGIN = 6
const NARROW = window.matchMedia('(max-width: 940px)')
/** Prices older than this are marked, ms. */
const OLD_PRICE_MS = 30_000

/** Heights of a line in the style sheet: of the table, and of the cards of a phone. */
export const heightOf = (): number => (NARROW.matches ? 104 : 40)

/**
 * The visible lines, and some beyond the edges. Each line has the slot of its index modulo the number of slots: while
 * the list scrolls, an element that leaves at one edge comes back at the other one, and all others stay as they are.
 */
export function Window(props: {
  readonly lines: readonly Line[]
  /** Pixels of the list above the upper edge of the window. */
  readonly scroll: Signal<number>
  readonly active: Signal<number>
}) {
  void revision.value
  const { lines, scroll, active } = props
  // Within one line of scrolling nothing is rendered.
  const first = useComputed(() => Math.max(0, Math.floor(scroll.value / heightOf()) - MARGIN)).value
  const height = heightOf()
  const slots = Math.ceil(innerHeight / height) + 2 * MARGIN + 1
  const now = serviceNow()
  return (
    <>
      {Array.from({ length: slots }, (_, slot) => {
        const index = first + ((slot - (first % slots) + slots) % slots)
        const line = lines[index]
        if (line === undefined) return null
        const top = index * height
        if (line.kind === 'head') return <Head key={slot} line={line} index={index} top={top} />
        const series = store.series[line.row.series]!
        const ageMs = series.at === null ? null : now - series.at
        return (
          <PositionRow
            key={slot}
            row={line.row}
            levels={line.row.levels}
            series={series}
            price={series.price}
            age={ageMs === null ? null : ageText(ageMs)}
            isOld={ageMs === null || ageMs > OLD_PRICE_MS}
            blocked={store.blockedBy(line.row)}
            top={top}
            index={index + 1}
            isActive={index === active.value}
          />
        )
      })}
    </>
  )
}

/** The head of a group. */
const Head = (props: {
  readonly line: Extract<Line, { readonly kind: 'head' }>
  readonly index: number
  readonly top: number
}) => (
  <div class="group" role="row" aria-rowindex={props.index + 2} style={{ top: `${props.top}px` }}>
    <span role="gridcell" aria-colspan={9}>
      {props.line.name} <small>{props.line.count}</small>
    </span>
  </div>
)
