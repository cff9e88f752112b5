import {
  atRisk,
  CAUSE,
  distance,
  EXITABLE,
  LAYER,
  profitAt,
  QUANTITY,
  REASON,
  STATE,
  UNEXITABLE,
} from '../live/figures.ts'
import type { Row as Position, Series } from '../live/store.ts'
import { hrefOf } from '../route.ts'
import { ageText, moneyText, percentText, priceText, quantityText, words } from '../text.ts'
import { Scale } from './scale.tsx'

/** Prices older than this are marked, ms. */
const OLD_PRICE_MS = 30_000

export interface RowProps {
  readonly row: Position
  readonly series: Series
  /** The service's clock, epoch ms. */
  readonly now: number
  readonly top: number
  /** Index in the whole list, from 1. */
  readonly index: number
  readonly isActive: boolean
}

/** One position of the list. */
export function PositionRow({ row, series, now, top, index, isActive }: RowProps) {
  const { price, at, tickSize, currency, instrument } = series
  const profit = price === null ? null : profitAt(row, price)
  const ageMs = at === null ? null : now - at
  const away = distance(row, price)
  return (
    <div
      class="row"
      role="row"
      id={`row-${row.row}`}
      aria-rowindex={index + 1}
      data-active={isActive}
      data-state={row.levels[STATE]}
      style={{ '--top': `${top}px` }}
    >
      <span role="gridcell" class="id">
        <a href={hrefOf('positions', row.id)} tabIndex={-1}>
          {row.id}
        </a>
        {row.account !== null && <small> {row.account}</small>}
      </span>
      <span role="gridcell" class="holding">
        <b class={row.side}>{row.side}</b> {quantityText(row.levels[QUANTITY])} {instrument}
      </span>
      <span role="gridcell" class="price">
        {priceText(price, tickSize)}{' '}
        <small class={ageMs === null || ageMs > OLD_PRICE_MS ? 'bad' : ''}>
          {ageMs === null ? 'no price' : ageText(ageMs)}
        </small>
      </span>
      <span role="gridcell" class={`profit ${profit === null ? '' : profit < 0 ? 'bad' : 'good'}`}>
        {moneyText(profit, currency, true)}
      </span>
      <span role="gridcell" class="way-cell">
        <Scale row={row} series={series} />
        <small>{away === null ? 'no stop' : `${percentText(away)} to stop`}</small>
      </span>
      <span role="gridcell" class="risk">
        {moneyText(atRisk(row, price), currency)}
      </span>
      <span
        role="gridcell"
        class="layer"
        title="Who holds the stop: watchkeeper, the venue or both"
      >
        {row.levels[LAYER] ?? '–'}
      </span>
      <span role="gridcell" class="exitable">
        <CanExit row={row} />
      </span>
      <span role="gridcell" class="state">
        <State row={row} />
      </span>
    </div>
  )
}

const CAN_EXIT = { yes: ['good', 'yes'], no: ['bad', 'no'], unknown: ['warn', 'unknown'] } as const

/** Whether a position could be exited now, and why not. */
export function CanExit({ row }: { readonly row: Position }) {
  const state = row.levels[EXITABLE]
  if (state === null) return <span class="quiet">–</span>
  const [tone, text] = CAN_EXIT[state]
  const why = row.levels[UNEXITABLE]
  return (
    <span class={tone} title={why ?? 'An exit could leave now'}>
      {text}
      {why !== null && <small> {why}</small>}
    </span>
  )
}

/** The state of a position, and the reason where it is not plainly guarded. */
export function State({ row }: { readonly row: Position }) {
  const state = row.levels[STATE]
  const why = row.levels[CAUSE] ?? row.levels[REASON]
  return (
    <span class="badge" data-state={state} title={why === null ? state : words(why)}>
      {state === 'unguarded' ? 'not guarded' : state}
      {why !== null && <small> {words(why)}</small>}
    </span>
  )
}
