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
  STOP,
  UNEXITABLE,
} from '../live/figures.ts'
import { nameOf, type Row as Position, type Series } from '../live/store.ts'
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

function Cells(props: RowProps) {
  const { row, series, price, age, isOld, blocked, top, index, isActive } = props
  const isFree = blocked === null && row.levels[EXITABLE] === 'yes'
  const { tickSize, currency, instrument } = series
  const profit = price === null ? null : profitAt(row, price)
  const away = distance(row, price)
  const isNamed = row.account === null || row.id.startsWith(`${nameOf(row.account)}/`)
  const account = isNamed ? '' : ` ${row.account}`
  const holding = ` ${quantityText(row.levels[QUANTITY])} ${instrument}`
  const priced = priceText(price, tickSize)
  const gain = moneyText(profit, currency, true)
  const risk = moneyText(atRisk(row, price), currency)
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
      <span role="gridcell" class={classOf('id', row.id + account)}>
        <a href={hrefOf('positions', row.id)} tabIndex={-1}>
          {row.id}
        </a>
        {account !== '' && <small>{account}</small>}
      </span>
      <span role="gridcell" class={classOf('holding', row.side + holding)}>
        <b class={row.side}>{row.side}</b>
        {holding}
      </span>
      <span role="gridcell" class={classOf('price', priced)}>
        {priced} <small class={isOld ? 'bad' : ''}>{age ?? 'no price'}</small>
      </span>
      <span
        role="gridcell"
        class={classOf('profit', gain, profit === null ? '' : profit < 0 ? ' bad' : ' good')}
      >
        {gain}
      </span>
      <span role="gridcell" class="way-cell">
        <Scale row={row} series={series} />
        <small>{awayText(row, away)}</small>
      </span>
      <span role="gridcell" class={classOf('risk', risk)}>
        {risk}
      </span>
      <span
        role="gridcell"
        class="layer"
        title="Who holds the stop: watchkeeper, the venue or both"
      >
        {row.levels[LAYER] ?? '–'}
      </span>
      <span role="gridcell" class={isFree ? 'exitable' : 'exitable long'}>
        <CanExit row={row} />
      </span>
      <span role="gridcell" class="state">
        <State row={row} />
      </span>
    </div>
  )
}

/** Distance to the stop; without a price it is not known, though there is a stop. */
const awayText = (row: Position, away: number | null): string => {
  if (away !== null) return `${percentText(away)} to stop`
  return row.levels[STOP] === null ? 'no stop' : 'not known'
}

/** Characters that surely fit into the least width of each column; a longer text is cut off at the edge. */
const FITS = { id: 12, holding: 20, price: 11, profit: 9, risk: 11 } as const

const classOf = (name: keyof typeof FITS, text: string, more = ''): string =>
  `${name}${text.length > FITS[name] ? ' long' : ''}${more}`

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
    <span
      class={why === null ? 'badge' : 'badge long'}
      data-state={state}
      title={why === null ? state : words(why)}
    >
      {state === 'unguarded' ? 'not guarded' : state}
      {why !== null && <small> {words(why)}</small>}
    </span>
  )
}
