import { useSignal } from '@preact/signals'
import type { WhyView } from '../../ports/control/why.ts'
import { change } from '../api.ts'
import {
  atRisk,
  BEST,
  distance,
  LAYER,
  profitAt,
  QUANTITY,
  STOP,
  TARGET,
  UNEXITABLE,
} from '../live/figures.ts'
import type { Row, Series } from '../live/store.ts'
import { Confirm } from '../parts/confirm.tsx'
import { CanExit, State } from '../parts/row.tsx'
import { Scale } from '../parts/scale.tsx'
import { Facts, Failure } from '../parts/table.tsx'
import { usePoll } from '../poll.ts'
import { hrefOf, place } from '../route.ts'
import { revision, serviceNow, store } from '../state.ts'
import {
  ageText,
  moneyText,
  multipleText,
  pctText,
  percentText,
  priceText,
  quantityText,
  timeText,
} from '../text.ts'
import { Chart } from './chart.tsx'
import { Lines } from './lines.tsx'
import { RuleChange } from './rule-change.tsx'
import { Why } from './why.tsx'

/**
 * One position: its chart, the effect of each rule and its reason, its journal, and the actions of
 * a person.
 */
export function PositionPage() {
  void revision.value
  const id = place.value.id!
  const row = store.rowOf(id)
  const why = usePoll<WhyView>(`/api/positions/${encodeURIComponent(id)}/why`, 1_000)
  const act = useSignal<'none' | 'exit' | 'rules'>('none')
  const close = (): void => {
    act.value = 'none'
    why.again()
  }
  if (row === undefined) return <Over id={id} />
  const series = store.series[row.series]!
  return (
    <>
      <p class="crumb">
        <a href={hrefOf('positions')}>← positions</a>
      </p>
      <div class="head">
        <h2>
          {id} <State row={row} />
        </h2>
        <div class="acts">
          <button type="button" onClick={() => (act.value = 'rules')}>
            Change rules
          </button>
          <button type="button" class="danger" onClick={() => (act.value = 'exit')}>
            Exit
          </button>
        </div>
      </div>
      <section class="card">
        <Figures row={row} series={series} position={why.data.value?.position} />
        <Scale row={row} series={series} />
      </section>
      <Failure text={why.failure.value} />
      <div class="two">
        <section class="card" aria-label="Chart">
          <h2>Price since this page was opened</h2>
          <Chart row={row} />
        </section>
        <section class="card" aria-label="Rules">
          <h2>What each rule would do</h2>
          <Why why={why.data.value} tickSize={series.tickSize} />
        </section>
      </div>
      <section class="card" aria-label="Journal of the position">
        <h2>Journal</h2>
        <Lines positionId={id} limit={100} />
      </section>
      {act.value === 'exit' && <Exit row={row} series={series} close={close} />}
      {act.value === 'rules' && (
        <RuleChange id={id} rules={why.data.value?.position.rules} row={row} close={close} />
      )}
    </>
  )
}

/** A position that is not open (any more). */
function Over({ id }: { readonly id: string }) {
  return (
    <>
      <p class="crumb">
        <a href={hrefOf('positions')}>← positions</a>
      </p>
      <h2>{id}</h2>
      <p class="empty">
        {store.version < 0 ? 'Waiting for the data' : 'No open position has this id. Its journal:'}
      </p>
      <section class="card" aria-label="Journal of the position">
        <Lines positionId={id} limit={100} />
      </section>
    </>
  )
}

function Figures(props: {
  readonly row: Row
  readonly series: Series
  readonly position: WhyView['position'] | undefined
}) {
  const { row, series, position } = props
  const { price, at, tickSize, currency, instrument } = series
  const profit = price === null ? null : profitAt(row, price)
  const now = serviceNow()
  return (
    <Facts
      facts={[
        ['Holding', `${row.side} ${quantityText(row.levels[QUANTITY])} ${instrument}`],
        ['Entry', `${priceText(row.entryPrice, tickSize)}, ${timeText(row.openedAt, now)}`],
        [
          'Price',
          `${priceText(price, tickSize)}${at === null ? '' : `, ${ageText(now - at)} old`}`,
        ],
        [
          'Profit',
          <b key="profit" class={profit === null ? '' : profit < 0 ? 'bad' : 'good'}>
            {moneyText(profit, currency, true)}
          </b>,
        ],
        [
          'Best (MFE)',
          `${priceText(row.levels[BEST], tickSize)}, ${pctText(position?.mfePct ?? null)}`,
        ],
        [
          'Worst (MAE)',
          position === undefined || position.worst === null
            ? 'not known'
            : `${priceText(position.worst, tickSize)}, ${pctText(position.maePct)}`,
        ],
        ['R', rText(position)],
        [
          'Stop',
          `${priceText(row.levels[STOP], tickSize)}, ${percentText(distance(row, price))} away`,
        ],
        ['Target', priceText(row.levels[TARGET], tickSize)],
        ['At risk', moneyText(atRisk(row, price), currency)],
        ['Protected by', row.levels[LAYER] ?? 'unknown'],
        ['Can exit now', <CanExit key="exitable" row={row} />],
        ...(row.account === null ? [] : [['Account', row.account] as const]),
      ]}
    />
  )
}

/** The gain as a multiple of the risk at the first stop, and that stop. */
function rText(position: WhyView['position'] | undefined): string {
  if (position === undefined || position.firstStop === null) return 'no first stop'
  const { r, firstStop, tickSize = null } = position
  return `${multipleText(r)}, first stop ${priceText(firstStop, tickSize)}`
}

function Exit(props: { readonly row: Row; readonly series: Series; readonly close: () => void }) {
  const { row, series, close } = props
  const { price, tickSize, currency, instrument } = series
  const quantity = quantityText(row.levels[QUANTITY])
  const verb = row.side === 'long' ? 'Sell' : 'Buy back'
  const blocked = store.blockedBy(row) ?? row.levels[UNEXITABLE]
  return (
    <Confirm
      title={`Exit ${row.id}`}
      act={`Exit ${row.id} now`}
      close={close}
      run={() => change('POST', `/api/positions/${encodeURIComponent(row.id)}/exit`)}
    >
      <p>
        {verb} {quantity} {instrument} at market.{' '}
        {price === null ? (
          'It has no price now: what the position ends with is not known.'
        ) : (
          <>
            The price is {priceText(price, tickSize)}: the position ends with about{' '}
            <b>{moneyText(profitAt(row, price), currency, true)}</b>.
          </>
        )}
      </p>
      {blocked !== null && <p class="warn">No order may leave now: {blocked}.</p>}
      <p class="quiet">Once the exit is durable it is made, exactly once, also after a restart.</p>
    </Confirm>
  )
}
