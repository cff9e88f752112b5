import type { JournalLine } from '../../ports/journal-lines.ts'
import type { TradeView } from '../../ports/trades.ts'
import { Facts, Failure, Table, type Column } from '../parts/table.tsx'
import { usePoll } from '../poll.ts'
import { hrefOf, place } from '../route.ts'
import { serviceNow } from '../state.ts'
import {
  durationText,
  moneyText,
  multipleText,
  pctText,
  percentText,
  priceText,
  quantityText,
  timeText,
  words,
} from '../text.ts'
import { slippageOf } from './trade-figures.ts'

/** Journal kinds that belong to an exit from its decision to its end. */
const OF_EXIT = /^(exit-|released-|position-gone)/

/** The receipt of an exit: its deciding rule, levels, orders and times. */
export function ReceiptPage() {
  const { id = '', part = '' } = place.value
  const path = encodeURIComponent(id)
  const journal = usePoll<readonly JournalLine[]>(
    `/api/journal?last=1000&positionId=${path}`,
    2_000,
  )
  const over = usePoll<{ readonly positions: readonly TradeView[] }>(
    `/api/positions?state=closed&limit=100&positionId=${path}`,
    2_000,
  )
  const lines = journal.data.value ?? []
  const seq = Number(part)
  const decided = decisionOf(lines, seq)
  const trade = over.data.value?.positions.find(
    each => each.seq === seq || (each.seq > seq && isOf(each, decided)),
  )
  const now = serviceNow()
  return (
    <>
      <p class="crumb">
        <a href={hrefOf('positions')}>← positions</a> · <a href={hrefOf('trades')}>trades</a>
      </p>
      <div class="head">
        <h2>Exit of {id}</h2>
      </div>
      <Failure text={journal.failure.value ?? over.failure.value} />
      {decided === undefined && trade === undefined && (
        <p class="empty">
          {journal.data.value === undefined
            ? 'Waiting for the receipt'
            : 'The journal has no such exit.'}
        </p>
      )}
      {(decided !== undefined || trade !== undefined) && (
        <section class="card" aria-label="Receipt">
          <Receipt decided={decided} trade={trade} now={now} />
        </section>
      )}
      {decided !== undefined && (
        <section class="card" aria-label="What happened">
          <h2>What happened</h2>
          <Table
            label="What happened"
            columns={columnsOf(now)}
            items={stepsOf(lines, decided, trade)}
            keyOf={each => each.seq}
          />
        </section>
      )}
    </>
  )
}

/**
 * The line that decided the exit: the one with that number, or the last before the line that ended
 * it.
 */
function decisionOf(lines: readonly JournalLine[], seq: number): JournalLine | undefined {
  return lines.findLast(
    line => line.seq <= seq && (line.kind === 'exit-intended' || line.kind === 'exit-observed'),
  )
}

const isOf = (trade: TradeView, decided: JournalLine | undefined): boolean =>
  decided !== undefined && trade.clientOrderId === decided['clientOrderId']

/** The lines from the rules that were in force to the end of the exit. */
const stepsOf = (
  lines: readonly JournalLine[],
  decided: JournalLine,
  trade: TradeView | undefined,
): readonly JournalLine[] =>
  lines.filter(
    ({ seq, kind }) =>
      OF_EXIT.test(kind) && seq >= decided.seq - 1 && seq <= (trade?.seq ?? decided.seq + 50),
  )

function Receipt(props: {
  readonly decided: JournalLine | undefined
  readonly trade: TradeView | undefined
  readonly now: number
}) {
  const { decided, trade, now } = props
  const tickSize = trade?.tickSize ?? null
  const detail = (name: string): string => textOf(decided?.[name])
  const price = (name: string): string => {
    const value = decided?.[name]
    return priceText(typeof value === 'number' ? value : null, tickSize)
  }
  const slippage = trade === undefined ? null : slippageOf(trade)
  const took = trade === undefined || decided === undefined ? null : trade.closedAt - decided.at
  return (
    <Facts
      facts={[
        ['Reason', words(trade?.reason ?? detail('reason'))],
        ['All that held', words(detail('matched'))],
        ['Level', price('level')],
        [
          'Price that decided',
          // An exit by hand is decided by no price.
          typeof decided?.['price'] === 'number'
            ? `${price('price')} (${detail('priceSource')}, ${detail('ageMs')} ms old)`
            : price('price'),
        ],
        ['Best price', price('best')],
        ['MFE', pctText(trade?.mfePct ?? null)],
        ['MAE', pctText(trade?.maePct ?? null)],
        ['R', multipleText(trade?.r ?? null)],
        ['Fill', priceText(trade?.price ?? null, tickSize)],
        ['Slippage', priceText(slippage, tickSize)],
        ['Quantity', trade === undefined ? detail('quantity') : quantityText(trade.quantity)],
        [
          'Profit',
          trade === undefined
            ? 'not over'
            : `${moneyText(trade.profit, trade.currency, true)} (${percentText(trade.profitPct === null ? null : trade.profitPct / 100)})`,
        ],
        ['Order id', <code key="order">{trade?.clientOrderId ?? detail('clientOrderId')}</code>],
        ['Decided', decided === undefined ? '–' : timeText(decided.at, now)],
        ['Over', trade === undefined ? 'not yet' : timeText(trade.closedAt, now)],
        ['Decision → fill', took === null ? '–' : durationText(took)],
      ]}
    />
  )
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '–'
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const columnsOf = (now: number): readonly Column<JournalLine>[] => [
  { head: 'Time', cell: ({ at }) => timeText(at, now) },
  { head: 'Line', isNumber: true, cell: ({ seq }) => seq },
  { head: 'What', cell: ({ kind }) => words(kind) },
  {
    head: 'Detail',
    cell: ({ seq: _seq, at: _at, kind: _kind, positionId: _id, trade: _trade, ...rest }) => (
      <small>
        {Object.entries(rest)
          .filter(([, value]) => value !== null)
          .map(([name, value]) => `${name} ${textOf(value)}`)
          .join(', ')}
      </small>
    ),
  },
]
