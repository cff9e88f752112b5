import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { TradeView } from '../../ports/trades.ts'
import { read } from '../api.ts'
import { Failure, Table } from '../parts/table.tsx'
import { hrefOf } from '../route.ts'
import { serviceNow, store } from '../state.ts'
import {
  countText,
  durationText,
  moneyText,
  multipleText,
  pctText,
  priceText,
  quantityText,
  timeText,
  words,
} from '../text.ts'
import { csvOf, slippageOf, totalsOf } from './trade-figures.ts'

interface Page {
  readonly positions: readonly TradeView[]
  readonly next: number | null
}

const PAGE = 100
/** Most trades in the list. */
const MOST_TRADES = 5_000

/** Closed positions, the last one first. */
export function TradesPage() {
  const trades = useSignal<readonly TradeView[]>([])
  const next = useSignal<number | null>(null)
  const failure = useSignal<string | undefined>(undefined)
  const isLoaded = useSignal(false)
  const load = async (before: number | null): Promise<void> => {
    try {
      const from = before === null ? '' : `&before=${before}`
      const page = await read<Page>(`/api/positions?state=closed&limit=${PAGE}${from}`)
      trades.value = before === null ? page.positions : [...trades.value, ...page.positions]
      next.value = trades.value.length < MOST_TRADES ? page.next : null
      failure.value = undefined
      isLoaded.value = true
    } catch (error) {
      failure.value = error instanceof Error ? error.message : String(error)
    }
  }
  // A new exit changes the list: read it again.
  const newest = store.exits.find(({ endedAt }) => endedAt !== null)?.seq
  useEffect(() => void load(null), [newest])
  const now = serviceNow()
  return (
    <>
      <Failure text={failure.value} />
      <div class="tools">
        <span>
          {countText(trades.value.length)} {trades.value.length === 1 ? 'trade' : 'trades'}
          {totalsOf(trades.value).map(([currency, total]) => (
            <span key={currency}>
              , <b class={total < 0 ? 'bad' : 'good'}>{moneyText(total, currency, true)}</b>
            </span>
          ))}
        </span>
        <button
          type="button"
          class="end"
          disabled={trades.value.length === 0}
          onClick={() => save(csvOf(trades.value))}
        >
          CSV
        </button>
      </div>
      <section class="card" aria-label="Trades">
        {isLoaded.value && (
          <Table
            label="Trades"
            items={trades.value}
            keyOf={({ seq }) => seq}
            empty="No position is over yet."
            columns={[
              { head: 'Closed', cell: ({ closedAt }) => timeText(closedAt, now) },
              {
                head: 'Position',
                cell: ({ positionId, account, seq }) => (
                  <a href={hrefOf('trades', store.idOf(positionId, account), String(seq))}>
                    {positionId}
                  </a>
                ),
              },
              ...(trades.value.some(({ account }) => account !== trades.value[0]!.account)
                ? [{ head: 'Account', cell: ({ account }: TradeView) => account ?? '–' }]
                : []),
              {
                head: 'Holding',
                cell: ({ side, quantity, instrument }) =>
                  `${side} ${quantityText(quantity)} ${instrument}`,
              },
              { head: 'Reason', cell: ({ reason, end }) => words(reason ?? end) },
              {
                head: 'Entry',
                isNumber: true,
                cell: each => priceText(each.entryPrice, each.tickSize),
              },
              { head: 'Level', isNumber: true, cell: each => priceText(each.level, each.tickSize) },
              { head: 'Fill', isNumber: true, cell: each => priceText(each.price, each.tickSize) },
              {
                head: 'Slippage',
                isNumber: true,
                cell: each => priceText(slippageOf(each), each.tickSize),
              },
              {
                head: 'Profit',
                isNumber: true,
                cell: ({ profit, profitPct, currency }) => (
                  <span class={profit === null ? '' : profit < 0 ? 'bad' : 'good'}>
                    {moneyText(profit, currency, true)}{' '}
                    <small>{profitPct === null ? '' : pctText(profitPct)}</small>
                  </span>
                ),
              },
              { head: 'MFE', isNumber: true, cell: ({ mfePct }) => pctText(mfePct) },
              { head: 'MAE', isNumber: true, cell: ({ maePct }) => pctText(maePct) },
              { head: 'R', isNumber: true, cell: ({ r }) => multipleText(r) },
              {
                head: 'Held',
                isNumber: true,
                cell: ({ openedAt, closedAt }) => durationText(closedAt - openedAt),
              },
            ]}
          />
        )}
        {next.value !== null && (
          <button type="button" onClick={() => void load(next.value)}>
            Older
          </button>
        )}
      </section>
    </>
  )
}

/** Offers text as a file download. */
function save(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }))
  const link = document.createElement('a')
  link.href = url
  link.download = 'trades.csv'
  link.click()
  URL.revokeObjectURL(url)
}
