import { Component } from 'preact'
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
import { store } from '../state.ts'
import { moneyText, percentText, priceText, quantityText, words } from '../text.ts'
import { Scale } from './scale.tsx'

export interface RowProps {
  readonly row: Position
  /** Those of the row: a frame replaces them. */
  readonly levels: Position['levels']
  readonly series: Series
  /** That of the series: a frame changes it. */
  readonly price: number | null
  /** Age of the price; null: there is none. */
  readonly age: string | null
  /** The price is missing, or too old to rely on. */
  readonly isOld: boolean
  /** Why no exit order of it could leave, whatever it is itself. */
  readonly blocked: string | null
  readonly top: number
  /** Index in the whole list, from 1. */
  readonly index: number
  readonly isActive: boolean
}

/** One position of the list; it is rendered again only when something that it shows has changed. */
export class PositionRow extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const { props } = this
    return (Object.keys(next) as (keyof RowProps)[]).some(name => next[name] !== props[name])
  }

  override render() {
    return <Cells {...this.props} />
  }
}

function Cells({ row, series, price, age, isOld, top, index, isActive }: RowProps) {
  const { tickSize, currency, instrument } = series
  const profit = price === null ? null : profitAt(row, price)
  const away = distance(row, price)
  return (
    <div
      class="row"
      role="row"
      id={`row-${row.row}`}
      aria-rowindex={index + 1}
      data-active={isActive}
      data-state={row.levels[STATE]}
      style={{ top: `${top}px` }}
    >
      <span role="gridcell" class="id">
        <a href={hrefOf('positions', row.id)} tabIndex={-1}>
          {row.id}
        </a>
        {row.account !== null && !row.id.startsWith(`${row.account.split('/')[0]}/`) && (
          <small> {row.account}</small>
        )}
      </span>
      <span role="gridcell" class="holding">
        <b class={row.side}>{row.side}</b> {quantityText(row.levels[QUANTITY])} {instrument}
      </span>
      <span role="gridcell" class="price">
        {priceText(price, tickSize)} <small class={isOld ? 'bad' : ''}>{age ?? 'no price'}</small>
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
  const blocked = store.blockedBy(row)
  const state = blocked === null ? row.levels[EXITABLE] : 'no'
  if (state === null) return <span class="quiet">–</span>
  const [tone, text] = CAN_EXIT[state]
  const why = blocked ?? row.levels[UNEXITABLE]
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
